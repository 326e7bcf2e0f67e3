SELECT count(*), sum(v1), sum(v2), sum(v1 * v2), count(v2) FROM probes LEFT JOIN medium USING (k2)
