-- Dashboards: probes of the server, lists for the query builder, and what macros become.

-- rows
SELECT current_setting('server_version_num')::int / 10000 AS version;

SHOW server_version_num;

-- rows
SELECT extversion FROM pg_extension WHERE extname = 'timescaledb';

-- rows
SELECT quote_ident(table_name) AS "table" FROM information_schema.tables WHERE quote_ident(table_schema) NOT IN ('information_schema', 'pg_catalog', '_timescaledb_cache') AND quote_ident(table_schema) IN (SELECT CASE WHEN trim(s[i]) = '"$user"' THEN user ELSE trim(s[i]) END FROM generate_series(array_lower(string_to_array(current_setting('search_path'), ','), 1), array_upper(string_to_array(current_setting('search_path'), ','), 1)) AS i, string_to_array(current_setting('search_path'), ',') AS s) AND table_name IN ('shop', 'shown') ORDER BY table_name;

-- rows
SELECT CASE WHEN quote_ident(table_schema) IN (SELECT CASE WHEN trim(s[i]) = '"$user"' THEN user ELSE trim(s[i]) END FROM generate_series(array_lower(string_to_array(current_setting('search_path'), ','), 1), array_upper(string_to_array(current_setting('search_path'), ','), 1)) AS i, string_to_array(current_setting('search_path'), ',') AS s) THEN quote_ident(table_name) ELSE quote_ident(table_schema) || '.' || quote_ident(table_name) END AS "table" FROM information_schema.tables WHERE quote_ident(table_schema) NOT IN ('information_schema', 'pg_catalog') AND table_name IN ('shop', 'shown') ORDER BY 1;

-- rows
SELECT quote_ident(column_name) AS "column", data_type AS "type" FROM information_schema.columns WHERE quote_ident(table_name) = 'shop' ORDER BY ordinal_position;

-- rows
SELECT quote_ident(column_name) FROM information_schema.columns WHERE table_name = 'shop' AND data_type IN ('timestamp with time zone', 'timestamp without time zone', 'bigint', 'integer', 'double precision', 'real') ORDER BY ordinal_position;

-- rows
SELECT at AS "time", price AS value FROM shop WHERE at BETWEEN '2024-01-01T00:00:00Z' AND '2024-01-02T00:00:00.123456789Z' ORDER BY 1;

-- rows
SELECT floor(extract(epoch FROM at) / 300) * 300 AS "time", avg(price)::numeric(12, 4) AS price, name AS metric FROM shop WHERE at BETWEEN '2024-01-01T00:00:00Z' AND '2024-12-31T00:00:00Z' GROUP BY 1, name ORDER BY 1, 3;

-- rows
SELECT extract(epoch FROM at) AS "time", id FROM shop WHERE extract(epoch FROM at) >= 1704067200 AND extract(epoch FROM at) <= 1735689600 ORDER BY id;

-- rows
SELECT floor((extract(epoch FROM at))::bigint / 3600) * 3600 AS "time", count(*) FROM shop GROUP BY 1 ORDER BY 1;

-- rows
SELECT date_bin('15 minutes', at, TIMESTAMPTZ '2001-01-01') AS slot, count(id) FROM shop GROUP BY slot ORDER BY slot;

-- rows
SELECT to_timestamp(1704067200)::timestamptz AS "from", 'x' AS text;

-- rows
SELECT DISTINCT name FROM shop WHERE name IN ('a', 'b') ORDER BY name LIMIT 1000;

-- rows
SELECT 'x' LIKE '%x%', name ~* '^A' AS hit FROM shop ORDER BY id;
