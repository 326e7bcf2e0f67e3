select user_id, count(*) as n
from hits
group by user_id
order by n desc, user_id limit 10
