SELECT count(*), sum(v1), min(v1), max(v1) FROM (SELECT id1, id2, sum(v1) AS v1 FROM facts GROUP BY id1, id2) AS t
