select *
from hits where url like '%mail&id=42'
order by event_time, watch_id limit 10
