SELECT date_trunc('day', (doc->>'created_at')::timestamp) AS day, count(*), count(DISTINCT doc->'repo'->>'name') FROM events GROUP BY day ORDER BY day;
