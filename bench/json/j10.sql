SELECT doc->>'type', doc->'actor'->>'login', doc->'payload'->'detail'->>'title' FROM events WHERE id = 12345;
