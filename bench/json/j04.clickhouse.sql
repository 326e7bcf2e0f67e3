SELECT toStartOfDay(parseDateTimeBestEffort(JSONExtractString(doc, 'created_at'), 'UTC')) AS day, count(*), count(DISTINCT JSONExtractString(doc, 'repo', 'name'))
FROM events GROUP BY day ORDER BY day;
