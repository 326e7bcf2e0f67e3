SELECT JSONExtractInt(doc, 'id') AS id, JSONExtractString(doc, 'repo', 'name') AS name, JSONExtractInt(doc, 'repo', 'stars') AS stars,
       JSONExtractString(doc, 'payload', 'detail', 'head', 'branch')
FROM events WHERE JSONExtractString(doc, 'type') = 'PullRequestEvent' ORDER BY stars DESC, id LIMIT 20;
