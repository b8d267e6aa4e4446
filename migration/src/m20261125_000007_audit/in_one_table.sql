-- What people have changed. Nothing in it is ever changed or deleted.
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
