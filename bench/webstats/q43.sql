select os, user_agent, resolution_width, resolution_height, time_zone, sex, age, count(*) as n
from hits
group by os, user_agent, resolution_width, resolution_height, time_zone, sex, age
order by n desc, os, user_agent, resolution_width, resolution_height, time_zone, sex, age limit 10
