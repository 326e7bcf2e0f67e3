SELECT c.author AS author, count(*) AS commits, sum(c.added) AS added FROM nested, unnest(commits) AS e(c) GROUP BY author ORDER BY added DESC, author LIMIT 10;
