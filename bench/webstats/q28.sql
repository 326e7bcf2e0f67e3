select regexp_replace(referer, '^https?://(?:www\.)?([^/]+)/.*$', '\1') as site, avg(length(referer)) as l, count(*) as n, min(referer)
from hits where referer <> ''
group by site having count(*) > 100
order by n desc, site limit 25
