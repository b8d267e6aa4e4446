-- Distinct crashing stacks, stored once; the guilty belongs to the stack. `key` is a hash of functions and modules as
-- the payload has them, `frames` the JSON of both as they are shown. Row 0 stands for stacks beyond the bound.
CREATE TABLE stack (id SERIAL PRIMARY KEY, key BYTEA NOT NULL UNIQUE, frames TEXT NOT NULL);
CREATE TABLE guilty (
    id SERIAL PRIMARY KEY, key BYTEA NOT NULL UNIQUE, function TEXT NOT NULL, module TEXT NOT NULL,
    comment TEXT NOT NULL DEFAULT '', hidden BOOLEAN NOT NULL DEFAULT FALSE
);
CREATE TABLE program (id SERIAL PRIMARY KEY, key BYTEA NOT NULL UNIQUE, program TEXT NOT NULL, signal TEXT NOT NULL);
INSERT INTO stack VALUES (0, '', '[]');
INSERT INTO guilty (id, key, function, module) VALUES (0, '', '(other)', '(other)');
INSERT INTO program VALUES (0, '', '(other)', '(other)');

-- The crashing stack of a record with frames.
ALTER TABLE records ADD COLUMN stack_id INTEGER;
CREATE INDEX records_stack ON records (stack_id, id) WHERE stack_id IS NOT NULL;

-- Crashes by stack, build and machine.
CREATE TABLE crash_machine (
    stack_id INTEGER NOT NULL,
    build_id INTEGER NOT NULL,
    machine_id TEXT NOT NULL,
    machine_key BIGINT NOT NULL, -- a hash of the machine's id
    records BIGINT NOT NULL,
    purged BIGINT NOT NULL,
    PRIMARY KEY (stack_id, build_id, machine_id)
);

-- The builds and machines of a stack once more, packed: 4 bytes of `build_id` and 8 of `machine_key` for each row of
-- crash_machine, big-endian, in pages that are full at 3840 bytes. Distinct machines of many stacks are counted from these.
CREATE TABLE crash_page (
    stack_id INTEGER NOT NULL,
    shard SMALLINT NOT NULL,
    page INTEGER NOT NULL,
    machines BYTEA NOT NULL,
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
);
CREATE INDEX judgement_guilty ON judgement (rules, guilty_id);

-- Work in the background. Whoever works on it holds it until `lease_until` and renews that; then others may take it.
CREATE TABLE job (
    id BIGSERIAL PRIMARY KEY,
    kind TEXT NOT NULL,
    state TEXT NOT NULL,
    done BIGINT NOT NULL,
    total BIGINT NOT NULL,
    again BOOLEAN NOT NULL,      -- somebody has asked for it while it was running
    owner TEXT,
    lease_until BIGINT NOT NULL  -- milliseconds since 1970
);
