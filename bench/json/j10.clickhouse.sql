SELECT JSONExtractString(doc, 'type'), JSONExtractString(doc, 'actor', 'login'), JSONExtractString(doc, 'payload', 'detail', 'title') FROM events WHERE id = 12345;
