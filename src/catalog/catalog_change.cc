#include "catalog/catalog_change.h"

#include "catalog/serialize.h"

namespace weir {

namespace {

constexpr uint8_t kChangeFormat = 1;

void PutBool(bool value, ByteWriter& out) {
  out.Put<uint8_t>(value ? 1 : 0);
}

struct ChangeWriter {
  ByteWriter& out;

  void operator()(const CreateDatabase& change) const {
    out.PutString(change.name);
    PutBool(change.if_not_exists, out);
    out.PutString(change.comment);
  }
  void operator()(const DropDatabase& change) const {
    out.PutString(change.name);
    PutBool(change.if_exists, out);
    PutBool(change.cascade, out);
  }
  void operator()(const CreateSchema& change) const {
    out.PutString(change.database);
    out.PutString(change.name);
    PutBool(change.if_not_exists, out);
  }
  void operator()(const DropSchema& change) const {
    out.PutString(change.database);
    out.PutString(change.name);
    PutBool(change.if_exists, out);
    PutBool(change.cascade, out);
  }
  void operator()(const CreateTable& change) const {
    out.PutString(change.database);
    out.PutString(change.schema);
    change.def.Serialize(out);
    PutBool(change.if_not_exists, out);
  }
  void operator()(const DropTable& change) const {
    out.PutString(change.database);
    out.PutString(change.schema);
    out.PutString(change.name);
    PutBool(change.if_exists, out);
  }
  void operator()(const RenameTable& change) const {
    WriteId(change.table, out);
    out.PutString(change.new_name);
  }
  void operator()(const CreateView& change) const {
    out.PutString(change.database);
    out.PutString(change.schema);
    change.def.Serialize(out);
    PutBool(change.or_replace, out);
    PutBool(change.if_not_exists, out);
  }
  void operator()(const DropView& change) const {
    out.PutString(change.database);
    out.PutString(change.schema);
    out.PutString(change.name);
    PutBool(change.if_exists, out);
  }
  void operator()(const AddColumn& change) const {
    WriteId(change.table, out);
    SerializeColumnDef(change.column, out);
    out.PutString(change.after);
    PutBool(change.first, out);
    PutBool(change.if_not_exists, out);
  }
  void operator()(const DropColumn& change) const {
    WriteId(change.table, out);
    out.PutString(change.name);
    PutBool(change.if_exists, out);
  }
  void operator()(const RenameColumn& change) const {
    WriteId(change.table, out);
    out.PutString(change.name);
    out.PutString(change.new_name);
  }
  void operator()(const AlterColumn& change) const {
    WriteId(change.table, out);
    out.PutString(change.name);
    WriteOptional(change.type, out, [&](const Type& type) { SerializeType(type, out); });
    WriteOptional(change.nullable, out, [&](bool value) { PutBool(value, out); });
    WriteOptional(change.default_sql, out, [&](const std::string& text) { out.PutString(text); });
    WriteOptional(change.default_value, out, [&](const Value& value) { value.Serialize(out); });
    WriteOptional(change.comment, out, [&](const std::string& text) { out.PutString(text); });
  }
  void operator()(const SetProperty& change) const {
    WriteId(change.table, out);
    out.PutString(change.key);
    WriteOptional(change.value, out, [&](const std::string& text) { out.PutString(text); });
  }
  void operator()(const SetTableComment& change) const {
    WriteId(change.table, out);
    out.PutString(change.comment);
  }
  void operator()(const AddPartition& change) const {
    WriteId(change.table, out);
    SerializePartitionDef(change.partition, out);
    PutBool(change.if_not_exists, out);
  }
  void operator()(const DropPartition& change) const {
    WriteId(change.table, out);
    out.PutString(change.name);
    PutBool(change.if_exists, out);
  }
  void operator()(const PutObject& change) const {
    out.PutString(change.kind);
    out.PutString(change.name);
    out.PutString(change.payload);
    PutBool(change.if_absent, out);
  }
  void operator()(const DropObject& change) const {
    out.PutString(change.kind);
    out.PutString(change.name);
    PutBool(change.if_exists, out);
  }
  void operator()(const PutType& change) const {
    out.PutString(change.def.Serialize());
    PutBool(change.replaces, out);
    PutBool(change.if_not_exists, out);
  }
  void operator()(const DropType& change) const { PutNamed(change); }
  void operator()(const PutCollation& change) const {
    out.PutString(change.def.Serialize());
    PutBool(change.if_not_exists, out);
  }
  void operator()(const DropCollation& change) const { PutNamed(change); }

 private:
  template <typename Change>
  void PutNamed(const Change& change) const {
    out.PutString(change.database);
    out.PutString(change.schema);
    out.PutString(change.name);
    PutBool(change.if_exists, out);
  }
};

struct ChangeReader {
  ByteReader& in;

  std::string Text() const { return std::string(in.GetString()); }
  bool Flag() const { return in.Get<uint8_t>() != 0; }
  TableId Table() const { return ReadId<TableId>(in); }

  // Braced lists evaluate in order, which is the order of the bytes.
  void operator()(CreateDatabase& to) const { to = {Text(), Flag(), Text()}; }
  void operator()(DropDatabase& to) const { to = {Text(), Flag(), Flag()}; }
  void operator()(CreateSchema& to) const { to = {Text(), Text(), Flag()}; }
  void operator()(DropSchema& to) const { to = {Text(), Text(), Flag(), Flag()}; }
  void operator()(CreateTable& to) const { to = {Text(), Text(), TableDef::Deserialize(in), Flag()}; }
  void operator()(DropTable& to) const { to = {Text(), Text(), Text(), Flag()}; }
  void operator()(RenameTable& to) const { to = {Table(), Text()}; }
  void operator()(CreateView& to) const { to = {Text(), Text(), ViewDef::Deserialize(in), Flag(), Flag()}; }
  void operator()(DropView& to) const { to = {Text(), Text(), Text(), Flag()}; }
  void operator()(AddColumn& to) const { to = {Table(), DeserializeColumnDef(in), Text(), Flag(), Flag()}; }
  void operator()(DropColumn& to) const { to = {Table(), Text(), Flag()}; }
  void operator()(RenameColumn& to) const { to = {Table(), Text(), Text()}; }
  void operator()(AlterColumn& to) const {
    to.table = Table();
    to.name = Text();
    to.type = ReadOptional<Type>(in, [&] { return DeserializeType(in); });
    to.nullable = ReadOptional<bool>(in, [&] { return Flag(); });
    to.default_sql = ReadOptional<std::string>(in, [&] { return Text(); });
    to.default_value = ReadOptional<Value>(in, [&] { return Value::Deserialize(in); });
    to.comment = ReadOptional<std::string>(in, [&] { return Text(); });
  }
  void operator()(SetProperty& to) const {
    to.table = Table();
    to.key = Text();
    to.value = ReadOptional<std::string>(in, [&] { return Text(); });
  }
  void operator()(SetTableComment& to) const { to = {Table(), Text()}; }
  void operator()(AddPartition& to) const { to = {Table(), DeserializePartitionDef(in), Flag()}; }
  void operator()(DropPartition& to) const { to = {Table(), Text(), Flag()}; }
  void operator()(PutObject& to) const { to = {Text(), Text(), Text(), Flag()}; }
  void operator()(DropObject& to) const { to = {Text(), Text(), Flag()}; }
  void operator()(PutType& to) const { to = {UserType::Deserialize(Text()), Flag(), Flag()}; }
  void operator()(DropType& to) const { to = {Text(), Text(), Text(), Flag()}; }
  void operator()(PutCollation& to) const { to = {UserCollation::Deserialize(Text()), Flag()}; }
  void operator()(DropCollation& to) const { to = {Text(), Text(), Text(), Flag()}; }
};

template <size_t I = 0>
CatalogChange MakeChange(size_t index) {
  if constexpr (I < std::variant_size_v<CatalogChange>) {
    if (index == I) return CatalogChange(std::in_place_index<I>);
    return MakeChange<I + 1>(index);
  } else {
    throw Error::Operational(sqlstate::kDataCorrupted, "catalog change of unknown kind: {}", index);
  }
}

struct ChangeDescriber {
  std::string operator()(const CreateDatabase& c) const { return "create database " + c.name; }
  std::string operator()(const DropDatabase& c) const { return "drop database " + c.name; }
  std::string operator()(const CreateSchema& c) const { return fmt::format("create schema {}.{}", c.database, c.name); }
  std::string operator()(const DropSchema& c) const { return fmt::format("drop schema {}.{}", c.database, c.name); }
  std::string operator()(const CreateTable& c) const {
    return fmt::format("create table {}.{}.{}", c.database, c.schema, c.def.name);
  }
  std::string operator()(const DropTable& c) const {
    return fmt::format("drop table {}.{}.{}", c.database, c.schema, c.name);
  }
  std::string operator()(const RenameTable& c) const {
    return fmt::format("rename table {} to {}", c.table, c.new_name);
  }
  std::string operator()(const CreateView& c) const {
    return fmt::format("create view {}.{}.{}", c.database, c.schema, c.def.name);
  }
  std::string operator()(const DropView& c) const {
    return fmt::format("drop view {}.{}.{}", c.database, c.schema, c.name);
  }
  std::string operator()(const AddColumn& c) const {
    return fmt::format("alter table {} add column {}", c.table, c.column.name);
  }
  std::string operator()(const DropColumn& c) const {
    return fmt::format("alter table {} drop column {}", c.table, c.name);
  }
  std::string operator()(const RenameColumn& c) const {
    return fmt::format("alter table {} rename column {} to {}", c.table, c.name, c.new_name);
  }
  std::string operator()(const AlterColumn& c) const {
    return fmt::format("alter table {} alter column {}", c.table, c.name);
  }
  std::string operator()(const SetProperty& c) const { return fmt::format("alter table {} set {}", c.table, c.key); }
  std::string operator()(const SetTableComment& c) const { return fmt::format("comment on table {}", c.table); }
  std::string operator()(const AddPartition& c) const {
    return fmt::format("alter table {} add partition {}", c.table, c.partition.name);
  }
  std::string operator()(const DropPartition& c) const {
    return fmt::format("alter table {} drop partition {}", c.table, c.name);
  }
  std::string operator()(const PutObject& c) const { return fmt::format("put {} {}", c.kind, c.name); }
  std::string operator()(const DropObject& c) const { return fmt::format("drop {} {}", c.kind, c.name); }
  std::string operator()(const PutType& c) const {
    return fmt::format("{} type {}", c.replaces ? "alter" : "create",
                       ObjectPath(c.def.database, c.def.schema, c.def.name));
  }
  std::string operator()(const DropType& c) const { return "drop type " + ObjectPath(c.database, c.schema, c.name); }
  std::string operator()(const PutCollation& c) const {
    return "create collation " + ObjectPath(c.def.database, c.def.schema, c.def.name);
  }
  std::string operator()(const DropCollation& c) const {
    return "drop collation " + ObjectPath(c.database, c.schema, c.name);
  }
};

}  // namespace

void SerializeChange(const CatalogChange& change, ByteWriter& out) {
  out.Put(kChangeFormat);
  out.PutVarint(change.index());
  std::visit(ChangeWriter{out}, change);
}

CatalogChange DeserializeChange(ByteReader& in) {
  const auto format = in.Get<uint8_t>();
  if (format != kChangeFormat) {
    throw Error::Operational(sqlstate::kObjectNotInPrerequisiteState,
                             "catalog change was written by a newer version: format {}", format);
  }
  CatalogChange change = MakeChange(in.GetVarint());
  std::visit(ChangeReader{in}, change);
  return change;
}

std::string DescribeChange(const CatalogChange& change) {
  return std::visit(ChangeDescriber{}, change);
}

}  // namespace weir
