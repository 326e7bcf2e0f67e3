-- What a browser of databases asks: everything that pg_catalog knows, folder by folder of its tree.

SELECT current_schema(), session_user, version();

SHOW search_path;

SET application_name = 'browser';

SELECT d.oid, d.* FROM pg_catalog.pg_database d WHERE (d.datallowconn AND NOT d.datistemplate) OR d.datname = current_database() ORDER BY d.datname;

SELECT r.oid, r.*, s.description FROM pg_catalog.pg_roles r LEFT JOIN pg_catalog.pg_shdescription s ON s.objoid = r.oid ORDER BY r.rolname;

SELECT m.roleid, m.member, m.admin_option, r.rolname FROM pg_catalog.pg_auth_members m JOIN pg_catalog.pg_roles r ON r.oid = m.roleid;

SELECT t.oid, t.*, pg_catalog.pg_tablespace_location(t.oid) AS place FROM pg_catalog.pg_tablespace t ORDER BY t.oid;

SELECT * FROM pg_catalog.pg_settings ORDER BY name;

SELECT n.oid, n.*, d.description FROM pg_catalog.pg_namespace n LEFT OUTER JOIN pg_catalog.pg_description d ON d.objoid = n.oid AND d.objsubid = 0 AND d.classoid = 'pg_namespace'::regclass ORDER BY n.nspname;

SELECT t.oid, t.*, c.relkind, pg_catalog.format_type(nullif(t.typbasetype, 0), t.typtypmod) AS base, d.description FROM pg_catalog.pg_type t LEFT OUTER JOIN pg_catalog.pg_type e ON e.oid = t.typelem LEFT OUTER JOIN pg_catalog.pg_class c ON c.oid = t.typrelid LEFT OUTER JOIN pg_catalog.pg_description d ON d.objoid = t.oid WHERE t.typname IS NOT NULL AND (c.relkind IS NULL OR c.relkind = 'c') AND (e.typcategory IS NULL OR e.typcategory <> 'C');

SELECT c.oid, c.*, d.description, pg_catalog.pg_get_expr(c.relpartbound, c.oid) AS bound, pg_catalog.pg_get_partkeydef(c.oid) AS part FROM pg_catalog.pg_class c LEFT OUTER JOIN pg_catalog.pg_description d ON d.objoid = c.oid AND d.objsubid = 0 AND d.classoid = 'pg_class'::regclass WHERE c.relnamespace = 'public'::regnamespace AND c.relkind NOT IN ('i', 'I', 'c');

-- rows
SELECT c.relname, a.attname, a.attnum, a.attnotnull, a.atthasdef, pg_catalog.format_type(a.atttypid, a.atttypmod) AS type, d.description FROM pg_catalog.pg_attribute a JOIN pg_catalog.pg_class c ON a.attrelid = c.oid LEFT OUTER JOIN pg_catalog.pg_attrdef f ON a.attrelid = f.adrelid AND a.attnum = f.adnum LEFT OUTER JOIN pg_catalog.pg_description d ON c.oid = d.objoid AND a.attnum = d.objsubid WHERE NOT a.attisdropped AND a.attnum > 0 AND c.relname = 'shop' ORDER BY a.attnum;

SELECT c.relname, a.*, pg_catalog.pg_get_expr(f.adbin, f.adrelid, true) AS initial, d.description, p.objid FROM pg_catalog.pg_attribute a JOIN pg_catalog.pg_class c ON a.attrelid = c.oid LEFT OUTER JOIN pg_catalog.pg_attrdef f ON a.attrelid = f.adrelid AND a.attnum = f.adnum LEFT OUTER JOIN pg_catalog.pg_description d ON c.oid = d.objoid AND a.attnum = d.objsubid LEFT OUTER JOIN pg_catalog.pg_depend p ON p.refobjid = a.attrelid AND p.deptype = 'i' AND p.refobjsubid = a.attnum AND p.classid = p.refclassid WHERE NOT a.attisdropped AND c.relname = 'shop' ORDER BY a.attnum;

SELECT k.oid, k.*, t.relname AS of_table, r.relnamespace AS to_schema, d.description, CASE WHEN k.contype = 'c' THEN "substring"(pg_catalog.pg_get_constraintdef(k.oid), 7) END AS body FROM pg_catalog.pg_constraint k JOIN pg_catalog.pg_class t ON t.oid = k.conrelid LEFT OUTER JOIN pg_catalog.pg_class r ON r.oid = k.confrelid LEFT OUTER JOIN pg_catalog.pg_description d ON d.objoid = k.oid AND d.objsubid = 0 AND d.classoid = 'pg_constraint'::regclass WHERE k.conrelid = 'shop'::regclass ORDER BY k.oid;

SELECT i.*, i.indkey AS keys, c.relname, c.relnamespace, c.relam, c.reltablespace, t.relname AS of_table, pg_catalog.pg_get_expr(i.indpred, i.indrelid) AS pred, pg_catalog.pg_get_expr(i.indexprs, i.indrelid, true) AS expr, pg_catalog.pg_relation_size(i.indexrelid) AS size, pg_catalog.pg_stat_get_numscans(i.indexrelid) AS scans FROM pg_catalog.pg_index i JOIN pg_catalog.pg_class c ON c.oid = i.indexrelid JOIN pg_catalog.pg_class t ON t.oid = i.indrelid WHERE i.indrelid = 'shop'::regclass ORDER BY t.relname, c.relname;

SELECT c.oid, pg_catalog.pg_total_relation_size(c.oid) AS total, pg_catalog.pg_relation_size(c.oid) AS own FROM pg_catalog.pg_class c WHERE c.relnamespace = 'public'::regnamespace;

SELECT t.oid, t.*, p.pronamespace, p.proname, d.description FROM pg_catalog.pg_trigger t LEFT OUTER JOIN pg_catalog.pg_proc p ON p.oid = t.tgfoid LEFT OUTER JOIN pg_catalog.pg_description d ON d.objoid = t.oid AND d.objsubid = 0 WHERE t.tgrelid = 'shop'::regclass AND NOT t.tgisinternal;

SELECT r.oid, r.*, c.relname, c.relnamespace FROM pg_catalog.pg_rewrite r JOIN pg_catalog.pg_class c ON c.oid = r.ev_class WHERE r.rulename <> '_RETURN'::name;

SELECT s.*, c.relname FROM pg_catalog.pg_sequence s JOIN pg_catalog.pg_class c ON c.oid = s.seqrelid;

SELECT p.oid, p.proname, p.prokind, p.pronargs, p.proretset, pg_catalog.pg_get_expr(p.proargdefaults, 0) AS defaults, d.description FROM pg_catalog.pg_proc p LEFT OUTER JOIN pg_catalog.pg_description d ON d.objoid = p.oid LEFT OUTER JOIN pg_catalog.pg_depend x ON x.objid = p.oid AND x.deptype = 'e' WHERE p.pronamespace = 'public'::regnamespace ORDER BY p.proname;

SELECT e.oid, e.*, n.nspname FROM pg_catalog.pg_extension e JOIN pg_catalog.pg_namespace n ON n.oid = e.extnamespace ORDER BY e.extname;

SELECT a.* FROM pg_catalog.pg_available_extensions a ORDER BY a.name;

SELECT w.oid, w.*, p.proname, n.nspname FROM pg_catalog.pg_foreign_data_wrapper w LEFT OUTER JOIN pg_catalog.pg_proc p ON p.oid = w.fdwhandler LEFT OUTER JOIN pg_catalog.pg_namespace n ON n.oid = p.pronamespace;

SELECT s.oid, s.*, w.fdwname FROM pg_catalog.pg_foreign_server s JOIN pg_catalog.pg_foreign_data_wrapper w ON w.oid = s.srvfdw;

SELECT e.oid, e.*, p.proname FROM pg_catalog.pg_event_trigger e LEFT JOIN pg_catalog.pg_proc p ON p.oid = e.evtfoid;

SELECT c.oid, c.* FROM pg_catalog.pg_collation c WHERE c.collnamespace = 'pg_catalog'::regnamespace ORDER BY c.oid;

SELECT l.oid, l.* FROM pg_catalog.pg_language l ORDER BY l.oid;

SELECT a.oid, a.* FROM pg_catalog.pg_am a;

SELECT e.oid, e.* FROM pg_catalog.pg_enum e WHERE e.enumtypid = 0 ORDER BY e.enumsortorder;

SELECT i.*, c.relnamespace FROM pg_catalog.pg_inherits i JOIN pg_catalog.pg_class c ON c.oid = i.inhparent WHERE i.inhrelid = 'shop'::regclass ORDER BY i.inhseqno;

SELECT a.* FROM pg_catalog.pg_stat_activity a WHERE a.pid <> pg_backend_pid();

SELECT l.*, c.relname FROM pg_catalog.pg_locks l LEFT JOIN pg_catalog.pg_class c ON c.oid = l.relation WHERE false;

SELECT x.grantee, x.privilege_type, x.is_grantable FROM pg_catalog.pg_class c, aclexplode(c.relacl) x WHERE c.relname = 'shop';

-- rows
SELECT table_catalog = current_database() AS here, table_schema, table_name, privilege_type FROM information_schema.table_privileges WHERE table_name = 'no_such';

-- rows
SELECT pg_catalog.pg_get_viewdef('shown'::regclass, true) IS NOT NULL AS known;

SELECT pg_catalog.pg_database_size(current_database());

SELECT s.schemaname, s.relname, s.seq_scan, s.n_live_tup, s.n_dead_tup, s.last_vacuum FROM pg_catalog.pg_stat_all_tables s WHERE s.relname = 'shop';
