CREATE TABLE saved_view (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    account_id INTEGER, -- none when it was made without accounts
    shared BOOLEAN NOT NULL,
    name TEXT NOT NULL,
    address TEXT NOT NULL,
    made_at BIGINT NOT NULL
);
