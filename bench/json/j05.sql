SELECT c->>'author' AS author, count(*) AS commits, sum((c->>'added')::bigint) AS added
FROM events, json_array_elements(doc->'payload'->'commits') AS e(c) GROUP BY author ORDER BY added DESC, author LIMIT 10;
