-- Sync of a database and the questions that come of it.

SHOW timezone;

SET SESSION TIME ZONE 'UTC';

-- rows
SELECT n.nspname AS "schema", c.relname AS name, CASE c.relkind WHEN 'r' THEN 'TABLE' WHEN 'v' THEN 'VIEW' WHEN 'm' THEN 'MATERIALIZED VIEW' WHEN 'f' THEN 'FOREIGN TABLE' END AS "type", d.description, NULLIF(NULLIF(0, 0), -1) AS estimated FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON c.relnamespace = n.oid LEFT JOIN pg_catalog.pg_description d ON (c.oid = d.objoid AND d.objsubid = 0 AND d.classoid = 'pg_class'::regclass) WHERE c.relkind IN ('r', 'p', 'v', 'f', 'm') AND n.nspname !~ '^pg_' AND n.nspname <> 'information_schema' AND n.nspname IN ('public') AND c.relname IN ('shop', 'shown') ORDER BY "schema", name;

-- rows
SELECT c.column_name AS name, CASE WHEN c.udt_schema IN ('public', 'pg_catalog') THEN format('%s', c.udt_name) ELSE format('"%s"."%s"', c.udt_schema, c.udt_name) END AS "database-type", c.ordinal_position - 1 AS "database-position", c.table_schema AS "table-schema", c.table_name AS "table-name", pk.column_name IS NOT NULL AS "pk?", col_description(format('%I.%I', c.table_schema, c.table_name)::regclass::oid, c.ordinal_position) AS "field-comment", (column_default IS NULL OR lower(column_default) = 'null') AND is_nullable = 'NO' AS "required" FROM information_schema.columns c LEFT JOIN (SELECT tc.table_schema, tc.table_name, kc.column_name FROM information_schema.table_constraints tc JOIN information_schema.key_column_usage kc ON tc.constraint_name = kc.constraint_name AND tc.table_schema = kc.table_schema AND tc.table_name = kc.table_name WHERE tc.constraint_type = 'PRIMARY KEY') pk ON c.table_schema = pk.table_schema AND c.table_name = pk.table_name AND c.column_name = pk.column_name WHERE c.table_schema !~ '^information_schema|catalog_history|pg_' AND c.table_name IN ('shop', 'shown') ORDER BY "table-schema", "table-name", "database-position";

-- rows
SELECT fkns.nspname AS "fk-schema", fk.relname AS "fk-table", a.attname AS "fk-column" FROM pg_constraint c JOIN pg_class fk ON c.conrelid = fk.oid JOIN pg_namespace fkns ON c.connamespace = fkns.oid JOIN pg_attribute a ON c.conrelid = a.attrelid AND a.attnum = ANY (c.conkey) WHERE fkns.nspname !~ '^information_schema|pg_' AND c.contype = 'f'::char AND fk.relname = 'shop' ORDER BY 1, 2;

-- rows
SELECT n.nspname, t.typname FROM pg_type t JOIN pg_namespace n ON n.oid = t.typnamespace WHERE t.oid IN (SELECT DISTINCT e.enumtypid FROM pg_enum e);

-- rows
WITH privileges AS (SELECT NULL AS role, t.schemaname AS "schema", t.objectname AS "table", pg_catalog.has_any_column_privilege(current_user, '"' || replace(t.schemaname, '"', '""') || '"."' || replace(t.objectname, '"', '""') || '"', 'update') AS update, pg_catalog.has_any_column_privilege(current_user, '"' || replace(t.schemaname, '"', '""') || '"."' || replace(t.objectname, '"', '""') || '"', 'select') AS "select", pg_catalog.has_table_privilege(current_user, '"' || replace(t.schemaname, '"', '""') || '"."' || replace(t.objectname, '"', '""') || '"', 'delete') AS "delete" FROM (SELECT schemaname, tablename AS objectname FROM pg_catalog.pg_tables UNION SELECT schemaname, viewname FROM pg_catalog.pg_views UNION SELECT schemaname, matviewname FROM pg_catalog.pg_matviews) t WHERE t.schemaname !~ '^pg_' AND t.schemaname <> 'information_schema' AND pg_catalog.has_schema_privilege(current_user, t.schemaname, 'usage')) SELECT t.* FROM privileges t WHERE (t."select" OR t.update OR t."delete") AND t."table" IN ('shop', 'shown') ORDER BY "table";

-- rows
SELECT "public"."shop"."id" AS "id", SUBSTRING("public"."shop"."name", 1, 1234) AS "substring1", "public"."shop"."price" AS "price" FROM "public"."shop" ORDER BY "id" LIMIT 10000;

-- rows
SELECT "public"."shop"."name" AS "name" FROM "public"."shop" GROUP BY "public"."shop"."name" ORDER BY "public"."shop"."name" ASC LIMIT 1001;

-- rows
SELECT COUNT(*) AS "count", COUNT(DISTINCT "source"."name") AS "names" FROM (SELECT * FROM "public"."shop") AS "source";

-- rows
SELECT DATE_TRUNC('month', "public"."shop"."at") AS "at", SUM("public"."shop"."price") AS "sum" FROM "public"."shop" WHERE "public"."shop"."at" >= DATE_TRUNC('month', (TIMESTAMP WITH TIME ZONE '2024-12-15 00:00:00.000Z' + INTERVAL '-12 month')) AND "public"."shop"."at" < DATE_TRUNC('month', (TIMESTAMP WITH TIME ZONE '2024-12-15 00:00:00.000Z' + INTERVAL '1 month')) GROUP BY DATE_TRUNC('month', "public"."shop"."at") ORDER BY 1 ASC;

-- rows
SELECT (DATE_TRUNC('week', (("public"."shop"."at" + INTERVAL '1 day'))) + INTERVAL '-1 day') AS "at", COUNT(*) AS "count" FROM "public"."shop" GROUP BY 1 ORDER BY 1 ASC;

-- rows
SELECT CASE WHEN ((CAST(extract(dow FROM "public"."shop"."at") AS integer) + 1) % 7) = 0 THEN 7 ELSE (CAST(extract(dow FROM "public"."shop"."at") AS integer) + 1) % 7 END AS "day", CAST(extract(month FROM "at") AS integer) AS "month", CAST(extract(quarter FROM "at") AS integer) AS "quarter" FROM "public"."shop" ORDER BY id;

-- rows
SELECT FLOOR((("public"."shop"."price" / 12.5) * 12.5)) AS "price", PERCENTILE_CONT(0.5) WITHIN GROUP (ORDER BY "public"."shop"."price") AS "median" FROM "public"."shop" GROUP BY 1 ORDER BY 1;

-- rows
SELECT "source"."name" AS "name", SUM(COUNT(*)) OVER (ORDER BY "source"."name" ASC ROWS UNBOUNDED PRECEDING) AS "running" FROM (SELECT "public"."shop"."name" AS "name" FROM "public"."shop") AS "source" GROUP BY "source"."name" ORDER BY "source"."name" ASC;

-- rows
SELECT CAST("at" AS timestamp) AT TIME ZONE 'UTC' AT TIME ZONE 'Europe/Prague' AS local, CAST("at" AS date) AS day, LOWER("name") LIKE '%a%' AS found FROM "shop" ORDER BY id;
