-- What people have changed. Nothing in it is ever changed or deleted: the database itself refuses to.
CREATE TABLE audit (
    id BIGSERIAL PRIMARY KEY,
    at BIGINT NOT NULL, -- milliseconds since 1970
    who TEXT, -- none without accounts
    address TEXT, -- none for the command line
    action TEXT NOT NULL,
    target TEXT NOT NULL,
    before TEXT, -- JSON
    after TEXT -- JSON
);
CREATE FUNCTION audit_refuse() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'the audit log cannot be changed';
END
$$;
CREATE TRIGGER audit_keep BEFORE UPDATE OR DELETE OR TRUNCATE ON audit EXECUTE FUNCTION audit_refuse();
