-- Administration tools, notebooks and the drivers of other languages.

SELECT set_config('bytea_output', 'hex', false) FROM pg_catalog.pg_settings WHERE name = 'bytea_output';

SELECT pg_catalog.set_config('search_path', 'public', false);

SELECT d.oid AS id, d.datname, d.datallowconn, pg_catalog.pg_encoding_to_char(d.encoding) AS encoding, pg_catalog.has_database_privilege(d.oid, 'CREATE') AS may_create, d.datistemplate FROM pg_catalog.pg_database d WHERE d.datname = current_database();

SELECT r.oid AS id, r.rolname AS name, r.rolsuper, CASE WHEN r.rolsuper THEN true ELSE r.rolcreaterole END AS may_create_role, CASE WHEN r.rolsuper THEN true ELSE r.rolcreatedb END AS may_create_db FROM pg_catalog.pg_roles r WHERE r.rolname = current_user;

SELECT g.gss_authenticated, g.encrypted FROM pg_catalog.pg_stat_gssapi g WHERE g.pid = pg_catalog.pg_backend_pid();

SELECT pg_catalog.pg_is_in_recovery() AS recovering, CASE WHEN pg_catalog.pg_is_in_recovery() THEN pg_catalog.pg_is_wal_replay_paused() ELSE false END AS paused;

SELECT CASE WHEN n.nspname LIKE E'pg\\_temp\\_%' THEN 1 WHEN n.nspname LIKE E'pg\\_%' THEN 0 ELSE 3 END AS kind, n.nspname AS name, n.oid, pg_catalog.has_schema_privilege(n.oid, 'CREATE') AS may_create FROM pg_catalog.pg_namespace n WHERE n.nspname NOT LIKE E'pg\\_%' ORDER BY kind, n.nspname;

SELECT c.oid, c.relname, c.reltuples, (SELECT count(*) FROM pg_catalog.pg_trigger t WHERE t.tgrelid = c.oid) AS triggers, (SELECT count(1) FROM pg_catalog.pg_inherits i WHERE i.inhrelid = c.oid LIMIT 1) AS parents, pg_catalog.array_to_string(c.reloptions, ', ') AS options FROM pg_catalog.pg_class c WHERE c.relkind IN ('r', 's', 't', 'p') AND c.relnamespace = 'public'::regnamespace ORDER BY c.relname;

SELECT sum(s.n_live_tup) FROM pg_catalog.pg_stat_user_tables s;

SELECT 'session' AS chart, count(*) AS total, count(*) FILTER (WHERE a.state = 'active') AS active, count(*) FILTER (WHERE a.state = 'idle') AS idle FROM pg_catalog.pg_stat_activity a;

SELECT sum(d.xact_commit) + sum(d.xact_rollback), sum(d.tup_inserted), sum(d.blks_read) FROM pg_catalog.pg_stat_database d WHERE d.datname = current_database();

-- A driver that loads all types at once.
SELECT n.nspname, t.oid, t.typname, CASE WHEN t.typelem <> 0 AND t.typcategory = 'A' THEN 'a' ELSE t.typtype END AS kind, t.typnotnull, t.typelem, t.typdelim FROM pg_catalog.pg_type t JOIN pg_catalog.pg_namespace n ON n.oid = t.typnamespace LEFT JOIN pg_catalog.pg_class c ON c.oid = t.typrelid WHERE t.typtype IN ('b', 'r', 'm', 'e', 'd') OR (t.typtype = 'c' AND c.relkind = 'c') OR (t.typtype = 'p' AND t.typname IN ('record', 'void', 'unknown')) ORDER BY t.oid;

SELECT t.oid, t.typname, t.typelem, t.typdelim, t.typinput::varchar, r.rngsubtype, t.typtype, t.typbasetype FROM pg_catalog.pg_type t LEFT JOIN pg_catalog.pg_range r ON t.oid = r.rngtypid WHERE t.typname IN ('int2', 'int4', 'int8', 'oid', 'float4', 'float8', 'text', 'varchar', 'bpchar', 'bool', 'date', 'timestamp', 'timestamptz', 'time', 'numeric', 'interval', 'bytea', 'uuid', 'json', 'jsonb') OR t.typtype IN ('r', 'e', 'd') OR t.typelem IN (23, 25) ORDER BY t.oid;

SELECT a.attname, pg_catalog.format_type(a.atttypid, a.atttypmod), pg_catalog.pg_get_expr(d.adbin, d.adrelid), a.attnotnull, a.atttypid, a.atttypmod, c.collname, pg_catalog.col_description(a.attrelid, a.attnum) AS comment, a.attidentity AS identity, a.attgenerated AS attgenerated FROM pg_catalog.pg_attribute a LEFT JOIN pg_catalog.pg_attrdef d ON a.attrelid = d.adrelid AND a.attnum = d.adnum LEFT JOIN pg_catalog.pg_type t ON a.atttypid = t.oid LEFT JOIN pg_catalog.pg_collation c ON a.attcollation = c.oid AND a.attcollation <> t.typcollation WHERE a.attrelid = '"shop"'::regclass AND a.attnum > 0 AND NOT a.attisdropped ORDER BY a.attnum;

-- rows
SELECT DATE_TRUNC('day', at) AS __timestamp, sum(price) AS "SUM(price)" FROM (SELECT * FROM shop) AS virtual_table WHERE at >= TO_TIMESTAMP('2024-01-01 00:00:00.000000', 'YYYY-MM-DD HH24:MI:SS.US') AND at < TO_TIMESTAMP('2025-01-01 00:00:00.000000', 'YYYY-MM-DD HH24:MI:SS.US') GROUP BY DATE_TRUNC('day', at) ORDER BY "SUM(price)" DESC NULLS LAST, 1 LIMIT 50000;

-- rows
SELECT c.table_name, c.column_name, c.udt_name, c.is_nullable, c.numeric_precision, c.numeric_scale, c.datetime_precision, c.character_maximum_length, c.is_identity, c.is_generated, c.is_updatable FROM information_schema.columns c WHERE c.table_name = 'shop' ORDER BY c.ordinal_position;

-- rows
SELECT schema_name FROM information_schema.schemata WHERE schema_name IN ('public', 'pg_catalog', 'information_schema') ORDER BY 1;

-- rows
SELECT table_schema, table_name, table_type, is_typed FROM information_schema.tables WHERE table_name IN ('shop', 'shown', 'pg_class', 'pg_roles') ORDER BY 2;

SELECT * FROM information_schema.routines LIMIT 0;

SELECT * FROM information_schema.parameters LIMIT 0;

SELECT * FROM information_schema.sequences LIMIT 0;

SELECT * FROM information_schema.referential_constraints LIMIT 0;

SELECT * FROM information_schema.view_column_usage LIMIT 0;

SELECT * FROM information_schema.triggers LIMIT 0;

-- rows
SELECT has_table_privilege('shop', 'select'), pg_table_is_visible('shop'::regclass), to_regclass('shop') IS NOT NULL, to_regclass('nothing') IS NULL, pg_my_temp_schema(), current_setting('is_superuser');
