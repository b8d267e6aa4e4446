-- Changes of counters that are written down with the records that bring them, and added for many batches at once.
CREATE TABLE uncounted (
    id INTEGER PRIMARY KEY,
    first_record BIGINT NOT NULL,
    last_record BIGINT NOT NULL,
    format INTEGER NOT NULL,
    sums BLOB NOT NULL
);
