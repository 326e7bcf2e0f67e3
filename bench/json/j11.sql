SELECT doc->'payload'->'commits'->0->>'author' AS author, count(*) AS pushes FROM events
WHERE (doc->'payload'->'commits') IS NOT NULL GROUP BY author ORDER BY pushes DESC, author LIMIT 10;
