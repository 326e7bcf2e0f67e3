select date_trunc('hour', event_time) as h, count(*), count(distinct user_id), sum(content_bytes)
from hits
group by h
order by h
