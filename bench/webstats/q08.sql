select adv_engine_id, count(*) as n
from hits where adv_engine_id <> 0
group by adv_engine_id
order by n desc, adv_engine_id
