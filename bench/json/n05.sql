SELECT array_length(commits, 1) AS commits, count(*) FROM nested WHERE kind = 'PushEvent' GROUP BY 1 ORDER BY 1;
