SELECT (doc->>'id')::bigint AS id, doc->'repo'->>'name' AS name, (doc->'repo'->>'stars')::bigint AS stars, doc->'payload'->'detail'->'head'->>'branch'
FROM events WHERE (doc->>'type') = 'PullRequestEvent' ORDER BY stars DESC, id LIMIT 20;
