select watch_id, client_ip, count(*) as n, sum(is_refresh), avg(resolution_width)
from hits
group by watch_id, client_ip
order by n desc, watch_id, client_ip limit 10
