-- Numbers that are added to may be NULL as far as these tables know, though none ever is: for a statement that may fail
-- at a row of many, SQLite copies each page before it changes it, so that it can undo the statement. Nothing here can
-- fail, and no page is copied.
DROP TRIGGER machine_day_new;
DROP TRIGGER population_new;
DROP TRIGGER population_seen;
DROP TRIGGER crash_machine_new;
DROP INDEX tally_day_stack;
DROP INDEX tally_total_stack;

ALTER TABLE record_day RENAME TO old_record_day;
ALTER TABLE record_total RENAME TO old_record_total;
ALTER TABLE tally_day RENAME TO old_tally_day;
ALTER TABLE tally_total RENAME TO old_tally_total;
ALTER TABLE population_hour RENAME TO old_population_hour;
ALTER TABLE crash_machine RENAME TO old_crash_machine;
ALTER TABLE crash_page RENAME TO old_crash_page;

CREATE TABLE record_day (
    day INTEGER NOT NULL,
    classification_id INTEGER NOT NULL,
    build_id INTEGER NOT NULL,
    severity SMALLINT NOT NULL,
    external BOOLEAN NOT NULL,
    shard SMALLINT NOT NULL,
    records BIGINT,
    purged BIGINT,
    PRIMARY KEY (day, classification_id, build_id, severity, external, shard)
) WITHOUT ROWID;
INSERT INTO record_day
SELECT day, classification_id, build_id, severity, external, shard, records, purged FROM old_record_day;
CREATE TABLE record_total (
    classification_id INTEGER NOT NULL,
    build_id INTEGER NOT NULL,
    severity SMALLINT NOT NULL,
    external BOOLEAN NOT NULL,
    shard SMALLINT NOT NULL,
    records BIGINT,
    purged BIGINT,
    PRIMARY KEY (classification_id, build_id, severity, external, shard)
) WITHOUT ROWID;
INSERT INTO record_total
SELECT classification_id, build_id, severity, external, shard, records, purged FROM old_record_total;

-- Without the counters that nothing is drawn from: records by source (6); crashes by program (20) by day; crashes by
-- stack (21) of one system, and of all time.
CREATE TABLE tally_day (
    dimension SMALLINT NOT NULL,
    day INTEGER NOT NULL,
    scope INTEGER NOT NULL,
    key INTEGER NOT NULL,
    shard SMALLINT NOT NULL,
    records BIGINT,
    purged BIGINT,
    h0 BIGINT DEFAULT 0, h1 BIGINT DEFAULT 0, h2 BIGINT DEFAULT 0, h3 BIGINT DEFAULT 0, h4 BIGINT DEFAULT 0, h5 BIGINT DEFAULT 0,
    h6 BIGINT DEFAULT 0, h7 BIGINT DEFAULT 0, h8 BIGINT DEFAULT 0, h9 BIGINT DEFAULT 0, h10 BIGINT DEFAULT 0, h11 BIGINT DEFAULT 0,
    h12 BIGINT DEFAULT 0, h13 BIGINT DEFAULT 0, h14 BIGINT DEFAULT 0, h15 BIGINT DEFAULT 0, h16 BIGINT DEFAULT 0, h17 BIGINT DEFAULT 0,
    h18 BIGINT DEFAULT 0, h19 BIGINT DEFAULT 0, h20 BIGINT DEFAULT 0, h21 BIGINT DEFAULT 0, h22 BIGINT DEFAULT 0, h23 BIGINT DEFAULT 0,
    PRIMARY KEY (dimension, day, scope, key, shard)
) WITHOUT ROWID;
INSERT INTO tally_day
SELECT dimension, day, scope, key, shard, records, purged,
    h0, h1, h2, h3, h4, h5, h6, h7, h8, h9, h10, h11,
    h12, h13, h14, h15, h16, h17, h18, h19, h20, h21, h22, h23
FROM old_tally_day WHERE dimension NOT IN (6, 20) AND NOT (dimension = 21 AND scope >= 0);
CREATE TABLE tally_total (
    dimension SMALLINT NOT NULL,
    scope INTEGER NOT NULL,
    key INTEGER NOT NULL,
    shard SMALLINT NOT NULL,
    records BIGINT,
    purged BIGINT,
    PRIMARY KEY (dimension, scope, key, shard)
) WITHOUT ROWID;
INSERT INTO tally_total
SELECT dimension, scope, key, shard, records, purged FROM old_tally_total WHERE dimension NOT IN (6, 21);

-- The history of each stack, day after day in one place.
CREATE TABLE crash_day (
    stack_id INTEGER NOT NULL,
    system_id INTEGER NOT NULL,
    day INTEGER NOT NULL,
    shard SMALLINT NOT NULL,
    records BIGINT,
    purged BIGINT,
    PRIMARY KEY (stack_id, system_id, day, shard)
) WITHOUT ROWID;
INSERT INTO crash_day
SELECT key, scope, day, shard, records, purged FROM old_tally_day WHERE dimension = 21 AND scope >= 0;

CREATE TABLE population_hour (
    hour INTEGER NOT NULL,
    system_id INTEGER NOT NULL,
    build_id INTEGER NOT NULL,
    external BOOLEAN NOT NULL,
    shard SMALLINT NOT NULL,
    machines BIGINT,
    PRIMARY KEY (hour, system_id, build_id, external, shard)
) WITHOUT ROWID;
INSERT INTO population_hour SELECT hour, system_id, build_id, external, shard, machines FROM old_population_hour;

CREATE TABLE crash_machine (
    stack_id INTEGER NOT NULL,
    build_id INTEGER NOT NULL,
    machine_id TEXT NOT NULL,
    machine_key BIGINT NOT NULL, -- a hash of the machine's id
    records BIGINT,
    purged BIGINT,
    PRIMARY KEY (stack_id, build_id, machine_id)
) WITHOUT ROWID;
INSERT INTO crash_machine
SELECT stack_id, build_id, machine_id, machine_key, records, purged FROM old_crash_machine;
CREATE TABLE crash_page (
    stack_id INTEGER NOT NULL,
    shard SMALLINT NOT NULL,
    page INTEGER NOT NULL,
    machines BLOB,
    PRIMARY KEY (stack_id, shard, page)
);
INSERT INTO crash_page SELECT stack_id, shard, page, machines FROM old_crash_page;

DROP TABLE old_record_day;
DROP TABLE old_record_total;
DROP TABLE old_tally_day;
DROP TABLE old_tally_total;
DROP TABLE old_population_hour;
DROP TABLE old_crash_machine;
DROP TABLE old_crash_page;

-- The counters of one stack's crashes of all time by build (dimension 15).
CREATE INDEX tally_total_stack ON tally_total (key) WHERE dimension = 15;

-- What is new counts; the server need not ask which. A machine on a day: its tally's dimension, scope and key.
CREATE TRIGGER machine_day_new AFTER INSERT ON machine_day BEGIN
    INSERT INTO tally_day (dimension, day, scope, key, shard, records, purged)
    VALUES (new.dimension, new.day, new.scope, new.key, 0, 1, 0)
    ON CONFLICT DO UPDATE SET records = records + 1;
END;
-- A machine with its first heartbeat of a build: dimensions 17 (internal) and 18 (external).
CREATE TRIGGER population_new AFTER INSERT ON population BEGIN
    INSERT INTO tally_total (dimension, scope, key, shard, records, purged)
    VALUES (17 + new.external, new.system_id, new.build_id, 0, 1, 0)
    ON CONFLICT DO UPDATE SET records = records + 1;
    INSERT INTO population_hour (hour, system_id, build_id, external, shard, machines)
    SELECT new.last_hour, new.system_id, new.build_id, new.external, 0, 1 WHERE new.last_hour IS NOT NULL
    ON CONFLICT DO UPDATE SET machines = machines + 1;
END;
CREATE TRIGGER population_seen AFTER UPDATE OF last_hour ON population BEGIN
    UPDATE population_hour SET machines = machines - 1
    WHERE hour = old.last_hour AND system_id = old.system_id AND build_id = old.build_id
        AND external = old.external AND shard = 0;
    INSERT INTO population_hour (hour, system_id, build_id, external, shard, machines)
    VALUES (new.last_hour, new.system_id, new.build_id, new.external, 0, 1)
    ON CONFLICT DO UPDATE SET machines = machines + 1;
END;

-- A machine that is new to a stack and a build goes into the stack's last page, or begins the next one.
CREATE TRIGGER crash_machine_new AFTER INSERT ON crash_machine BEGIN
    INSERT INTO crash_page (stack_id, shard, page, machines)
    VALUES (
        new.stack_id, 0,
        COALESCE(
            (SELECT page + (length(machines) >= 3840) FROM crash_page WHERE stack_id = new.stack_id AND shard = 0
             ORDER BY page DESC LIMIT 1),
            0
        ),
        unhex(printf('%08x%016x', new.build_id, new.machine_key))
    )
    -- Bytes put together are a text, of which only the part before the first zero would count.
    ON CONFLICT DO UPDATE SET machines = CAST(machines || excluded.machines AS BLOB);
END;
