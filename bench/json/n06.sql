SELECT detail.action AS action, count(*), avg(detail.head.ahead) FROM nested WHERE detail.head.ahead > 30 GROUP BY action ORDER BY action;
