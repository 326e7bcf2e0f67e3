SELECT c->>'author' AS author, count(*) AS commits, sum((c->>'added')::bigint) AS added
FROM (SELECT unnest((doc->'payload'->'commits')::json[]) AS c FROM events) AS e GROUP BY author ORDER BY added DESC, author LIMIT 10;
