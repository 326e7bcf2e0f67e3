select event_date, os, sum(load_ms), max(load_ms), avg(dns_timing)
from hits where is_robot = 0
group by event_date, os
order by event_date, os
