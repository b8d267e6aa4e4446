-- Crashes by stack (21) of one system: their days from the history of stacks, the hours of those from builds (15).
INSERT INTO tally_day (dimension, day, scope, key, shard, records, purged,
    h0, h1, h2, h3, h4, h5, h6, h7, h8, h9, h10, h11, h12, h13, h14, h15, h16, h17, h18, h19, h20, h21, h22, h23)
SELECT 21, c.day, c.system_id, c.stack_id, c.shard, c.records, c.purged,
    COALESCE(b.h0, 0), COALESCE(b.h1, 0), COALESCE(b.h2, 0), COALESCE(b.h3, 0), COALESCE(b.h4, 0), COALESCE(b.h5, 0),
    COALESCE(b.h6, 0), COALESCE(b.h7, 0), COALESCE(b.h8, 0), COALESCE(b.h9, 0), COALESCE(b.h10, 0),
    COALESCE(b.h11, 0), COALESCE(b.h12, 0), COALESCE(b.h13, 0), COALESCE(b.h14, 0), COALESCE(b.h15, 0),
    COALESCE(b.h16, 0), COALESCE(b.h17, 0), COALESCE(b.h18, 0), COALESCE(b.h19, 0), COALESCE(b.h20, 0),
    COALESCE(b.h21, 0), COALESCE(b.h22, 0), COALESCE(b.h23, 0)
FROM crash_day c
LEFT JOIN (
    SELECT t.day, system.id AS system_id, t.key, t.shard,
        CAST(SUM(t.h0) AS BIGINT) AS h0, CAST(SUM(t.h1) AS BIGINT) AS h1, CAST(SUM(t.h2) AS BIGINT) AS h2,
        CAST(SUM(t.h3) AS BIGINT) AS h3, CAST(SUM(t.h4) AS BIGINT) AS h4, CAST(SUM(t.h5) AS BIGINT) AS h5,
        CAST(SUM(t.h6) AS BIGINT) AS h6, CAST(SUM(t.h7) AS BIGINT) AS h7, CAST(SUM(t.h8) AS BIGINT) AS h8,
        CAST(SUM(t.h9) AS BIGINT) AS h9, CAST(SUM(t.h10) AS BIGINT) AS h10, CAST(SUM(t.h11) AS BIGINT) AS h11,
        CAST(SUM(t.h12) AS BIGINT) AS h12, CAST(SUM(t.h13) AS BIGINT) AS h13, CAST(SUM(t.h14) AS BIGINT) AS h14,
        CAST(SUM(t.h15) AS BIGINT) AS h15, CAST(SUM(t.h16) AS BIGINT) AS h16, CAST(SUM(t.h17) AS BIGINT) AS h17,
        CAST(SUM(t.h18) AS BIGINT) AS h18, CAST(SUM(t.h19) AS BIGINT) AS h19, CAST(SUM(t.h20) AS BIGINT) AS h20,
        CAST(SUM(t.h21) AS BIGINT) AS h21, CAST(SUM(t.h22) AS BIGINT) AS h22, CAST(SUM(t.h23) AS BIGINT) AS h23
    FROM tally_day t
    JOIN build ON build.id = t.scope
    JOIN system ON system.name = build.system_name
    WHERE t.dimension = 15
    GROUP BY t.day, system.id, t.key, t.shard
) b ON b.day = c.day AND b.system_id = c.system_id AND b.key = c.stack_id AND b.shard = c.shard;
