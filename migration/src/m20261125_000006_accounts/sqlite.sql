-- Who may log in. Times are milliseconds since 1970; roles are 1 viewer, 2 maintainer, 3 admin.
CREATE TABLE account (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    name TEXT NOT NULL,
    name_key TEXT NOT NULL UNIQUE, -- in lower case
    password TEXT, -- Argon2id in PHC form; none for those who log in elsewhere
    role SMALLINT NOT NULL,
    disabled BOOLEAN NOT NULL,
    made_at BIGINT NOT NULL,
    login_at BIGINT
);

-- Of cookies and tokens only a hash is kept.
CREATE TABLE session (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    key BLOB NOT NULL UNIQUE,
    account_id INTEGER NOT NULL,
    began_at BIGINT NOT NULL,
    seen_at BIGINT NOT NULL,
    address TEXT NOT NULL,
    agent TEXT NOT NULL
);
CREATE INDEX session_account ON session (account_id);
CREATE TABLE token (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    key BLOB NOT NULL UNIQUE,
    name TEXT NOT NULL,
    role SMALLINT NOT NULL,
    account_id INTEGER, -- none when it was made at the command line or without accounts
    made_at BIGINT NOT NULL,
    expires_at BIGINT,
    used_at BIGINT
);

-- The link that makes the first account: one at most.
CREATE TABLE first_account (key BLOB NOT NULL, expires_at BIGINT NOT NULL);
