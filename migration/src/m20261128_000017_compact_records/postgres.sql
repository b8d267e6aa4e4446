-- The number of a dictionary and a frame of zstd; the payload is empty then. NULL: the payload is as it came.
ALTER TABLE records ADD COLUMN packed BYTEA;

-- 32 lower-case hex digits as 16 bytes. Any other text as its bytes and 0xFF, which no text contains; twice where the
-- first one makes 16 of them.
ALTER TABLE records
    ALTER COLUMN machine_id TYPE BYTEA USING CASE
        WHEN machine_id ~ '^[0-9a-f]{32}$' THEN decode(machine_id, 'hex')
        WHEN octet_length(machine_id) = 15 THEN convert_to(machine_id, 'UTF8') || '\xffff'::bytea
        ELSE convert_to(machine_id, 'UTF8') || '\xff'::bytea
    END,
    ALTER COLUMN event_id TYPE BYTEA USING CASE
        WHEN event_id ~ '^[0-9a-f]{32}$' THEN decode(event_id, 'hex')
        WHEN octet_length(event_id) = 15 THEN convert_to(event_id, 'UTF8') || '\xffff'::bytea
        ELSE convert_to(event_id, 'UTF8') || '\xff'::bytea
    END;
