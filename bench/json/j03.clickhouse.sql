SELECT count(*), avg(JSONExtractInt(doc, 'repo', 'stars')), max(JSONExtractString(doc, 'repo', 'name')) FROM events
WHERE JSONExtractString(doc, 'type') = 'PushEvent' AND JSONExtractInt(doc, 'repo', 'stars') > 4500;
