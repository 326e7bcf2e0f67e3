SELECT label, count(*) FROM (SELECT unnest((doc->'payload'->'labels')::varchar[]) AS label FROM events) AS e GROUP BY label ORDER BY label;
