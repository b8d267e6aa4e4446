-- What people have changed. Nothing in it is ever changed or deleted: the database itself refuses to.
CREATE TABLE audit (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    at BIGINT NOT NULL, -- milliseconds since 1970
    who TEXT, -- none without accounts
    address TEXT, -- none for the command line
    action TEXT NOT NULL,
    target TEXT NOT NULL,
    before TEXT, -- JSON
    after TEXT -- JSON
);
CREATE TRIGGER audit_update BEFORE UPDATE ON audit BEGIN
    SELECT RAISE(ABORT, 'the audit log cannot be changed');
END;
CREATE TRIGGER audit_delete BEFORE DELETE ON audit BEGIN
    SELECT RAISE(ABORT, 'the audit log cannot be changed');
END;
