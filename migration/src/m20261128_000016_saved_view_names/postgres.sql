DELETE FROM saved_view WHERE id NOT IN (SELECT MAX(id) FROM saved_view GROUP BY COALESCE(account_id, 0), name);
CREATE UNIQUE INDEX saved_view_name ON saved_view (COALESCE(account_id, 0), name);
