SELECT c.author AS author, count(*) AS commits, sum(c.added) AS added FROM (SELECT arrayJoin(commits) AS c FROM nested) AS e GROUP BY author ORDER BY added DESC, author LIMIT 10;
