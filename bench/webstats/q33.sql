select url, count(*) as n
from hits
group by url
order by n desc, url limit 10
