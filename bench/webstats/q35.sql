select client_ip, client_ip - 1 as b, client_ip - 2 as c, client_ip - 3 as d, count(*) as n
from hits
group by client_ip, b, c, d
order by n desc, client_ip limit 10
