SELECT doc->>'type' AS type, count(*) FROM events GROUP BY type ORDER BY type;
