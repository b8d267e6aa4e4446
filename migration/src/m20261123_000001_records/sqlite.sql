-- Texts that repeat are stored once. `key` is a hash of the texts; rows are never deleted, since servers cache them.
-- Row 0 stands for texts that came after the table had reached its bound: they are in records.overflow.
CREATE TABLE classification (id INTEGER PRIMARY KEY, key BLOB NOT NULL UNIQUE, name TEXT NOT NULL);
CREATE TABLE build (id INTEGER PRIMARY KEY, key BLOB NOT NULL UNIQUE, system_name TEXT NOT NULL, build TEXT NOT NULL);
CREATE TABLE platform (id INTEGER PRIMARY KEY, key BLOB NOT NULL UNIQUE, host_type TEXT NOT NULL);
CREATE TABLE kernel (id INTEGER PRIMARY KEY, key BLOB NOT NULL UNIQUE, version TEXT NOT NULL, arch TEXT NOT NULL);
CREATE TABLE hardware (
    id INTEGER PRIMARY KEY, key BLOB NOT NULL UNIQUE,
    board_name TEXT NOT NULL, cpu_model TEXT NOT NULL, bios_version TEXT NOT NULL
);
INSERT INTO classification VALUES (0, x'', '(other)');
INSERT INTO build VALUES (0, x'', '(other)', '(other)');
INSERT INTO platform VALUES (0, x'', '(other)');
INSERT INTO kernel VALUES (0, x'', '(other)', '(other)');
INSERT INTO hardware VALUES (0, x'', '(other)', '(other)', '(other)');

-- AUTOINCREMENT: an id is never used again after its record is gone.
CREATE TABLE records (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    received_at BIGINT NOT NULL, -- milliseconds since 1970, the server's clock
    captured_at BIGINT NOT NULL, -- seconds since 1970, the machine's clock
    hash BLOB,                   -- of everything the client sent; NULL before format version 4
    classification_id INTEGER NOT NULL,
    build_id INTEGER NOT NULL,
    platform_id INTEGER NOT NULL,
    kernel_id INTEGER NOT NULL,
    hardware_id INTEGER NOT NULL,
    severity SMALLINT NOT NULL,
    external BOOLEAN NOT NULL,
    record_format_version SMALLINT NOT NULL,
    payload_format_version INTEGER NOT NULL,
    machine_id TEXT NOT NULL,
    event_id TEXT,               -- NULL before format version 4
    overflow TEXT,               -- JSON of texts whose dictionary was full
    payload TEXT NOT NULL
);
-- Recognises resends, and finds records by their capture time.
CREATE UNIQUE INDEX records_key ON records (captured_at, hash);
CREATE INDEX records_received_at ON records (received_at);
CREATE INDEX records_classification ON records (classification_id);
CREATE INDEX records_build ON records (build_id);
CREATE INDEX records_severity ON records (severity);
CREATE INDEX records_machine ON records (machine_id);
CREATE INDEX records_event ON records (event_id) WHERE event_id IS NOT NULL;

-- Records per day of capture (days since 1970), and of all time. `shard` keeps instances from waiting for each other.
CREATE TABLE record_day (
    day INTEGER NOT NULL,
    classification_id INTEGER NOT NULL,
    build_id INTEGER NOT NULL,
    severity SMALLINT NOT NULL,
    external BOOLEAN NOT NULL,
    shard SMALLINT NOT NULL,
    records BIGINT NOT NULL,
    PRIMARY KEY (day, classification_id, build_id, severity, external, shard)
) WITHOUT ROWID;
CREATE TABLE record_total (
    classification_id INTEGER NOT NULL,
    build_id INTEGER NOT NULL,
    severity SMALLINT NOT NULL,
    external BOOLEAN NOT NULL,
    shard SMALLINT NOT NULL,
    records BIGINT NOT NULL,
    PRIMARY KEY (classification_id, build_id, severity, external, shard)
) WITHOUT ROWID;

CREATE TABLE quarantine (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    received_at BIGINT NOT NULL, -- milliseconds since 1970
    reason TEXT NOT NULL,
    external BOOLEAN NOT NULL,
    body TEXT NOT NULL           -- the record in JSON form
);
