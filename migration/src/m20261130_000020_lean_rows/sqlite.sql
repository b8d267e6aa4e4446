-- A zero takes no room in SQLite, and a row has no gaps.
SELECT 1;
