-- Distinct crashing stacks, stored once; the guilty belongs to the stack. `key` is a hash of functions and modules as
-- the payload has them, `frames` the JSON of both as they are shown. Row 0 stands for stacks beyond the bound.
CREATE TABLE stack (id INTEGER PRIMARY KEY, key BLOB NOT NULL UNIQUE, frames TEXT NOT NULL);
CREATE TABLE guilty (
    id INTEGER PRIMARY KEY, key BLOB NOT NULL UNIQUE, function TEXT NOT NULL, module TEXT NOT NULL,
    comment TEXT NOT NULL DEFAULT '', hidden BOOLEAN NOT NULL DEFAULT FALSE
);
CREATE TABLE program (id INTEGER PRIMARY KEY, key BLOB NOT NULL UNIQUE, program TEXT NOT NULL, signal TEXT NOT NULL);
INSERT INTO stack VALUES (0, x'', '[]');
INSERT INTO guilty (id, key, function, module) VALUES (0, x'', '(other)', '(other)');
INSERT INTO program VALUES (0, x'', '(other)', '(other)');

-- The crashing stack of a record with frames.
ALTER TABLE records ADD COLUMN stack_id INTEGER;
CREATE INDEX records_stack ON records (stack_id) WHERE stack_id IS NOT NULL;

-- Crashes by stack, build and machine.
CREATE TABLE crash_machine (
    stack_id INTEGER NOT NULL,
    build_id INTEGER NOT NULL,
    machine_id TEXT NOT NULL,
    machine_key BIGINT NOT NULL, -- a hash of the machine's id
    records BIGINT NOT NULL,
    purged BIGINT NOT NULL,
    PRIMARY KEY (stack_id, build_id, machine_id)
) WITHOUT ROWID;

-- The builds and machines of a stack once more, packed: 4 bytes of `build_id` and 8 of `machine_key` for each row of
-- crash_machine, big-endian, in pages that are full at 3840 bytes. Distinct machines of many stacks are counted from these.
CREATE TABLE crash_page (
    stack_id INTEGER NOT NULL,
    shard SMALLINT NOT NULL,
    page INTEGER NOT NULL,
    machines BLOB NOT NULL,
    PRIMARY KEY (stack_id, shard, page)
);

-- The counters of one stack's crashes: by day (dimension 21), and of all time by build (dimension 15).
CREATE INDEX tally_day_stack ON tally_day (key, day) WHERE dimension = 21;
CREATE INDEX tally_total_stack ON tally_total (key) WHERE dimension = 15;

-- Changes of the never-guilty list: entries that were added, and shipped ones that were switched off.
CREATE TABLE never_guilty (
    function TEXT NOT NULL,
    module TEXT NOT NULL,
    in_force BOOLEAN NOT NULL,
    changed_by TEXT,
    changed_at BIGINT NOT NULL, -- milliseconds since 1970
    reason TEXT NOT NULL,
    PRIMARY KEY (function, module)
);

-- The lists by which stacks were judged, as JSON. The tables show the judgements by `active`; while all are judged
-- anew, those by `next` are added beside them, and taking them into use is a change of one row.
CREATE TABLE rules (version INTEGER PRIMARY KEY, list TEXT NOT NULL);
CREATE TABLE rules_in_use (active INTEGER NOT NULL, next INTEGER);
INSERT INTO rules_in_use VALUES (0, NULL);
CREATE TABLE judgement (
    rules INTEGER NOT NULL,
    stack_id INTEGER NOT NULL,
    guilty_id INTEGER NOT NULL,
    PRIMARY KEY (rules, stack_id)
) WITHOUT ROWID;
CREATE INDEX judgement_guilty ON judgement (rules, guilty_id);

-- Work in the background. Whoever works on it holds it until `lease_until` and renews that; then others may take it.
CREATE TABLE job (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    kind TEXT NOT NULL,
    state TEXT NOT NULL,
    done BIGINT NOT NULL,
    total BIGINT NOT NULL,
    again BOOLEAN NOT NULL,      -- somebody has asked for it while it was running
    owner TEXT,
    lease_until BIGINT NOT NULL  -- milliseconds since 1970
);

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
