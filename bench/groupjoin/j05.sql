SELECT count(*), sum(v1), sum(v2), sum(v1 * v2) FROM probes JOIN big USING (k3)
