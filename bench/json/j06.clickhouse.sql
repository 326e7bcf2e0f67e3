SELECT label, count(*) FROM (SELECT arrayJoin(JSONExtract(assumeNotNull(doc), 'payload', 'labels', 'Array(String)')) AS label FROM events) AS e
GROUP BY label ORDER BY label;
