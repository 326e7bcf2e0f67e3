select 1 as one, url, count(*) as n
from hits
group by one, url
order by n desc, url limit 10
