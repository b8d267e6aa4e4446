-- More texts that repeat; see the first step.
CREATE TABLE system (id SERIAL PRIMARY KEY, key BYTEA NOT NULL UNIQUE, name TEXT NOT NULL);
CREATE TABLE mce_status (id SERIAL PRIMARY KEY, key BYTEA NOT NULL UNIQUE, status TEXT NOT NULL);
CREATE TABLE transition (id SERIAL PRIMARY KEY, key BYTEA NOT NULL UNIQUE, from_version TEXT NOT NULL, to_version TEXT NOT NULL);
INSERT INTO system VALUES (0, '', '(other)');
INSERT INTO mce_status VALUES (0, '', '(other)');
INSERT INTO transition VALUES (0, '', '(other)', '(other)');

-- What the charts count by leads to its records, too.
CREATE INDEX records_platform ON records (platform_id, id);
CREATE INDEX records_kernel ON records (kernel_id, id);
CREATE INDEX records_wrong_clock ON records (id)
    WHERE (captured_at > received_at / 1000 + 86400 OR captured_at < received_at / 1000 - 31536000);

-- Counts outlive their records: `purged` says how many of `records` are gone.
ALTER TABLE record_day ADD COLUMN purged BIGINT NOT NULL DEFAULT 0;
ALTER TABLE record_total ADD COLUMN purged BIGINT NOT NULL DEFAULT 0;

-- Records by one property: `dimension` says by which (store/counters/dimension.rs), `key` which of it, `scope` within
-- what, mostly a system. Per day of capture with the hours of the day, so that ranges may begin within one; and of
-- all time, so that sums do not grow with age.
CREATE TABLE tally_day (
    dimension SMALLINT NOT NULL,
    day INTEGER NOT NULL,
    scope INTEGER NOT NULL,
    key INTEGER NOT NULL,
    shard SMALLINT NOT NULL,
    records BIGINT NOT NULL,
    purged BIGINT NOT NULL,
    h0 BIGINT NOT NULL DEFAULT 0, h1 BIGINT NOT NULL DEFAULT 0, h2 BIGINT NOT NULL DEFAULT 0, h3 BIGINT NOT NULL DEFAULT 0,
    h4 BIGINT NOT NULL DEFAULT 0, h5 BIGINT NOT NULL DEFAULT 0, h6 BIGINT NOT NULL DEFAULT 0, h7 BIGINT NOT NULL DEFAULT 0,
    h8 BIGINT NOT NULL DEFAULT 0, h9 BIGINT NOT NULL DEFAULT 0, h10 BIGINT NOT NULL DEFAULT 0, h11 BIGINT NOT NULL DEFAULT 0,
    h12 BIGINT NOT NULL DEFAULT 0, h13 BIGINT NOT NULL DEFAULT 0, h14 BIGINT NOT NULL DEFAULT 0, h15 BIGINT NOT NULL DEFAULT 0,
    h16 BIGINT NOT NULL DEFAULT 0, h17 BIGINT NOT NULL DEFAULT 0, h18 BIGINT NOT NULL DEFAULT 0, h19 BIGINT NOT NULL DEFAULT 0,
    h20 BIGINT NOT NULL DEFAULT 0, h21 BIGINT NOT NULL DEFAULT 0, h22 BIGINT NOT NULL DEFAULT 0, h23 BIGINT NOT NULL DEFAULT 0,
    PRIMARY KEY (dimension, day, scope, key, shard)
);
CREATE TABLE tally_total (
    dimension SMALLINT NOT NULL,
    scope INTEGER NOT NULL,
    key INTEGER NOT NULL,
    shard SMALLINT NOT NULL,
    records BIGINT NOT NULL,
    purged BIGINT NOT NULL,
    PRIMARY KEY (dimension, scope, key, shard)
);

-- Which machines have been counted on a day; each of them once for every dimension, scope and key.
CREATE TABLE machine_day (
    day INTEGER NOT NULL,
    dimension SMALLINT NOT NULL,
    scope INTEGER NOT NULL,
    key INTEGER NOT NULL,
    machine_id TEXT NOT NULL,
    PRIMARY KEY (day, dimension, scope, key, machine_id)
);

-- The machines that have sent a heartbeat, and in which hour (since 1970) they were seen last; NULL when only with a
-- clock that was ahead. `population_hour` says how many were seen last in each hour.
CREATE TABLE population (
    system_id INTEGER NOT NULL,
    build_id INTEGER NOT NULL,
    external BOOLEAN NOT NULL,
    machine_id TEXT NOT NULL,
    last_hour INTEGER,
    PRIMARY KEY (system_id, build_id, external, machine_id)
);
CREATE TABLE population_hour (
    hour INTEGER NOT NULL,
    system_id INTEGER NOT NULL,
    build_id INTEGER NOT NULL,
    external BOOLEAN NOT NULL,
    shard SMALLINT NOT NULL,
    machines BIGINT NOT NULL,
    PRIMARY KEY (hour, system_id, build_id, external, shard)
);

-- Machine checks by machine and build in an ISO year, and by machine alone: for one system, or for all (-1).
CREATE TABLE mce_machine (
    year INTEGER NOT NULL,
    machine_id TEXT NOT NULL,
    build_id INTEGER NOT NULL,
    records BIGINT NOT NULL,
    purged BIGINT NOT NULL,
    PRIMARY KEY (year, machine_id, build_id)
);
CREATE TABLE mce_machine_total (
    year INTEGER NOT NULL,
    system_id INTEGER NOT NULL,
    machine_id TEXT NOT NULL,
    records BIGINT NOT NULL,
    PRIMARY KEY (year, system_id, machine_id)
);
CREATE INDEX mce_machine_top ON mce_machine_total (year, system_id, records);

-- Which definition of the counters they follow. They are built anew from the records by a program with a later one.
CREATE TABLE counter_version (version INTEGER NOT NULL);
INSERT INTO counter_version VALUES (0);
