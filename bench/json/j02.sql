SELECT doc->'actor'->>'login' AS login, count(*) AS events FROM events GROUP BY login ORDER BY events DESC, login LIMIT 10;
