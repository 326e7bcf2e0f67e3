select count(*) filter (where is_mobile = 1), count(*) filter (where is_robot = 1), sum(case when http_error > 0 then 1 else 0 end), count(distinct counter_id)
from hits
