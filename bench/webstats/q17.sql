select user_id, search_phrase, count(*) as n
from hits
group by user_id, search_phrase
order by n desc, user_id, search_phrase limit 10
