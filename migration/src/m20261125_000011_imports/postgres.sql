-- Written in the transaction of the records themselves, so that an import that was interrupted neither doubles nor
-- leaves out any.
CREATE TABLE import_progress (
    source TEXT PRIMARY KEY,
    last_id BIGINT NOT NULL,
    records BIGINT NOT NULL,
    quarantined BIGINT NOT NULL
);
