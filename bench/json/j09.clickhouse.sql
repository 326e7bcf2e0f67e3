SELECT count(*) FROM events WHERE JSONExtractString(doc, 'payload', 'detail', 'title') LIKE '%about%ab%cd%';
