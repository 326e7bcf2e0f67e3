SELECT json_array_length(doc->'payload'->'commits') AS commits, count(*) FROM events
WHERE (doc->>'type') = 'PushEvent' GROUP BY commits ORDER BY commits;
