SELECT count(*), avg(repo.stars), max(repo.name) FROM nested WHERE kind = 'PushEvent' AND repo.stars > 4500;
