select search_phrase, min(url), min(title), count(*) as n, count(distinct user_id)
from hits where title like '%shop%' and url not like '%.site1.%' and search_phrase <> ''
group by search_phrase
order by n desc, search_phrase limit 10
