SELECT JSONLength(doc, 'payload', 'commits') AS commits, count(*) FROM events
WHERE JSONExtractString(doc, 'type') = 'PushEvent' GROUP BY commits ORDER BY commits;
