select date_trunc('minute', event_time) as m, count(*) as views
from hits where event_date between date '2026-07-14' and date '2026-07-15' and is_refresh = 0
group by m
order by m limit 1000
