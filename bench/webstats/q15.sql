select search_engine_id, search_phrase, count(*) as n
from hits where search_phrase <> ''
group by search_engine_id, search_phrase
order by n desc, search_engine_id, search_phrase limit 10
