SELECT length(commits) AS n, count(*) FROM nested WHERE kind = 'PushEvent' GROUP BY n ORDER BY n;
