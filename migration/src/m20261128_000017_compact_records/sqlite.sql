CREATE TABLE compact_records (
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
    -- 32 lower-case hex digits as 16 bytes. Any other text as its bytes and 0xFF, which no text contains; twice where
    -- the first one makes 16 of them.
    machine_id BLOB NOT NULL,
    event_id BLOB,               -- in the same way; NULL before format version 4
    stack_id INTEGER,
    overflow TEXT,               -- JSON of texts whose dictionary was full
    payload TEXT NOT NULL,
    -- The number of a dictionary and a frame of zstd; the payload is empty then. NULL: the payload is as it came.
    packed BLOB
);
INSERT INTO compact_records (
    id, received_at, captured_at, hash, classification_id, build_id, platform_id, kernel_id, hardware_id, severity,
    external, record_format_version, payload_format_version, machine_id, event_id, stack_id, overflow, payload
)
SELECT
    id, received_at, captured_at, hash, classification_id, build_id, platform_id, kernel_id, hardware_id, severity,
    external, record_format_version, payload_format_version,
    CASE
        WHEN length(machine_id) = 32 AND machine_id NOT GLOB '*[^0-9a-f]*' THEN unhex(machine_id)
        WHEN length(CAST(machine_id AS BLOB)) = 15 THEN unhex(hex(machine_id) || 'FFFF')
        ELSE unhex(hex(machine_id) || 'FF')
    END,
    CASE
        WHEN length(event_id) = 32 AND event_id NOT GLOB '*[^0-9a-f]*' THEN unhex(event_id)
        WHEN length(CAST(event_id AS BLOB)) = 15 THEN unhex(hex(event_id) || 'FFFF')
        WHEN event_id IS NOT NULL THEN unhex(hex(event_id) || 'FF')
    END,
    stack_id, overflow, payload
FROM records ORDER BY id;

-- An id is never used again, also that of a record that was the last one and is gone.
DELETE FROM sqlite_sequence WHERE name = 'compact_records';
INSERT INTO sqlite_sequence (name, seq) SELECT 'compact_records', seq FROM sqlite_sequence WHERE name = 'records';
DROP TABLE records;
ALTER TABLE compact_records RENAME TO records;

-- Recognises resends, and finds records by their capture time.
CREATE UNIQUE INDEX records_key ON records (captured_at, hash);
CREATE INDEX records_received_at ON records (received_at);
CREATE INDEX records_classification ON records (classification_id);
CREATE INDEX records_build ON records (build_id);
CREATE INDEX records_severity ON records (severity);
CREATE INDEX records_machine ON records (machine_id);
CREATE INDEX records_event ON records (event_id) WHERE event_id IS NOT NULL;
CREATE INDEX records_platform ON records (platform_id);
CREATE INDEX records_kernel ON records (kernel_id);
CREATE INDEX records_wrong_clock ON records (id)
    WHERE (captured_at > received_at / 1000 + 86400 OR captured_at < received_at / 1000 - 31536000);
CREATE INDEX records_stack ON records (stack_id) WHERE stack_id IS NOT NULL;
