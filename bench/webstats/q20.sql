select count(*)
from hits where url like '%google%' or referer like '%google%'
