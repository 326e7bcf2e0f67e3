SELECT count(*) FROM nested WHERE array_length(list_filter(commits, c -> c.added > 80), 1) > 0;
