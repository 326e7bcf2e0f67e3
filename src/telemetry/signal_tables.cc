#include "telemetry/signal_tables.h"

#include <algorithm>

#include "catalog/shredding.h"
#include "telemetry/row_builder.h"

namespace weir {

namespace {

constexpr ShreddedAttribute kLogAttributes[] = {
    {"http.method", "attr_http_method"},
    {"http.request.method", "attr_http_request_method"},
    {"http.status_code", "attr_http_status_code"},
    {"http.response.status_code", "attr_http_response_status_code"},
    {"http.route", "attr_http_route"},
    {"url.path", "attr_url_path"},
    {"client.address", "attr_client_address"},
    {"log.file.name", "attr_log_file_name"},
    {"process.pid", "attr_process_pid"},
    {"process.executable.name", "attr_process_executable_name"},
    {"exception.type", "attr_exception_type"},
};

constexpr ShreddedAttribute kMetricAttributes[] = {
    {"http.method", "attr_http_method"},
    {"http.request.method", "attr_http_request_method"},
    {"http.status_code", "attr_http_status_code"},
    {"http.response.status_code", "attr_http_response_status_code"},
    {"http.route", "attr_http_route"},
    {"process.pid", "attr_process_pid"},
    {"process.executable.name", "attr_process_executable_name"},
    {"db.system", "attr_db_system"},
    {"rpc.method", "attr_rpc_method"},
    {"device", "attr_device"},
    {"interface", "attr_interface"},
    {"cpu", "attr_cpu"},
    {"state", "attr_state"},
    {"direction", "attr_direction"},
    {"mountpoint", "attr_mountpoint"},
};

constexpr ShreddedAttribute kTraceAttributes[] = {
    {"http.method", "attr_http_method"},
    {"http.request.method", "attr_http_request_method"},
    {"http.status_code", "attr_http_status_code"},
    {"http.response.status_code", "attr_http_response_status_code"},
    {"http.route", "attr_http_route"},
    {"url.path", "attr_url_path"},
    {"server.address", "attr_server_address"},
    {"db.system", "attr_db_system"},
    {"rpc.method", "attr_rpc_method"},
    {"exception.type", "attr_exception_type"},
};

constexpr ShreddedAttribute kResourceAttributes[] = {
    {"host.name", "resource_host_name"},
    {"service.namespace", "resource_service_namespace"},
    {"service.version", "resource_service_version"},
    {"service.instance.id", "resource_service_instance_id"},
    {"deployment.environment", "resource_deployment_environment"},
    {"deployment.environment.name", "resource_deployment_environment_name"},
    {"cloud.region", "resource_cloud_region"},
    {"container.id", "resource_container_id"},
    {"k8s.pod.name", "resource_k8s_pod_name"},
    {"k8s.namespace.name", "resource_k8s_namespace_name"},
    {"k8s.container.name", "resource_k8s_container_name"},
    {"k8s.node.name", "resource_k8s_node_name"},
};

Schema WithShredded(Signal signal) {
  Schema schema = SignalColumns(signal);
  for (const auto attributes : {ShreddedAttributes(signal), ShreddedResourceAttributes()}) {
    for (const ShreddedAttribute& attribute : attributes) {
      schema.push_back({std::string(attribute.column), TypeKind::kVarchar, true});
    }
  }
  return schema;
}

// The property that makes writers fill the columns (catalog/shredding.h).
void Shred(std::string_view map, std::span<const ShreddedAttribute> attributes, TableDef& def) {
  std::string& text = def.properties[std::string(kShreddedPrefix) + std::string(map)];
  for (const ShreddedAttribute& attribute : attributes) {
    text += fmt::format("{}{}={}", text.empty() ? "" : ", ", attribute.column, attribute.key);
  }
}

}  // namespace

std::span<const ShreddedAttribute> ShreddedAttributes(Signal signal) {
  switch (signal) {
    case Signal::kLogs:
      return kLogAttributes;
    case Signal::kMetrics:
      return kMetricAttributes;
    case Signal::kTraces:
      break;
  }
  return kTraceAttributes;
}

std::span<const ShreddedAttribute> ShreddedResourceAttributes() {
  return kResourceAttributes;
}

const Schema& SignalSchema(Signal signal) {
  static const std::array<Schema, kSignalCount> schemas = {WithShredded(Signal::kLogs), WithShredded(Signal::kMetrics),
                                                           WithShredded(Signal::kTraces)};
  return schemas[static_cast<size_t>(signal)];
}

TableDef SignalTableDef(Signal signal) {
  TableDef def;
  def.name = SignalName(signal);
  def.comment = fmt::format("OpenTelemetry {}, as received over OTLP", SignalName(signal));
  FieldId timestamp, leading;
  for (const Field& field : SignalSchema(signal)) {
    ColumnDef column;
    column.id = FieldId(static_cast<uint32_t>(def.columns.size() + 1));
    column.name = field.name;
    column.type = field.type;
    column.nullable = field.nullable;
    if (field.name == "timestamp") timestamp = column.id;
    if (field.name == (signal == Signal::kMetrics ? "metric_name" : "service_name")) leading = column.id;
    def.columns.push_back(std::move(column));
  }
  def.partition.kind = PartitionKind::kExpression;
  def.partition.fields = {{timestamp, PartitionTransform::kDay}};
  def.partition.sql = "date_trunc('day', \"timestamp\")";
  def.sort_key = {leading, timestamp};
  Shred("attributes", ShreddedAttributes(signal), def);
  Shred("resource_attrs", ShreddedResourceAttributes(), def);
  return def;
}

SignalTables::SignalTables(Storage& storage, std::string database, std::string schema)
    : storage_(storage), database_(std::move(database)), schema_(std::move(schema)) {}

TablePtr SignalTables::Find(Signal signal) const {
  const CatalogPtr catalog = storage_.snapshot()->catalog();
  const CatalogSchema* schema = catalog->FindSchema(database_, schema_);
  if (schema == nullptr) return nullptr;
  if (const auto found = schema->tables.find(SignalName(signal)); found != schema->tables.end()) return found->second;
  if (schema->views.find(SignalName(signal)) != schema->views.end()) {
    throw Error::User(sqlstate::kWrongObjectType, "a view has the name of the table for OTLP: {}", SignalName(signal));
  }
  return nullptr;
}

TablePtr SignalTables::Ensure(Signal signal) {
  if (TablePtr table = Find(signal); table != nullptr) return table;
  const std::scoped_lock lock(create_mutex_);
  if (TablePtr table = Find(signal); table != nullptr) return table;
  std::vector<CatalogChange> changes;
  const CatalogPtr catalog = storage_.snapshot()->catalog();
  if (catalog->FindDatabase(database_) == nullptr) {
    changes.emplace_back(CreateDatabase{.name = database_, .if_not_exists = true});
  }
  if (catalog->FindSchema(database_, schema_) == nullptr && schema_ != kDefaultSchema) {
    changes.emplace_back(CreateSchema{.database = database_, .name = schema_, .if_not_exists = true});
  }
  // Another process's session may create it at the same time: that is fine.
  changes.emplace_back(
      CreateTable{.database = database_, .schema = schema_, .def = SignalTableDef(signal), .if_not_exists = true});
  storage_.ApplyDdl(std::move(changes));
  TablePtr table = Find(signal);
  if (table == nullptr) {
    throw Error::Operational(sqlstate::kUndefinedTable, "table was dropped while it was created: {}",
                             SignalName(signal))
        .WithRetryable();
  }
  return table;
}

Chunk SignalTables::Arrange(const TableDef& table, Signal signal, const Chunk& decoded) {
  const Schema& schema = SignalColumns(signal);
  std::vector<ColumnPtr> columns;
  columns.reserve(table.columns.size());
  for (size_t i = 0; i < table.columns.size(); ++i) {
    const ColumnDef& column = table.columns[i];
    size_t at = i;  // as created, in nearly all cases
    if (at >= schema.size() || schema[at].name != column.name) {
      const auto found =
          std::find_if(schema.begin(), schema.end(), [&](const Field& f) { return f.name == column.name; });
      at = static_cast<size_t>(found - schema.begin());
    }
    if (at == schema.size()) {
      columns.push_back(Column::Constant(column.default_value.value_or(Value::Null(column.type)), decoded.size()));
      continue;
    }
    if (!(schema[at].type == column.type)) {
      throw Error::User(sqlstate::kDatatypeMismatch, "column has another type than OTLP needs: {}.{} is {}, not {}",
                        table.name, column.name, column.type.ToString(), schema[at].type.ToString());
    }
    columns.push_back(decoded.column(at));
  }
  return decoded.WithColumns(std::move(columns));
}

}  // namespace weir
