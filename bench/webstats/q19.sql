select count(*), min(watch_id)
from hits where user_id = 230584300900
