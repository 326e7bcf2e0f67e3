select search_engine_id, client_ip, count(*) as n, sum(is_refresh), avg(resolution_width)
from hits where search_phrase <> ''
group by search_engine_id, client_ip
order by n desc, search_engine_id, client_ip limit 10
