SELECT doc->'payload'->'detail'->>'action' AS action, count(*), avg((doc->'payload'->'detail'->'head'->>'ahead')::bigint) FROM events
WHERE (doc->'payload'->'detail'->'head'->>'ahead')::bigint > 30 GROUP BY action ORDER BY action;
