SELECT label, count(*) FROM nested, unnest(labels) AS e(label) GROUP BY label ORDER BY label;
