SELECT JSONExtractString(doc, 'payload', 'commits', 1, 'author') AS author, count(*) AS pushes FROM events
WHERE JSONHas(doc, 'payload', 'commits') GROUP BY author ORDER BY pushes DESC, author LIMIT 10;
