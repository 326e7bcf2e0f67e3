select title, count(*) as views
from hits where counter_id = 0 and is_refresh = 0 and dont_count_hits = 0
group by title
order by views desc, title limit 10
