select region_id, sum(adv_engine_id), count(*) as n, avg(resolution_width), count(distinct user_id)
from hits
group by region_id
order by n desc, region_id limit 10
