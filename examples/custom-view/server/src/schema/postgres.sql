-- The builds that are counted apart.
CREATE TABLE boot_time_build (
    system_name TEXT NOT NULL,
    build TEXT NOT NULL,
    PRIMARY KEY (system_name, build)
);

CREATE TABLE boot_time_day (
    system_name TEXT NOT NULL,
    -- Since 1970, UTC.
    day BIGINT NOT NULL,
    build TEXT NOT NULL,
    -- Full seconds.
    seconds BIGINT NOT NULL,
    boots BIGINT NOT NULL,
    millis BIGINT NOT NULL,
    PRIMARY KEY (system_name, day, build, seconds)
);
