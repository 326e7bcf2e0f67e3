select search_phrase, min(url), count(*) as n
from hits where referer like '%google%' and search_phrase <> ''
group by search_phrase
order by n desc, search_phrase limit 10
