#include "telemetry/signal_tables.h"

#include <algorithm>

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
    {"host.name", "attr_host_name"},
    {"k8s.pod.name", "attr_k8s_pod_name"},
    {"k8s.namespace.name", "attr_k8s_namespace_name"},
    {"k8s.container.name", "attr_k8s_container_name"},
    {"log.file.name", "attr_log_file_name"},
    {"process.pid", "attr_process_pid"},
    {"process.executable.name", "attr_process_executable_name"},
    {"deployment.environment", "attr_deployment_environment"},
    {"exception.type", "attr_exception_type"},
};

constexpr ShreddedAttribute kMetricAttributes[] = {
    {"http.method", "attr_http_method"},
    {"http.request.method", "attr_http_request_method"},
    {"http.status_code", "attr_http_status_code"},
    {"http.response.status_code", "attr_http_response_status_code"},
    {"http.route", "attr_http_route"},
    {"host.name", "attr_host_name"},
    {"k8s.pod.name", "attr_k8s_pod_name"},
    {"k8s.namespace.name", "attr_k8s_namespace_name"},
    {"k8s.container.name", "attr_k8s_container_name"},
    {"process.pid", "attr_process_pid"},
    {"process.executable.name", "attr_process_executable_name"},
    {"deployment.environment", "attr_deployment_environment"},
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
    {"host.name", "attr_host_name"},
    {"k8s.pod.name", "attr_k8s_pod_name"},
    {"k8s.namespace.name", "attr_k8s_namespace_name"},
    {"k8s.container.name", "attr_k8s_container_name"},
    {"deployment.environment", "attr_deployment_environment"},
    {"db.system", "attr_db_system"},
    {"rpc.method", "attr_rpc_method"},
    {"exception.type", "attr_exception_type"},
};

Schema WithShredded(Signal signal) {
  Schema schema = SignalColumns(signal);
  for (const ShreddedAttribute& attribute : ShreddedAttributes(signal)) {
    schema.push_back({std::string(attribute.column), TypeKind::kVarchar, true});
  }
  return schema;
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
  const Schema& schema = SignalSchema(signal);
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
