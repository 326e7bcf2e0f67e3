SELECT count(*), sum(id6), sum(v3), min(v3) FROM (SELECT id6, v3, row_number() OVER (PARTITION BY id6 ORDER BY v3 DESC NULLS LAST) AS place FROM facts WHERE v3 IS NOT NULL) AS t WHERE place <= 2
