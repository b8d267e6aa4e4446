-- The history of each stack, day after day in one place.
CREATE TABLE crash_day (
    stack_id INTEGER NOT NULL,
    system_id INTEGER NOT NULL,
    day INTEGER NOT NULL,
    shard SMALLINT NOT NULL,
    records BIGINT NOT NULL,
    purged BIGINT NOT NULL,
    PRIMARY KEY (stack_id, system_id, day, shard)
);
INSERT INTO crash_day
SELECT key, scope, day, shard, records, purged FROM tally_day WHERE dimension = 21 AND scope >= 0;

-- Counters that nothing is drawn from: records by source (6); crashes by program (20) by day; crashes by stack (21) of
-- one system, and of all time.
DROP INDEX tally_day_stack;
DELETE FROM tally_day WHERE dimension IN (6, 20) OR (dimension = 21 AND scope >= 0);
DELETE FROM tally_total WHERE dimension IN (6, 21);
