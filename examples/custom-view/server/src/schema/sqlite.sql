-- The builds that are counted apart.
CREATE TABLE boot_time_build (
    system_name TEXT NOT NULL,
    build TEXT NOT NULL,
    PRIMARY KEY (system_name, build)
) WITHOUT ROWID;

CREATE TABLE boot_time_day (
    system_name TEXT NOT NULL,
    -- Since 1970, UTC.
    day INTEGER NOT NULL,
    build TEXT NOT NULL,
    -- Full seconds.
    seconds INTEGER NOT NULL,
    boots INTEGER NOT NULL,
    millis INTEGER NOT NULL,
    PRIMARY KEY (system_name, day, build, seconds)
) WITHOUT ROWID;
