SELECT repo.name AS name, count(*) AS bugs FROM nested WHERE list_contains(labels, 'bug') GROUP BY name ORDER BY bugs DESC, name LIMIT 10;
