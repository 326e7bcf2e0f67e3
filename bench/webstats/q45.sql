select utm_source, utm_campaign, count(*) as n, sum(goals_reached)
from hits where utm_source <> ''
group by utm_source, utm_campaign
order by n desc, utm_source, utm_campaign
