select count(*)
from hits where regexp_replace(url, '[0-9]+', '') <> url and regexp_replace(url, '^.*id=([0-9]+)$', '\1') = '77'
