SELECT count(*) FROM events WHERE (doc->'payload'->'detail'->>'title') LIKE '%about%ab%cd%';
