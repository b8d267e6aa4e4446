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

-- Records by source (6); crashes by program (20) by day; crashes by system and stack (21).
DROP INDEX tally_day_stack;
DELETE FROM tally_day WHERE dimension IN (6, 20, 21);
DELETE FROM tally_total WHERE dimension IN (6, 21);
