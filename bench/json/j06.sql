SELECT label, count(*) FROM events, json_array_elements_text(doc->'payload'->'labels') AS e(label) GROUP BY label ORDER BY label;
