select url, count(*) as views
from hits where counter_id = 0 and event_date >= date '2026-07-01' and event_date <= date '2026-07-31' and is_refresh = 0 and url <> ''
group by url
order by views desc, url limit 10
