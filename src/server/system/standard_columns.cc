#include "server/system/standard_columns.h"

#include "catalog/system_type.h"

namespace weir {

namespace {

// Each column is its name and a letter for its type: o oid, s smallint, i integer, l bigint, b boolean, r real,
// d double precision, z timestamptz, v interval, t text, n name, c "char"; capitals are lists but V oidvector and W
// int2vector. regproc and its kin are oids.
constexpr StandardTable kPgCatalog[] = {
    {"pg_aggregate", 2600,
     "aggfnoid:o aggkind:c aggnumdirectargs:s aggtransfn:o aggfinalfn:o aggcombinefn:o aggserialfn:o "
     "aggdeserialfn:o aggmtransfn:o aggminvtransfn:o aggmfinalfn:o aggfinalextra:b aggmfinalextra:b "
     "aggfinalmodify:c aggmfinalmodify:c aggsortop:o aggtranstype:o aggtransspace:i aggmtranstype:o "
     "aggmtransspace:i agginitval:t aggminitval:t"},
    {"pg_am", 2601, "oid:o amname:n amhandler:o amtype:c"},
    {"pg_amop", 2602,
     "oid:o amopfamily:o amoplefttype:o amoprighttype:o amopstrategy:s amoppurpose:c amopopr:o amopmethod:o "
     "amopsortfamily:o"},
    {"pg_amproc", 2603, "oid:o amprocfamily:o amproclefttype:o amprocrighttype:o amprocnum:s amproc:o"},
    {"pg_attrdef", 2604, "oid:o adrelid:o adnum:s adbin:t"},
    {"pg_attribute", 1249,
     "attrelid:o attname:n atttypid:o attstattarget:i attlen:s attnum:s attndims:i attcacheoff:i atttypmod:i "
     "attbyval:b attalign:c attstorage:c attcompression:c attnotnull:b atthasdef:b atthasmissing:b "
     "attidentity:c attgenerated:c attisdropped:b attislocal:b attinhcount:i attcollation:o attacl:T "
     "attoptions:T attfdwoptions:T attmissingval:t"},
    {"pg_auth_members", 1261, "roleid:o member:o grantor:o admin_option:b"},
    {"pg_authid", 1260,
     "oid:o rolname:n rolsuper:b rolinherit:b rolcreaterole:b rolcreatedb:b rolcanlogin:b rolreplication:b "
     "rolbypassrls:b rolconnlimit:i rolpassword:t rolvaliduntil:z"},
    {"pg_available_extension_versions", 0,
     "name:n version:t installed:b superuser:b trusted:b relocatable:b schema:n requires:N comment:t"},
    {"pg_available_extensions", 0, "name:n default_version:t installed_version:t comment:t"},
    {"pg_backend_memory_contexts", 0,
     "name:t ident:t parent:t level:i total_bytes:l total_nblocks:l free_bytes:l free_chunks:l used_bytes:l"},
    {"pg_cast", 2605, "oid:o castsource:o casttarget:o castfunc:o castcontext:c castmethod:c"},
    {"pg_class", 1259,
     "oid:o relname:n relnamespace:o reltype:o reloftype:o relowner:o relam:o relfilenode:o reltablespace:o "
     "relpages:i reltuples:r relallvisible:i reltoastrelid:o relhasindex:b relisshared:b relpersistence:c "
     "relkind:c relnatts:s relchecks:s relhasrules:b relhastriggers:b relhassubclass:b relrowsecurity:b "
     "relforcerowsecurity:b relispopulated:b relreplident:c relispartition:b relrewrite:o relfrozenxid:l "
     "relminmxid:l relacl:T reloptions:T relpartbound:t"},
    {"pg_collation", 3456,
     "oid:o collname:n collnamespace:o collowner:o collprovider:c collisdeterministic:b collencoding:i "
     "collcollate:t collctype:t colliculocale:t collversion:t"},
    {"pg_config", 0, "name:t setting:t"},
    {"pg_constraint", 2606,
     "oid:o conname:n connamespace:o contype:c condeferrable:b condeferred:b convalidated:b conrelid:o "
     "contypid:o conindid:o conparentid:o confrelid:o confupdtype:c confdeltype:c confmatchtype:c "
     "conislocal:b coninhcount:i connoinherit:b conkey:S confkey:S conpfeqop:O conppeqop:O conffeqop:O "
     "confdelsetcols:S conexclop:O conbin:t"},
    {"pg_conversion", 2607,
     "oid:o conname:n connamespace:o conowner:o conforencoding:i contoencoding:i conproc:o condefault:b"},
    {"pg_cursors", 0, "name:t statement:t is_holdable:b is_binary:b is_scrollable:b creation_time:z"},
    {"pg_database", 1262,
     "oid:o datname:n datdba:o encoding:i datlocprovider:c datistemplate:b datallowconn:b datconnlimit:i "
     "datfrozenxid:l datminmxid:l dattablespace:o datcollate:t datctype:t daticulocale:t datcollversion:t "
     "datacl:T"},
    {"pg_db_role_setting", 2964, "setdatabase:o setrole:o setconfig:T"},
    {"pg_default_acl", 826, "oid:o defaclrole:o defaclnamespace:o defaclobjtype:c defaclacl:T"},
    {"pg_depend", 2608, "classid:o objid:o objsubid:i refclassid:o refobjid:o refobjsubid:i deptype:c"},
    {"pg_description", 2609, "objoid:o classoid:o objsubid:i description:t"},
    {"pg_enum", 3501, "oid:o enumtypid:o enumsortorder:r enumlabel:n"},
    {"pg_event_trigger", 3466, "oid:o evtname:n evtevent:n evtowner:o evtfoid:o evtenabled:c evttags:T"},
    {"pg_extension", 3079,
     "oid:o extname:n extowner:o extnamespace:o extrelocatable:b extversion:t extconfig:O extcondition:T"},
    {"pg_file_settings", 0, "sourcefile:t sourceline:i seqno:i name:t setting:t applied:b error:t"},
    {"pg_foreign_data_wrapper", 2328, "oid:o fdwname:n fdwowner:o fdwhandler:o fdwvalidator:o fdwacl:T fdwoptions:T"},
    {"pg_foreign_server", 1417, "oid:o srvname:n srvowner:o srvfdw:o srvtype:t srvversion:t srvacl:T srvoptions:T"},
    {"pg_foreign_table", 3118, "ftrelid:o ftserver:o ftoptions:T"},
    {"pg_group", 0, "groname:n grosysid:o grolist:O"},
    {"pg_hba_file_rules", 0,
     "line_number:i type:t database:T user_name:T address:t netmask:t auth_method:t options:T error:t"},
    {"pg_ident_file_mappings", 0, "line_number:i map_name:t sys_name:t pg_username:t error:t"},
    {"pg_index", 2610,
     "indexrelid:o indrelid:o indnatts:s indnkeyatts:s indisunique:b indnullsnotdistinct:b indisprimary:b "
     "indisexclusion:b indimmediate:b indisclustered:b indisvalid:b indcheckxmin:b indisready:b indislive:b "
     "indisreplident:b indkey:W indcollation:V indclass:V indoption:W indexprs:t indpred:t"},
    {"pg_indexes", 0, "schemaname:n tablename:n indexname:n tablespace:n indexdef:t"},
    {"pg_inherits", 2611, "inhrelid:o inhparent:o inhseqno:i inhdetachpending:b"},
    {"pg_init_privs", 3394, "objoid:o classoid:o objsubid:i privtype:c initprivs:T"},
    {"pg_language", 2612,
     "oid:o lanname:n lanowner:o lanispl:b lanpltrusted:b lanplcallfoid:o laninline:o lanvalidator:o lanacl:T"},
    {"pg_largeobject", 2613, "loid:o pageno:i data:t"},
    {"pg_largeobject_metadata", 2995, "oid:o lomowner:o lomacl:T"},
    {"pg_locks", 0,
     "locktype:t database:o relation:o page:i tuple:s virtualxid:t transactionid:l classid:o objid:o "
     "objsubid:s virtualtransaction:t pid:i mode:t granted:b fastpath:b waitstart:z"},
    {"pg_matviews", 0,
     "schemaname:n matviewname:n matviewowner:n tablespace:n hasindexes:b ispopulated:b definition:t"},
    {"pg_namespace", 2615, "oid:o nspname:n nspowner:o nspacl:T"},
    {"pg_opclass", 2616,
     "oid:o opcmethod:o opcname:n opcnamespace:o opcowner:o opcfamily:o opcintype:o opcdefault:b opckeytype:o"},
    {"pg_operator", 2617,
     "oid:o oprname:n oprnamespace:o oprowner:o oprkind:c oprcanmerge:b oprcanhash:b oprleft:o oprright:o "
     "oprresult:o oprcom:o oprnegate:o oprcode:o oprrest:o oprjoin:o"},
    {"pg_opfamily", 2753, "oid:o opfmethod:o opfname:n opfnamespace:o opfowner:o"},
    {"pg_parameter_acl", 6243, "oid:o parname:t paracl:T"},
    {"pg_partitioned_table", 3350,
     "partrelid:o partstrat:c partnatts:s partdefid:o partattrs:W partclass:V partcollation:V partexprs:t"},
    {"pg_policies", 0, "schemaname:n tablename:n policyname:n permissive:t roles:N cmd:t qual:t with_check:t"},
    {"pg_policy", 3256, "oid:o polname:n polrelid:o polcmd:c polpermissive:b polroles:O polqual:t polwithcheck:t"},
    {"pg_prepared_statements", 0,
     "name:t statement:t prepare_time:z parameter_types:T from_sql:b generic_plans:l custom_plans:l"},
    {"pg_prepared_xacts", 0, "transaction:l gid:t prepared:z owner:n database:n"},
    {"pg_proc", 1255,
     "oid:o proname:n pronamespace:o proowner:o prolang:o procost:r prorows:r provariadic:o prosupport:o "
     "prokind:c prosecdef:b proleakproof:b proisstrict:b proretset:b provolatile:c proparallel:c pronargs:s "
     "pronargdefaults:s prorettype:o proargtypes:V proallargtypes:O proargmodes:T proargnames:T "
     "proargdefaults:t protrftypes:O prosrc:t probin:t prosqlbody:t proconfig:T proacl:T"},
    {"pg_publication", 6104,
     "oid:o pubname:n pubowner:o puballtables:b pubinsert:b pubupdate:b pubdelete:b pubtruncate:b "
     "pubviaroot:b"},
    {"pg_publication_namespace", 6237, "oid:o pnpubid:o pnnspid:o"},
    {"pg_publication_rel", 6106, "oid:o prpubid:o prrelid:o prqual:t prattrs:W"},
    {"pg_publication_tables", 0, "pubname:n schemaname:n tablename:n attnames:N rowfilter:t"},
    {"pg_range", 3541,
     "rngtypid:o rngsubtype:o rngmultitypid:o rngcollation:o rngsubopc:o rngcanonical:o rngsubdiff:o"},
    {"pg_replication_origin", 6000, "roident:o roname:t"},
    {"pg_replication_origin_status", 0, "local_id:o external_id:t remote_lsn:t local_lsn:t"},
    {"pg_replication_slots", 0,
     "slot_name:n plugin:n slot_type:t datoid:o database:n temporary:b active:b active_pid:i xmin:l "
     "catalog_xmin:l restart_lsn:t confirmed_flush_lsn:t wal_status:t safe_wal_size:l two_phase:b"},
    {"pg_rewrite", 2618, "oid:o rulename:n ev_class:o ev_type:c ev_enabled:c is_instead:b ev_qual:t ev_action:t"},
    {"pg_roles", 0,
     "rolname:n rolsuper:b rolinherit:b rolcreaterole:b rolcreatedb:b rolcanlogin:b rolreplication:b "
     "rolconnlimit:i rolpassword:t rolvaliduntil:z rolbypassrls:b rolconfig:T oid:o"},
    {"pg_rules", 0, "schemaname:n tablename:n rulename:n definition:t"},
    {"pg_seclabel", 3596, "objoid:o classoid:o objsubid:i provider:t label:t"},
    {"pg_seclabels", 0, "objoid:o classoid:o objsubid:i objtype:t objnamespace:o objname:t provider:t label:t"},
    {"pg_sequence", 2224, "seqrelid:o seqtypid:o seqstart:l seqincrement:l seqmax:l seqmin:l seqcache:l seqcycle:b"},
    {"pg_sequences", 0,
     "schemaname:n sequencename:n sequenceowner:n data_type:t start_value:l min_value:l max_value:l "
     "increment_by:l cycle:b cache_size:l last_value:l"},
    {"pg_settings", 0,
     "name:t setting:t unit:t category:t short_desc:t extra_desc:t context:t vartype:t source:t min_val:t "
     "max_val:t enumvals:T boot_val:t reset_val:t sourcefile:t sourceline:i pending_restart:b"},
    {"pg_shadow", 0,
     "usename:n usesysid:o usecreatedb:b usesuper:b userepl:b usebypassrls:b passwd:t valuntil:z useconfig:T"},
    {"pg_shdepend", 1214, "dbid:o classid:o objid:o objsubid:i refclassid:o refobjid:o deptype:c"},
    {"pg_shdescription", 2396, "objoid:o classoid:o description:t"},
    {"pg_shmem_allocations", 0, "name:t off:l size:l allocated_size:l"},
    {"pg_shseclabel", 3592, "objoid:o classoid:o provider:t label:t"},
    {"pg_stat_activity", 0,
     "datid:o datname:n pid:i leader_pid:i usesysid:o usename:n application_name:t client_addr:t "
     "client_hostname:t client_port:i backend_start:z xact_start:z query_start:z state_change:z "
     "wait_event_type:t wait_event:t state:t backend_xid:l backend_xmin:l query_id:l query:t backend_type:t"},
    {"pg_stat_all_indexes", 0,
     "relid:o indexrelid:o schemaname:n relname:n indexrelname:n idx_scan:l idx_tup_read:l idx_tup_fetch:l"},
    {"pg_stat_all_tables", 0,
     "relid:o schemaname:n relname:n seq_scan:l seq_tup_read:l idx_scan:l idx_tup_fetch:l n_tup_ins:l "
     "n_tup_upd:l n_tup_del:l n_tup_hot_upd:l n_live_tup:l n_dead_tup:l n_mod_since_analyze:l "
     "n_ins_since_vacuum:l last_vacuum:z last_autovacuum:z last_analyze:z last_autoanalyze:z vacuum_count:l "
     "autovacuum_count:l analyze_count:l autoanalyze_count:l"},
    {"pg_stat_archiver", 0,
     "archived_count:l last_archived_wal:t last_archived_time:z failed_count:l last_failed_wal:t "
     "last_failed_time:z stats_reset:z"},
    {"pg_stat_bgwriter", 0,
     "checkpoints_timed:l checkpoints_req:l checkpoint_write_time:d checkpoint_sync_time:d "
     "buffers_checkpoint:l buffers_clean:l maxwritten_clean:l buffers_backend:l buffers_backend_fsync:l "
     "buffers_alloc:l stats_reset:z"},
    {"pg_stat_database", 0,
     "datid:o datname:n numbackends:i xact_commit:l xact_rollback:l blks_read:l blks_hit:l tup_returned:l "
     "tup_fetched:l tup_inserted:l tup_updated:l tup_deleted:l conflicts:l temp_files:l temp_bytes:l "
     "deadlocks:l checksum_failures:l checksum_last_failure:z blk_read_time:d blk_write_time:d session_time:d "
     "active_time:d idle_in_transaction_time:d sessions:l sessions_abandoned:l sessions_fatal:l "
     "sessions_killed:l stats_reset:z"},
    {"pg_stat_database_conflicts", 0,
     "datid:o datname:n confl_tablespace:l confl_lock:l confl_snapshot:l confl_bufferpin:l confl_deadlock:l"},
    {"pg_stat_gssapi", 0, "pid:i gss_authenticated:b principal:t encrypted:b"},
    {"pg_stat_progress_analyze", 0,
     "pid:i datid:o datname:n relid:o phase:t sample_blks_total:l sample_blks_scanned:l ext_stats_total:l "
     "ext_stats_computed:l child_tables_total:l child_tables_done:l current_child_table_relid:o"},
    {"pg_stat_progress_basebackup", 0,
     "pid:i phase:t backup_total:l backup_streamed:l tablespaces_total:l tablespaces_streamed:l"},
    {"pg_stat_progress_cluster", 0,
     "pid:i datid:o datname:n relid:o command:t phase:t cluster_index_relid:o heap_tuples_scanned:l "
     "heap_tuples_written:l heap_blks_total:l heap_blks_scanned:l index_rebuild_count:l"},
    {"pg_stat_progress_copy", 0,
     "pid:i datid:o datname:n relid:o command:t type:t bytes_processed:l bytes_total:l tuples_processed:l "
     "tuples_excluded:l"},
    {"pg_stat_progress_create_index", 0,
     "pid:i datid:o datname:n relid:o index_relid:o command:t phase:t lockers_total:l lockers_done:l "
     "current_locker_pid:l blocks_total:l blocks_done:l tuples_total:l tuples_done:l partitions_total:l "
     "partitions_done:l"},
    {"pg_stat_progress_vacuum", 0,
     "pid:i datid:o datname:n relid:o phase:t heap_blks_total:l heap_blks_scanned:l heap_blks_vacuumed:l "
     "index_vacuum_count:l max_dead_tuples:l num_dead_tuples:l"},
    {"pg_stat_recovery_prefetch", 0,
     "stats_reset:z prefetch:l hit:l skip_init:l skip_new:l skip_fpw:l skip_rep:l wal_distance:i "
     "block_distance:i io_depth:i"},
    {"pg_stat_replication", 0,
     "pid:i usesysid:o usename:n application_name:t client_addr:t client_hostname:t client_port:i "
     "backend_start:z backend_xmin:l state:t sent_lsn:t write_lsn:t flush_lsn:t replay_lsn:t write_lag:v "
     "flush_lag:v replay_lag:v sync_priority:i sync_state:t reply_time:z"},
    {"pg_stat_replication_slots", 0,
     "slot_name:t spill_txns:l spill_count:l spill_bytes:l stream_txns:l stream_count:l stream_bytes:l "
     "total_txns:l total_bytes:l stats_reset:z"},
    {"pg_stat_slru", 0,
     "name:t blks_zeroed:l blks_hit:l blks_read:l blks_written:l blks_exists:l flushes:l truncates:l "
     "stats_reset:z"},
    {"pg_stat_ssl", 0, "pid:i ssl:b version:t cipher:t bits:i client_dn:t client_serial:d issuer_dn:t"},
    {"pg_stat_subscription", 0,
     "subid:o subname:n pid:i relid:o received_lsn:t last_msg_send_time:z last_msg_receipt_time:z "
     "latest_end_lsn:t latest_end_time:z"},
    {"pg_stat_subscription_stats", 0, "subid:o subname:n apply_error_count:l sync_error_count:l stats_reset:z"},
    {"pg_stat_sys_indexes", 0,
     "relid:o indexrelid:o schemaname:n relname:n indexrelname:n idx_scan:l idx_tup_read:l idx_tup_fetch:l"},
    {"pg_stat_sys_tables", 0,
     "relid:o schemaname:n relname:n seq_scan:l seq_tup_read:l idx_scan:l idx_tup_fetch:l n_tup_ins:l "
     "n_tup_upd:l n_tup_del:l n_tup_hot_upd:l n_live_tup:l n_dead_tup:l n_mod_since_analyze:l "
     "n_ins_since_vacuum:l last_vacuum:z last_autovacuum:z last_analyze:z last_autoanalyze:z vacuum_count:l "
     "autovacuum_count:l analyze_count:l autoanalyze_count:l"},
    {"pg_stat_user_functions", 0, "funcid:o schemaname:n funcname:n calls:l total_time:d self_time:d"},
    {"pg_stat_user_indexes", 0,
     "relid:o indexrelid:o schemaname:n relname:n indexrelname:n idx_scan:l idx_tup_read:l idx_tup_fetch:l"},
    {"pg_stat_user_tables", 0,
     "relid:o schemaname:n relname:n seq_scan:l seq_tup_read:l idx_scan:l idx_tup_fetch:l n_tup_ins:l "
     "n_tup_upd:l n_tup_del:l n_tup_hot_upd:l n_live_tup:l n_dead_tup:l n_mod_since_analyze:l "
     "n_ins_since_vacuum:l last_vacuum:z last_autovacuum:z last_analyze:z last_autoanalyze:z vacuum_count:l "
     "autovacuum_count:l analyze_count:l autoanalyze_count:l"},
    {"pg_stat_wal", 0,
     "wal_records:l wal_fpi:l wal_bytes:d wal_buffers_full:l wal_write:l wal_sync:l wal_write_time:d "
     "wal_sync_time:d stats_reset:z"},
    {"pg_stat_wal_receiver", 0,
     "pid:i status:t receive_start_lsn:t receive_start_tli:i written_lsn:t flushed_lsn:t received_tli:i "
     "last_msg_send_time:z last_msg_receipt_time:z latest_end_lsn:t latest_end_time:z slot_name:t "
     "sender_host:t sender_port:i conninfo:t"},
    {"pg_stat_xact_all_tables", 0,
     "relid:o schemaname:n relname:n seq_scan:l seq_tup_read:l idx_scan:l idx_tup_fetch:l n_tup_ins:l "
     "n_tup_upd:l n_tup_del:l n_tup_hot_upd:l"},
    {"pg_stat_xact_sys_tables", 0,
     "relid:o schemaname:n relname:n seq_scan:l seq_tup_read:l idx_scan:l idx_tup_fetch:l n_tup_ins:l "
     "n_tup_upd:l n_tup_del:l n_tup_hot_upd:l"},
    {"pg_stat_xact_user_functions", 0, "funcid:o schemaname:n funcname:n calls:l total_time:d self_time:d"},
    {"pg_stat_xact_user_tables", 0,
     "relid:o schemaname:n relname:n seq_scan:l seq_tup_read:l idx_scan:l idx_tup_fetch:l n_tup_ins:l "
     "n_tup_upd:l n_tup_del:l n_tup_hot_upd:l"},
    {"pg_statio_all_indexes", 0,
     "relid:o indexrelid:o schemaname:n relname:n indexrelname:n idx_blks_read:l idx_blks_hit:l"},
    {"pg_statio_all_sequences", 0, "relid:o schemaname:n relname:n blks_read:l blks_hit:l"},
    {"pg_statio_all_tables", 0,
     "relid:o schemaname:n relname:n heap_blks_read:l heap_blks_hit:l idx_blks_read:l idx_blks_hit:l "
     "toast_blks_read:l toast_blks_hit:l tidx_blks_read:l tidx_blks_hit:l"},
    {"pg_statio_sys_indexes", 0,
     "relid:o indexrelid:o schemaname:n relname:n indexrelname:n idx_blks_read:l idx_blks_hit:l"},
    {"pg_statio_sys_sequences", 0, "relid:o schemaname:n relname:n blks_read:l blks_hit:l"},
    {"pg_statio_sys_tables", 0,
     "relid:o schemaname:n relname:n heap_blks_read:l heap_blks_hit:l idx_blks_read:l idx_blks_hit:l "
     "toast_blks_read:l toast_blks_hit:l tidx_blks_read:l tidx_blks_hit:l"},
    {"pg_statio_user_indexes", 0,
     "relid:o indexrelid:o schemaname:n relname:n indexrelname:n idx_blks_read:l idx_blks_hit:l"},
    {"pg_statio_user_sequences", 0, "relid:o schemaname:n relname:n blks_read:l blks_hit:l"},
    {"pg_statio_user_tables", 0,
     "relid:o schemaname:n relname:n heap_blks_read:l heap_blks_hit:l idx_blks_read:l idx_blks_hit:l "
     "toast_blks_read:l toast_blks_hit:l tidx_blks_read:l tidx_blks_hit:l"},
    {"pg_statistic_ext", 3381,
     "oid:o stxrelid:o stxname:n stxnamespace:o stxowner:o stxstattarget:i stxkeys:W stxkind:T stxexprs:t"},
    {"pg_statistic_ext_data", 3429, "stxoid:o stxdinherit:b stxdndistinct:t stxddependencies:t stxdmcv:t stxdexpr:t"},
    {"pg_stats", 0,
     "schemaname:n tablename:n attname:n inherited:b null_frac:r avg_width:i n_distinct:r most_common_vals:t "
     "most_common_freqs:R histogram_bounds:t correlation:r most_common_elems:t most_common_elem_freqs:R "
     "elem_count_histogram:R"},
    {"pg_stats_ext", 0,
     "schemaname:n tablename:n statistics_schemaname:n statistics_name:n statistics_owner:n attnames:N "
     "exprs:T kinds:T inherited:b n_distinct:t dependencies:t most_common_vals:T most_common_val_nulls:t "
     "most_common_freqs:t most_common_base_freqs:t"},
    {"pg_stats_ext_exprs", 0,
     "schemaname:n tablename:n statistics_schemaname:n statistics_name:n statistics_owner:n expr:t "
     "inherited:b null_frac:r avg_width:i n_distinct:r most_common_vals:t most_common_freqs:R "
     "histogram_bounds:t correlation:r most_common_elems:t most_common_elem_freqs:R elem_count_histogram:R"},
    {"pg_subscription", 6100,
     "oid:o subdbid:o subskiplsn:t subname:n subowner:o subenabled:b subbinary:b substream:b "
     "subtwophasestate:c subdisableonerr:b subconninfo:t subslotname:n subsynccommit:t subpublications:T"},
    {"pg_subscription_rel", 6102, "srsubid:o srrelid:o srsubstate:c srsublsn:t"},
    {"pg_tables", 0,
     "schemaname:n tablename:n tableowner:n tablespace:n hasindexes:b hasrules:b hastriggers:b rowsecurity:b"},
    {"pg_tablespace", 1213, "oid:o spcname:n spcowner:o spcacl:T spcoptions:T"},
    {"pg_timezone_abbrevs", 0, "abbrev:t utc_offset:v is_dst:b"},
    {"pg_timezone_names", 0, "name:t abbrev:t utc_offset:v is_dst:b"},
    {"pg_transform", 3576, "oid:o trftype:o trflang:o trffromsql:o trftosql:o"},
    {"pg_trigger", 2620,
     "oid:o tgrelid:o tgparentid:o tgname:n tgfoid:o tgtype:s tgenabled:c tgisinternal:b tgconstrrelid:o "
     "tgconstrindid:o tgconstraint:o tgdeferrable:b tginitdeferred:b tgnargs:s tgattr:W tgargs:t tgqual:t "
     "tgoldtable:n tgnewtable:n"},
    {"pg_ts_config", 3602, "oid:o cfgname:n cfgnamespace:o cfgowner:o cfgparser:o"},
    {"pg_ts_config_map", 3603, "mapcfg:o maptokentype:i mapseqno:i mapdict:o"},
    {"pg_ts_dict", 3600, "oid:o dictname:n dictnamespace:o dictowner:o dicttemplate:o dictinitoption:t"},
    {"pg_ts_parser", 3601, "oid:o prsname:n prsnamespace:o prsstart:o prstoken:o prsend:o prsheadline:o prslextype:o"},
    {"pg_ts_template", 3764, "oid:o tmplname:n tmplnamespace:o tmplinit:o tmpllexize:o"},
    {"pg_type", 1247,
     "oid:o typname:n typnamespace:o typowner:o typlen:s typbyval:b typtype:c typcategory:c typispreferred:b "
     "typisdefined:b typdelim:c typrelid:o typsubscript:o typelem:o typarray:o typinput:o typoutput:o "
     "typreceive:o typsend:o typmodin:o typmodout:o typanalyze:o typalign:c typstorage:c typnotnull:b "
     "typbasetype:o typtypmod:i typndims:i typcollation:o typdefaultbin:t typdefault:t typacl:T"},
    {"pg_user", 0,
     "usename:n usesysid:o usecreatedb:b usesuper:b userepl:b usebypassrls:b passwd:t valuntil:z useconfig:T"},
    {"pg_user_mapping", 1418, "oid:o umuser:o umserver:o umoptions:T"},
    {"pg_user_mappings", 0, "umid:o srvid:o srvname:n umuser:o usename:n umoptions:T"},
    {"pg_views", 0, "schemaname:n viewname:n viewowner:n definition:t"},
};

constexpr StandardTable kInformationSchema[] = {
    {"_pg_foreign_data_wrappers", 0,
     "oid:o fdwowner:o fdwoptions:t foreign_data_wrapper_catalog:t foreign_data_wrapper_name:t "
     "authorization_identifier:t foreign_data_wrapper_language:t"},
    {"_pg_foreign_servers", 0,
     "oid:o srvoptions:t foreign_server_catalog:t foreign_server_name:t foreign_data_wrapper_catalog:t "
     "foreign_data_wrapper_name:t foreign_server_type:t foreign_server_version:t authorization_identifier:t"},
    {"_pg_foreign_table_columns", 0, "nspname:t relname:t attname:t attfdwoptions:t"},
    {"_pg_foreign_tables", 0,
     "foreign_table_catalog:t foreign_table_schema:t foreign_table_name:t ftoptions:t "
     "foreign_server_catalog:t foreign_server_name:t authorization_identifier:t"},
    {"_pg_user_mappings", 0,
     "oid:o umoptions:t umuser:o authorization_identifier:t foreign_server_catalog:t foreign_server_name:t "
     "srvowner:t"},
    {"administrable_role_authorizations", 0, "grantee:t role_name:t is_grantable:t"},
    {"applicable_roles", 0, "grantee:t role_name:t is_grantable:t"},
    {"attributes", 0,
     "udt_catalog:t udt_schema:t udt_name:t attribute_name:t ordinal_position:i attribute_default:t "
     "is_nullable:t data_type:t character_maximum_length:i character_octet_length:i character_set_catalog:t "
     "character_set_schema:t character_set_name:t collation_catalog:t collation_schema:t collation_name:t "
     "numeric_precision:i numeric_precision_radix:i numeric_scale:i datetime_precision:i interval_type:t "
     "interval_precision:i attribute_udt_catalog:t attribute_udt_schema:t attribute_udt_name:t "
     "scope_catalog:t scope_schema:t scope_name:t maximum_cardinality:i dtd_identifier:t "
     "is_derived_reference_attribute:t"},
    {"character_sets", 0,
     "character_set_catalog:t character_set_schema:t character_set_name:t character_repertoire:t "
     "form_of_use:t default_collate_catalog:t default_collate_schema:t default_collate_name:t"},
    {"check_constraint_routine_usage", 0,
     "constraint_catalog:t constraint_schema:t constraint_name:t specific_catalog:t specific_schema:t "
     "specific_name:t"},
    {"check_constraints", 0, "constraint_catalog:t constraint_schema:t constraint_name:t check_clause:t"},
    {"collation_character_set_applicability", 0,
     "collation_catalog:t collation_schema:t collation_name:t character_set_catalog:t character_set_schema:t "
     "character_set_name:t"},
    {"collations", 0, "collation_catalog:t collation_schema:t collation_name:t pad_attribute:t"},
    {"column_column_usage", 0, "table_catalog:t table_schema:t table_name:t column_name:t dependent_column:t"},
    {"column_domain_usage", 0,
     "domain_catalog:t domain_schema:t domain_name:t table_catalog:t table_schema:t table_name:t "
     "column_name:t"},
    {"column_options", 0, "table_catalog:t table_schema:t table_name:t column_name:t option_name:t option_value:t"},
    {"column_privileges", 0,
     "grantor:t grantee:t table_catalog:t table_schema:t table_name:t column_name:t privilege_type:t "
     "is_grantable:t"},
    {"column_udt_usage", 0,
     "udt_catalog:t udt_schema:t udt_name:t table_catalog:t table_schema:t table_name:t column_name:t"},
    {"columns", 0,
     "table_catalog:t table_schema:t table_name:t column_name:t ordinal_position:i column_default:t "
     "is_nullable:t data_type:t character_maximum_length:i character_octet_length:i numeric_precision:i "
     "numeric_precision_radix:i numeric_scale:i datetime_precision:i interval_type:t interval_precision:i "
     "character_set_catalog:t character_set_schema:t character_set_name:t collation_catalog:t "
     "collation_schema:t collation_name:t domain_catalog:t domain_schema:t domain_name:t udt_catalog:t "
     "udt_schema:t udt_name:t scope_catalog:t scope_schema:t scope_name:t maximum_cardinality:i "
     "dtd_identifier:t is_self_referencing:t is_identity:t identity_generation:t identity_start:t "
     "identity_increment:t identity_maximum:t identity_minimum:t identity_cycle:t is_generated:t "
     "generation_expression:t is_updatable:t"},
    {"constraint_column_usage", 0,
     "table_catalog:t table_schema:t table_name:t column_name:t constraint_catalog:t constraint_schema:t "
     "constraint_name:t"},
    {"constraint_table_usage", 0,
     "table_catalog:t table_schema:t table_name:t constraint_catalog:t constraint_schema:t constraint_name:t"},
    {"data_type_privileges", 0, "object_catalog:t object_schema:t object_name:t object_type:t dtd_identifier:t"},
    {"domain_constraints", 0,
     "constraint_catalog:t constraint_schema:t constraint_name:t domain_catalog:t domain_schema:t "
     "domain_name:t is_deferrable:t initially_deferred:t"},
    {"domain_udt_usage", 0, "udt_catalog:t udt_schema:t udt_name:t domain_catalog:t domain_schema:t domain_name:t"},
    {"domains", 0,
     "domain_catalog:t domain_schema:t domain_name:t data_type:t character_maximum_length:i "
     "character_octet_length:i character_set_catalog:t character_set_schema:t character_set_name:t "
     "collation_catalog:t collation_schema:t collation_name:t numeric_precision:i numeric_precision_radix:i "
     "numeric_scale:i datetime_precision:i interval_type:t interval_precision:i domain_default:t "
     "udt_catalog:t udt_schema:t udt_name:t scope_catalog:t scope_schema:t scope_name:t maximum_cardinality:i "
     "dtd_identifier:t"},
    {"element_types", 0,
     "object_catalog:t object_schema:t object_name:t object_type:t collection_type_identifier:t data_type:t "
     "character_maximum_length:i character_octet_length:i character_set_catalog:t character_set_schema:t "
     "character_set_name:t collation_catalog:t collation_schema:t collation_name:t numeric_precision:i "
     "numeric_precision_radix:i numeric_scale:i datetime_precision:i interval_type:t interval_precision:i "
     "domain_default:t udt_catalog:t udt_schema:t udt_name:t scope_catalog:t scope_schema:t scope_name:t "
     "maximum_cardinality:i dtd_identifier:t"},
    {"enabled_roles", 0, "role_name:t"},
    {"foreign_data_wrapper_options", 0,
     "foreign_data_wrapper_catalog:t foreign_data_wrapper_name:t option_name:t option_value:t"},
    {"foreign_data_wrappers", 0,
     "foreign_data_wrapper_catalog:t foreign_data_wrapper_name:t authorization_identifier:t library_name:t "
     "foreign_data_wrapper_language:t"},
    {"foreign_server_options", 0, "foreign_server_catalog:t foreign_server_name:t option_name:t option_value:t"},
    {"foreign_servers", 0,
     "foreign_server_catalog:t foreign_server_name:t foreign_data_wrapper_catalog:t "
     "foreign_data_wrapper_name:t foreign_server_type:t foreign_server_version:t authorization_identifier:t"},
    {"foreign_table_options", 0,
     "foreign_table_catalog:t foreign_table_schema:t foreign_table_name:t option_name:t option_value:t"},
    {"foreign_tables", 0,
     "foreign_table_catalog:t foreign_table_schema:t foreign_table_name:t foreign_server_catalog:t "
     "foreign_server_name:t"},
    {"information_schema_catalog_name", 0, "catalog_name:t"},
    {"key_column_usage", 0,
     "constraint_catalog:t constraint_schema:t constraint_name:t table_catalog:t table_schema:t table_name:t "
     "column_name:t ordinal_position:i position_in_unique_constraint:i"},
    {"parameters", 0,
     "specific_catalog:t specific_schema:t specific_name:t ordinal_position:i parameter_mode:t is_result:t "
     "as_locator:t parameter_name:t data_type:t character_maximum_length:i character_octet_length:i "
     "character_set_catalog:t character_set_schema:t character_set_name:t collation_catalog:t "
     "collation_schema:t collation_name:t numeric_precision:i numeric_precision_radix:i numeric_scale:i "
     "datetime_precision:i interval_type:t interval_precision:i udt_catalog:t udt_schema:t udt_name:t "
     "scope_catalog:t scope_schema:t scope_name:t maximum_cardinality:i dtd_identifier:t parameter_default:t"},
    {"referential_constraints", 0,
     "constraint_catalog:t constraint_schema:t constraint_name:t unique_constraint_catalog:t "
     "unique_constraint_schema:t unique_constraint_name:t match_option:t update_rule:t delete_rule:t"},
    {"role_column_grants", 0,
     "grantor:t grantee:t table_catalog:t table_schema:t table_name:t column_name:t privilege_type:t "
     "is_grantable:t"},
    {"role_routine_grants", 0,
     "grantor:t grantee:t specific_catalog:t specific_schema:t specific_name:t routine_catalog:t "
     "routine_schema:t routine_name:t privilege_type:t is_grantable:t"},
    {"role_table_grants", 0,
     "grantor:t grantee:t table_catalog:t table_schema:t table_name:t privilege_type:t is_grantable:t "
     "with_hierarchy:t"},
    {"role_udt_grants", 0, "grantor:t grantee:t udt_catalog:t udt_schema:t udt_name:t privilege_type:t is_grantable:t"},
    {"role_usage_grants", 0,
     "grantor:t grantee:t object_catalog:t object_schema:t object_name:t object_type:t privilege_type:t "
     "is_grantable:t"},
    {"routine_column_usage", 0,
     "specific_catalog:t specific_schema:t specific_name:t routine_catalog:t routine_schema:t routine_name:t "
     "table_catalog:t table_schema:t table_name:t column_name:t"},
    {"routine_privileges", 0,
     "grantor:t grantee:t specific_catalog:t specific_schema:t specific_name:t routine_catalog:t "
     "routine_schema:t routine_name:t privilege_type:t is_grantable:t"},
    {"routine_routine_usage", 0,
     "specific_catalog:t specific_schema:t specific_name:t routine_catalog:t routine_schema:t routine_name:t"},
    {"routine_sequence_usage", 0,
     "specific_catalog:t specific_schema:t specific_name:t routine_catalog:t routine_schema:t routine_name:t "
     "sequence_catalog:t sequence_schema:t sequence_name:t"},
    {"routine_table_usage", 0,
     "specific_catalog:t specific_schema:t specific_name:t routine_catalog:t routine_schema:t routine_name:t "
     "table_catalog:t table_schema:t table_name:t"},
    {"routines", 0,
     "specific_catalog:t specific_schema:t specific_name:t routine_catalog:t routine_schema:t routine_name:t "
     "routine_type:t module_catalog:t module_schema:t module_name:t udt_catalog:t udt_schema:t udt_name:t "
     "data_type:t character_maximum_length:i character_octet_length:i character_set_catalog:t "
     "character_set_schema:t character_set_name:t collation_catalog:t collation_schema:t collation_name:t "
     "numeric_precision:i numeric_precision_radix:i numeric_scale:i datetime_precision:i interval_type:t "
     "interval_precision:i type_udt_catalog:t type_udt_schema:t type_udt_name:t scope_catalog:t "
     "scope_schema:t scope_name:t maximum_cardinality:i dtd_identifier:t routine_body:t routine_definition:t "
     "external_name:t external_language:t parameter_style:t is_deterministic:t sql_data_access:t "
     "is_null_call:t sql_path:t schema_level_routine:t max_dynamic_result_sets:i is_user_defined_cast:t "
     "is_implicitly_invocable:t security_type:t to_sql_specific_catalog:t to_sql_specific_schema:t "
     "to_sql_specific_name:t as_locator:t created:z last_altered:z new_savepoint_level:t is_udt_dependent:t "
     "result_cast_from_data_type:t result_cast_as_locator:t result_cast_char_max_length:i "
     "result_cast_char_octet_length:i result_cast_char_set_catalog:t result_cast_char_set_schema:t "
     "result_cast_char_set_name:t result_cast_collation_catalog:t result_cast_collation_schema:t "
     "result_cast_collation_name:t result_cast_numeric_precision:i result_cast_numeric_precision_radix:i "
     "result_cast_numeric_scale:i result_cast_datetime_precision:i result_cast_interval_type:t "
     "result_cast_interval_precision:i result_cast_type_udt_catalog:t result_cast_type_udt_schema:t "
     "result_cast_type_udt_name:t result_cast_scope_catalog:t result_cast_scope_schema:t "
     "result_cast_scope_name:t result_cast_maximum_cardinality:i result_cast_dtd_identifier:t"},
    {"schemata", 0,
     "catalog_name:t schema_name:t schema_owner:t default_character_set_catalog:t "
     "default_character_set_schema:t default_character_set_name:t sql_path:t"},
    {"sequences", 0,
     "sequence_catalog:t sequence_schema:t sequence_name:t data_type:t numeric_precision:i "
     "numeric_precision_radix:i numeric_scale:i start_value:t minimum_value:t maximum_value:t increment:t "
     "cycle_option:t"},
    {"sql_features", 0,
     "feature_id:t feature_name:t sub_feature_id:t sub_feature_name:t is_supported:t is_verified_by:t "
     "comments:t"},
    {"sql_implementation_info", 0,
     "implementation_info_id:t implementation_info_name:t integer_value:i character_value:t comments:t"},
    {"sql_parts", 0, "feature_id:t feature_name:t is_supported:t is_verified_by:t comments:t"},
    {"sql_sizing", 0, "sizing_id:i sizing_name:t supported_value:i comments:t"},
    {"table_constraints", 0,
     "constraint_catalog:t constraint_schema:t constraint_name:t table_catalog:t table_schema:t table_name:t "
     "constraint_type:t is_deferrable:t initially_deferred:t enforced:t nulls_distinct:t"},
    {"table_privileges", 0,
     "grantor:t grantee:t table_catalog:t table_schema:t table_name:t privilege_type:t is_grantable:t "
     "with_hierarchy:t"},
    {"tables", 0,
     "table_catalog:t table_schema:t table_name:t table_type:t self_referencing_column_name:t "
     "reference_generation:t user_defined_type_catalog:t user_defined_type_schema:t user_defined_type_name:t "
     "is_insertable_into:t is_typed:t commit_action:t"},
    {"transforms", 0,
     "udt_catalog:t udt_schema:t udt_name:t specific_catalog:t specific_schema:t specific_name:t group_name:t "
     "transform_type:t"},
    {"triggered_update_columns", 0,
     "trigger_catalog:t trigger_schema:t trigger_name:t event_object_catalog:t event_object_schema:t "
     "event_object_table:t event_object_column:t"},
    {"triggers", 0,
     "trigger_catalog:t trigger_schema:t trigger_name:t event_manipulation:t event_object_catalog:t "
     "event_object_schema:t event_object_table:t action_order:i action_condition:t action_statement:t "
     "action_orientation:t action_timing:t action_reference_old_table:t action_reference_new_table:t "
     "action_reference_old_row:t action_reference_new_row:t created:z"},
    {"udt_privileges", 0, "grantor:t grantee:t udt_catalog:t udt_schema:t udt_name:t privilege_type:t is_grantable:t"},
    {"usage_privileges", 0,
     "grantor:t grantee:t object_catalog:t object_schema:t object_name:t object_type:t privilege_type:t "
     "is_grantable:t"},
    {"user_defined_types", 0,
     "user_defined_type_catalog:t user_defined_type_schema:t user_defined_type_name:t "
     "user_defined_type_category:t is_instantiable:t is_final:t ordering_form:t ordering_category:t "
     "ordering_routine_catalog:t ordering_routine_schema:t ordering_routine_name:t reference_type:t "
     "data_type:t character_maximum_length:i character_octet_length:i character_set_catalog:t "
     "character_set_schema:t character_set_name:t collation_catalog:t collation_schema:t collation_name:t "
     "numeric_precision:i numeric_precision_radix:i numeric_scale:i datetime_precision:i interval_type:t "
     "interval_precision:i source_dtd_identifier:t ref_dtd_identifier:t"},
    {"user_mapping_options", 0,
     "authorization_identifier:t foreign_server_catalog:t foreign_server_name:t option_name:t option_value:t"},
    {"user_mappings", 0, "authorization_identifier:t foreign_server_catalog:t foreign_server_name:t"},
    {"view_column_usage", 0,
     "view_catalog:t view_schema:t view_name:t table_catalog:t table_schema:t table_name:t column_name:t"},
    {"view_routine_usage", 0,
     "table_catalog:t table_schema:t table_name:t specific_catalog:t specific_schema:t specific_name:t"},
    {"view_table_usage", 0, "view_catalog:t view_schema:t view_name:t table_catalog:t table_schema:t table_name:t"},
    {"views", 0,
     "table_catalog:t table_schema:t table_name:t view_definition:t check_option:t is_updatable:t "
     "is_insertable_into:t is_trigger_updatable:t is_trigger_deletable:t is_trigger_insertable_into:t"},
};

Type TypeOfLetter(char letter) {
  switch (letter) {
    case 'o':
      return MakeSystemType(SystemType::kOid);
    case 'c':
      return MakeSystemType(SystemType::kChar);
    case 'n':
      return MakeSystemType(SystemType::kName);
    case 'V':
      return MakeSystemType(SystemType::kOidVector);
    case 'W':
      return MakeSystemType(SystemType::kInt2Vector);
    case 'N':
      return Type::List(MakeSystemType(SystemType::kName));
    case 'l':
      return TypeKind::kInt64;
    case 's':
      return TypeKind::kInt16;
    case 'i':
      return TypeKind::kInt32;
    case 'b':
      return TypeKind::kBoolean;
    case 'r':
      return TypeKind::kFloat;
    case 'd':
      return TypeKind::kDouble;
    case 'z':
      return TypeKind::kTimestampTz;
    case 'v':
      return TypeKind::kInterval;
    case 'O':
      return Type::List(MakeSystemType(SystemType::kOid));
    case 'S':
      return Type::List(TypeKind::kInt16);
    case 'R':
      return Type::List(TypeKind::kFloat);
    case 'T':
      return Type::List(TypeKind::kVarchar);
    default:
      return TypeKind::kVarchar;
  }
}

Schema ColumnsOf(const StandardTable& table) {
  Schema out;
  std::string_view left = table.columns;
  while (!left.empty()) {
    const size_t end = std::min(left.find(' '), left.size());
    const std::string_view column = left.substr(0, end);
    const size_t colon = column.find(':');
    out.push_back({std::string(column.substr(0, colon)), TypeOfLetter(column[colon + 1])});
    left.remove_prefix(std::min(end + 1, left.size()));
  }
  return out;
}

bool HasColumn(const Schema& schema, std::string_view name) {
  return std::any_of(schema.begin(), schema.end(), [&](const Field& field) { return field.name == name; });
}

// Adds the column, or gives the one of its name PostgreSQL's name for its type.
void AddOrName(Field column, Schema& columns) {
  for (Field& known : columns) {
    if (known.name != column.name) continue;
    if (known.type == column.type) known.type = column.type;
    return;
  }
  columns.push_back(std::move(column));
}

}  // namespace

std::span<const StandardTable> PgCatalogStandard() {
  return kPgCatalog;
}

std::span<const StandardTable> InformationSchemaStandard() {
  return kInformationSchema;
}

void AddStandardTables(std::span<const StandardTable> standard, std::vector<SystemTableDef>& tables) {
  for (const StandardTable& wanted : standard) {
    Schema columns = ColumnsOf(wanted);
    const bool has_oid = wanted.oid != 0 && HasColumn(columns, "oid");
    auto found =
        std::find_if(tables.begin(), tables.end(), [&](const SystemTableDef& def) { return def.name == wanted.name; });
    if (found == tables.end()) {
      tables.push_back({std::string(wanted.name), std::move(columns), "Empty: there are no such objects",
                        [](const SystemTableInput&, RowWriter&) {}});
      found = tables.end() - 1;
    } else {
      for (Field& column : columns) AddOrName(std::move(column), found->columns);
    }
    // A system column in PostgreSQL, here one like the others, behind them.
    if (has_oid) found->columns.push_back({"tableoid", MakeSystemType(SystemType::kOid)});
  }
}

Schema StandardColumns(std::span<const StandardTable> standard, std::string_view name) {
  const auto found =
      std::find_if(standard.begin(), standard.end(), [&](const StandardTable& table) { return table.name == name; });
  WEIR_CHECK(found != standard.end(), "no such standard table: {}", name);
  return ColumnsOf(*found);
}

uint64_t StandardOid(std::string_view name) {
  for (const StandardTable& table : kPgCatalog) {
    if (table.name == name) return table.oid;
  }
  return 0;
}

}  // namespace weir
