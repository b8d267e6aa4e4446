-- The number of a dictionary and a frame of zstd; the payload is empty then. NULL: the payload is as it came.
ALTER TABLE records ADD COLUMN packed BLOB;
