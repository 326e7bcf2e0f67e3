#include "plan/plan_codec_parts.h"

#include "catalog/virtual_table.h"

namespace weir {

namespace {

enum class SourceKind : uint8_t { kTable, kFiles, kVirtual };  // serialised: append only

void WriteSource(const ScanSource& source, PlanWriter& out) {
  if (const auto* table = std::get_if<TableSource>(&source)) {
    out.PutEnum(SourceKind::kTable);
    out.out().PutVarint(table->table_id);
    out.out().PutString(table->name);
    out.Put(table->column_ordinals);
  } else if (const auto* files = std::get_if<FileSource>(&source)) {
    out.PutEnum(SourceKind::kFiles);
    out.PutEnum(files->format);
    out.PutList(files->paths, [&](const std::string& path) { out.out().PutString(path); });
    out.Put(files->schema);
    out.Put(files->column_ordinals);
    out.PutList(files->options, [&](const auto& option) {
      out.out().PutString(option.first);
      option.second.Serialize(out.out());
    });
    out.out().PutZigzag(files->filename_column);
  } else {
    const auto& rows = std::get<VirtualSource>(source);
    out.PutEnum(SourceKind::kVirtual);
    out.out().PutString(rows.name);
    out.Put(rows.column_ordinals);
  }
}

// `columns` are the scan's, which must be what the source has at its ordinals.
ScanSource ReadSource(PlanReader& in, const Schema& columns) {
  const auto fits = [&](const Schema& schema, const std::vector<size_t>& ordinals, int extra_column) {
    PlanReader::Need(ordinals.size() == columns.size(), "number of scanned columns");
    for (size_t i = 0; i < ordinals.size(); ++i) {
      if (static_cast<int>(i) == extra_column) continue;
      PlanReader::Need(ordinals[i] < schema.size() && IsSameForm(schema[ordinals[i]].type, columns[i].type),
                       "scanned column");
    }
  };
  switch (in.GetEnum(SourceKind::kVirtual)) {
    case SourceKind::kTable: {
      TableSource table;
      table.table_id = in.in().GetVarint();
      table.name = in.in().GetString();
      table.column_ordinals = in.GetPositions(SIZE_MAX);
      Schema schema = in.resolver().TableColumns(table.table_id);
      if (columns.size() != table.column_ordinals.size()) {
        // Two columns more than ordinals: the rows' ids.
        PlanReader::Need(columns.size() == table.column_ordinals.size() + 2, "number of scanned columns");
        std::vector<size_t> with_ids = table.column_ordinals;
        for (size_t i = 0; i < 2; ++i) {
          with_ids.push_back(schema.size());
          schema.push_back({"$id", TypeKind::kInt64});
        }
        fits(schema, with_ids, -1);
        return table;
      }
      fits(schema, table.column_ordinals, -1);
      return table;
    }
    case SourceKind::kFiles: {
      FileSource files;
      files.format = in.GetEnum(FileSource::Format::kJson);
      files.paths = in.GetList([&] { return std::string(in.in().GetString()); });
      files.schema = in.GetSchema();
      files.column_ordinals = in.GetPositions(SIZE_MAX);
      files.options = in.GetList([&] {
        std::string name(in.in().GetString());
        return std::pair<std::string, Value>(std::move(name), Value::Deserialize(in.in()));
      });
      const int64_t filename = in.in().GetZigzag();
      PlanReader::Need(filename >= -1 && filename < static_cast<int64_t>(columns.size()), "column of the file name");
      files.filename_column = static_cast<int>(filename);
      fits(files.schema, files.column_ordinals, files.filename_column);
      return files;
    }
    case SourceKind::kVirtual: {
      VirtualSource rows;
      rows.name = in.in().GetString();
      rows.column_ordinals = in.GetPositions(SIZE_MAX);
      rows.table = in.resolver().FindVirtualTable(rows.name);
      fits(rows.table->schema(), rows.column_ordinals, -1);
      return rows;
    }
  }
  PlanReader::ThrowDamaged("source");
}

void WritePredicate(const ColumnPredicate& predicate, PlanWriter& out) {
  out.out().PutVarint(predicate.column);
  out.PutEnum(predicate.op);
  out.PutList(predicate.values, [&](const Value& value) { value.Serialize(out.out()); });
}

ColumnPredicate ReadPredicate(PlanReader& in, const Schema& columns) {
  ColumnPredicate predicate;
  predicate.column = in.GetPosition(columns.size());
  predicate.op = in.GetEnum(ColumnPredicate::Op::kPrefix);
  predicate.values = in.GetList([&] { return Value::Deserialize(in.in()); });
  for (const Value& value : predicate.values) {
    PlanReader::Need(!value.is_null() && IsSameForm(value.type(), columns[predicate.column].type), "predicate value");
  }
  const size_t count = predicate.values.size();
  switch (predicate.op) {
    case ColumnPredicate::Op::kIn:
      break;
    case ColumnPredicate::Op::kIsNull:
    case ColumnPredicate::Op::kIsNotNull:
      PlanReader::Need(count == 0, "predicate values");
      break;
    case ColumnPredicate::Op::kPrefix:
      PlanReader::Need(columns[predicate.column].type.physical() == PhysicalType::kString, "predicate type");
      [[fallthrough]];
    default:
      PlanReader::Need(count == 1, "predicate values");
  }
  return predicate;
}

}  // namespace

void WriteScan(const PhysicalScan& scan, PlanWriter& out) {
  out.Put(scan.columns);
  WriteSource(scan.source, out);
  out.Put(scan.filters);
  out.PutList(scan.predicates, [&](const ColumnPredicate& predicate) { WritePredicate(predicate, out); });
  out.Put(scan.output);
  out.PutList(scan.runtime_filters, [&](const RuntimeFilterTarget& target) {
    out.out().PutVarint(target.id.value());
    out.out().PutVarint(target.column);
  });
}

PhysicalPtr ReadScan(PlanReader& in) {
  Schema columns = in.GetSchema();
  std::vector<Type> types;
  types.reserve(columns.size());
  for (const Field& field : columns) types.push_back(field.type);
  ScanSource source = ReadSource(in, columns);
  const size_t stored = std::visit([](const auto& from) { return from.column_ordinals.size(); }, source);
  std::vector<ExprPtr> filters = in.GetList([&] { return in.GetCondition(types); });
  std::vector<ColumnPredicate> predicates = in.GetList([&] { return ReadPredicate(in, columns); });
  for (const ColumnPredicate& predicate : predicates) PlanReader::Need(predicate.column < stored, "predicate column");
  std::vector<size_t> output = in.GetPositions(columns.size());
  std::vector<RuntimeFilterTarget> runtime_filters = in.GetList([&] {
    RuntimeFilterTarget target;
    target.id = RuntimeFilterId(static_cast<uint32_t>(in.GetPosition(size_t{1} << 32)));
    target.column = in.GetPosition(stored);
    return target;
  });
  return std::make_shared<PhysicalScan>(std::move(source), std::move(columns), std::move(filters),
                                        std::move(predicates), std::move(output), std::move(runtime_filters));
}

}  // namespace weir
