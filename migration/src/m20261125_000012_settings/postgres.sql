-- What admins change while servers run: one JSON document a name. The version grows with each change, so that two who
-- change the same at once do not overwrite each other.
CREATE TABLE setting (
    name TEXT PRIMARY KEY,
    version BIGINT NOT NULL,
    value TEXT NOT NULL
);
