SELECT count(*), sum(r2), max(r2) FROM (SELECT id2, id4, power(CASE WHEN corr(v1, v2) < 2 THEN corr(v1, v2) END, 2) AS r2 FROM facts GROUP BY id2, id4) AS t
