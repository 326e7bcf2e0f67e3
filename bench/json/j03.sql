SELECT count(*), avg((doc->'repo'->>'stars')::bigint), max(doc->'repo'->>'name') FROM events
WHERE (doc->>'type') = 'PushEvent' AND (doc->'repo'->>'stars')::bigint > 4500;
