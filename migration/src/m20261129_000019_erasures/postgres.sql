-- How often something has been erased from counters: what is remembered of them is read again then.
ALTER TABLE counter_version ADD COLUMN erased BIGINT NOT NULL DEFAULT 0;
