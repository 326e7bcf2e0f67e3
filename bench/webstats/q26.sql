select watch_id, event_time, load_ms
from hits
order by load_ms desc, event_time desc, watch_id limit 100
