select window_width, window_height, count(*) as views
from hits where is_refresh = 0 and dont_count_hits = 0
group by window_width, window_height
order by views desc, window_width, window_height limit 10 offset 1000
