SELECT JSONExtractString(c, 'author') AS author, count(*) AS commits, sum(JSONExtractInt(c, 'added')) AS added
FROM (SELECT arrayJoin(JSONExtractArrayRaw(assumeNotNull(doc), 'payload', 'commits')) AS c FROM events) AS e GROUP BY author ORDER BY added DESC, author LIMIT 10;
