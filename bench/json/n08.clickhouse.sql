SELECT repo.name AS name, count(*) AS bugs FROM nested WHERE has(labels, 'bug') GROUP BY name ORDER BY bugs DESC, name LIMIT 10;
