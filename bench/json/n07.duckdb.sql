SELECT count(*) FROM nested WHERE array_length(list_filter(commits, lambda c: c.added > 80), 1) > 0;
