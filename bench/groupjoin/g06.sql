SELECT count(*), sum(m), sum(s), max(m), max(s) FROM (SELECT id4, id5, percentile_cont(0.5) WITHIN GROUP (ORDER BY v3) AS m, stddev_samp(v3) AS s FROM facts GROUP BY id4, id5) AS t
