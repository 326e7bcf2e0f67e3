SELECT count(*) FROM nested WHERE length(arrayFilter(c -> c.added > 80, commits)) > 0;
