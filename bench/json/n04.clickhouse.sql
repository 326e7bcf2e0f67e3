SELECT arrayJoin(labels) AS label, count(*) FROM nested GROUP BY label ORDER BY label;
