SELECT JSONExtractString(doc, 'payload', 'detail', 'action') AS action, count(*), avg(JSONExtractInt(doc, 'payload', 'detail', 'head', 'ahead')) FROM events
WHERE JSONExtractInt(doc, 'payload', 'detail', 'head', 'ahead') > 30 GROUP BY action ORDER BY action;
