SELECT actor.login AS login, count(*) AS events FROM nested GROUP BY login ORDER BY events DESC, login LIMIT 10;
