#include "catalog/catalog.h"

#include <gtest/gtest.h>

namespace weir {
namespace {

ColumnDef Column(std::string name, Type type, bool nullable = true) {
  ColumnDef column;
  column.name = std::move(name);
  column.type = std::move(type);
  column.nullable = nullable;
  return column;
}

CreateTable Orders(std::string name = "orders") {
  CreateTable create{.database = "weir", .schema = "public"};
  create.def.name = std::move(name);
  create.def.columns = {Column("id", TypeKind::kInt64, false), Column("at", TypeKind::kTimestamp),
                        Column("price", Type::Decimal(15, 2))};
  create.def.sort_key = {FieldId(2)};
  create.def.partition = {
      PartitionKind::kExpression, {{FieldId(2), PartitionTransform::kDay}}, {}, "date_trunc('day', at)"};
  create.def.properties["k"] = "v";
  return create;
}

std::string SqlStateOf(const std::function<void()>& body) {
  auto error = CatchError(body);
  return error == nullptr ? "none" : std::string(error->sqlstate());
}

class EmptyTable : public VirtualTable {
 public:
  const Schema& schema() const override { return schema_; }
  std::vector<Chunk> Scan(const StatementContext&, const Catalog&) const override { return {}; }

 private:
  Schema schema_{{"name", TypeKind::kVarchar, true}};
};

TEST(CatalogTest, CreatesAndFindsTables) {
  CatalogPtr catalog = Catalog::Initial();
  const CatalogPtr before = catalog;
  catalog = catalog->Apply(Orders(), Version(1));
  EXPECT_FALSE(before->FindRelation({"", "", "orders"}, {}).has_value()) << "older catalogs do not change";
  const auto found = catalog->FindRelation({"", "", "orders"}, {});
  ASSERT_TRUE(found.has_value());
  const TablePtr table = *found->table();
  EXPECT_EQ(catalog->PathOf(*table), "weir.public.orders");
  EXPECT_EQ(table->columns[1].id, FieldId(2));
  EXPECT_EQ(catalog->FindTable(table->id), table);
  EXPECT_EQ(catalog->version(), Version(1));
  EXPECT_EQ(*catalog->GetRelation({"", "public", "orders"}, {}).table(), table);
  EXPECT_EQ(*catalog->GetRelation({"", "weir", "orders"}, {}).table(), table) << "database.table";
  EXPECT_EQ(*catalog->GetRelation({"weir", "public", "orders"}, {}).table(), table);
  EXPECT_FALSE(catalog->FindRelation({"", "", "ORDERS"}, {}).has_value());
  EXPECT_TRUE(catalog->FindRelation({"", "", "ORDERS"}, {.any_case = true}).has_value());
}

TEST(CatalogTest, ErrorsSayWhatToDo) {
  const CatalogPtr catalog = Catalog::Initial()->Apply(Orders(), Version(1));
  auto error = CatchError([&] { catalog->GetRelation({"", "", "order"}, {}, 14); });
  ASSERT_NE(error, nullptr);
  EXPECT_EQ(error->sqlstate(), sqlstate::kUndefinedTable);
  EXPECT_EQ(error->hint(), "perhaps you meant: orders");
  EXPECT_EQ(error->position(), 14);
  EXPECT_EQ(SqlStateOf([&] { catalog->Apply(Orders(), Version(2)); }), "42P07");
  EXPECT_EQ(SqlStateOf([&] { catalog->GetDatabase("wier"); }), "3D000");
  EXPECT_EQ(SqlStateOf([&] { catalog->GetSchema("weir", "publik"); }), "3F000");
  EXPECT_EQ(SqlStateOf([&] { catalog->Apply(DropTable{"weir", "public", "nothing"}, Version(2)); }), "42P01");
  EXPECT_EQ(SqlStateOf([&] { catalog->Apply(DropDatabase{.name = "weir"}, Version(2)); }), "42939");
  EXPECT_EQ(NearestName("frobnicate", std::vector<std::string>{"orders"}), "");
  EXPECT_EQ(NearestName("odrers", std::vector<std::string>{"orders", "order_items"}), "orders");
}

TEST(CatalogTest, ColumnsKeepTheirIds) {
  CatalogPtr catalog = Catalog::Initial()->Apply(Orders(), Version(1));
  const TableId id = catalog->GetTable({"", "", "orders"}, {})->id;
  catalog = catalog->Apply(RenameColumn{id, "id", "order_id"}, Version(2));
  catalog = catalog->Apply(DropColumn{id, "price"}, Version(3));
  ColumnDef note = Column("note", TypeKind::kVarchar);
  note.default_value = Value::String("none");
  catalog = catalog->Apply(AddColumn{.table = id, .column = note, .after = "order_id"}, Version(4));
  const TablePtr table = catalog->GetTable(id);
  ASSERT_EQ(table->columns.size(), 3U);
  EXPECT_EQ(table->FindColumn("order_id")->id, FieldId(1));
  EXPECT_EQ(table->columns[1].name, "note");
  EXPECT_EQ(table->columns[1].id, FieldId(4)) << "ids of dropped columns do not come back";
  EXPECT_EQ(table->columns[1].initial_value, Value::String("none"));
  EXPECT_EQ(SqlStateOf([&] { catalog->Apply(DropColumn{id, "at"}, Version(5)); }), "42P16");
  EXPECT_EQ(SqlStateOf([&] { catalog->Apply(DropColumn{id, "nope"}, Version(5)); }), "42703");
  EXPECT_EQ(SqlStateOf([&] { catalog->Apply(AddColumn{id, Column("x", TypeKind::kInt32, false)}, Version(5)); }),
            "23502");
  EXPECT_EQ(SqlStateOf([&] { catalog->Apply(AddColumn{id, Column("note", TypeKind::kInt32)}, Version(5)); }), "42701");
  catalog = catalog->Apply(RenameTable{id, "sales"}, Version(6));
  EXPECT_EQ(catalog->GetTable(id)->name, "sales");
  EXPECT_FALSE(catalog->FindRelation({"", "", "orders"}, {}).has_value());
}

TEST(CatalogTest, TypesOnlyWiden) {
  CatalogPtr catalog = Catalog::Initial()->Apply(Orders(), Version(1));
  const TableId id = catalog->GetTable({"", "", "orders"}, {})->id;
  EXPECT_EQ(SqlStateOf([&] {
              catalog->Apply(AlterColumn{.table = id, .name = "id", .type = Type(TypeKind::kInt32)}, Version(2));
            }),
            "0A000");
  catalog = catalog->Apply(AlterColumn{.table = id, .name = "price", .type = Type::Decimal(20, 2)}, Version(2));
  EXPECT_EQ(catalog->GetTable(id)->columns[2].type, Type::Decimal(20, 2));
}

TEST(CatalogTest, ViewsAndSchemasAndDatabases) {
  CatalogPtr catalog = Catalog::Initial()->Apply(CreateDatabase{.name = "shop"}, Version(1));
  catalog = catalog->Apply(CreateSchema{"shop", "raw"}, Version(2));
  CreateView create{.database = "shop", .schema = "raw"};
  create.def.name = "v";
  create.def.sql = "SELECT 1";
  create.def.columns = {{"x", TypeKind::kInt32, false}};
  catalog = catalog->Apply(create, Version(3));
  const TableId id = (*catalog->GetRelation({"shop", "raw", "v"}, {}).view())->id;
  create.def.sql = "SELECT 2";
  EXPECT_EQ(SqlStateOf([&] { catalog->Apply(create, Version(4)); }), "42P07");
  create.or_replace = true;
  catalog = catalog->Apply(create, Version(4));
  EXPECT_EQ(catalog->FindView(id)->sql, "SELECT 2");
  EXPECT_EQ(SqlStateOf([&] { catalog->GetTable({"shop", "raw", "v"}, {}); }), "55000");
  EXPECT_EQ(SqlStateOf([&] { catalog->Apply(DropSchema{"shop", "raw"}, Version(5)); }), "2BP01");
  EXPECT_EQ(SqlStateOf([&] { catalog->Apply(DropTable{"shop", "raw", "v"}, Version(5)); }), "42809");
  catalog = catalog->Apply(DropDatabase{.name = "shop"}, Version(5));
  EXPECT_EQ(catalog->FindView(id), nullptr);
  EXPECT_EQ(SqlStateOf([&] { catalog->Apply(DropDatabase{.name = "shop", .if_exists = true}, Version(6)); }), "none");
}

TEST(CatalogTest, VirtualTablesAreInEveryDatabase) {
  auto tables = std::make_shared<VirtualTables>();
  tables->Add("pg_catalog", "pg_class", std::make_shared<EmptyTable>());
  tables->Add("weir_catalog", "jobs", std::make_shared<EmptyTable>());
  CatalogPtr catalog = Catalog::Initial(tables)->Apply(CreateDatabase{.name = "shop"}, Version(1));
  EXPECT_NE(catalog->GetRelation({"", "", "pg_class"}, {}).virtual_table(), nullptr);
  EXPECT_NE(catalog->GetRelation({"", "weir_catalog", "jobs"}, {.database = "shop"}).virtual_table(), nullptr);
  auto error = CatchError([&] { catalog->GetRelation({"", "", "jobs"}, {}); });
  ASSERT_NE(error, nullptr);
  EXPECT_EQ(error->hint(), "perhaps you meant: weir_catalog.jobs");
  EXPECT_EQ(SqlStateOf([&] { catalog->Apply(CreateSchema{"weir", "pg_catalog"}, Version(2)); }), "42P06");
}

TEST(CatalogTest, RoundTripsAsBytes) {
  CatalogPtr catalog = Catalog::Initial()->Apply(Orders(), Version(1));
  catalog = catalog->Apply(PutObject{"user", "ada", "verifier"}, Version(2));
  CreateView create{.database = "weir", .schema = "public"};
  create.def.name = "v";
  create.def.columns = {{"x", Type::List(TypeKind::kInt32), false}};
  create.def.search_path = {"public"};
  catalog = catalog->Apply(create, Version(3));
  ByteWriter out;
  catalog->Serialize(out);
  const std::string bytes = out.Take();
  ByteReader in(bytes);
  const CatalogPtr back = Catalog::Deserialize(in, nullptr);
  EXPECT_TRUE(in.empty());
  const TableId id = catalog->GetTable({"", "", "orders"}, {})->id;
  EXPECT_EQ(*back->GetTable(id), *catalog->GetTable(id));
  EXPECT_EQ(**back->GetRelation({"", "", "v"}, {}).view(), **catalog->GetRelation({"", "", "v"}, {}).view());
  EXPECT_EQ(*back->FindObject("user", "ada"), "verifier");
  EXPECT_EQ(back->version(), Version(3));
  EXPECT_EQ(back->ObjectsOf("user").size(), 1U);
  // Ids go on where they were.
  EXPECT_EQ(back->Apply(Orders("more"), Version(4))->GetTable({"", "", "more"}, {})->id,
            catalog->Apply(Orders("more"), Version(4))->GetTable({"", "", "more"}, {})->id);
}

UserType Mood() {
  UserType type;
  type.database = "weir";
  type.schema = "public";
  type.name = "mood";
  type.type = Type::Enum("mood", 0, {{"sad", "sad"}, {"ok", "ok"}});
  return type;
}

// A label in front of others gives all of them other numbers: what holds values keeps its labels.
TEST(CatalogTest, ChangesOfAnEnumReachWhatUsesIt) {
  CatalogPtr catalog = Catalog::Initial()->Apply(PutType{Mood()}, Version(1));
  UserType mood = *FindUserType(*catalog, {"", "", "mood"}, {});
  EXPECT_NE(mood.id, 0U);
  CreateTable create{.database = "weir", .schema = "public"};
  create.def.name = "t";
  ColumnDef column;
  column.name = "m";
  column.type = Type::List(mood.ToType());
  column.default_value = Value::Nested(column.type, {Value::Integer(mood.ToType(), 1)});
  create.def.columns = {column};
  catalog = catalog->Apply(create, Version(2));
  mood.type = Type::Enum("mood", mood.id, {{"worst", "worst"}, {"blue", "sad"}, {"ok", "ok"}});
  catalog = catalog->Apply(PutType{mood, true}, Version(3));
  const TablePtr table = catalog->GetTable({"", "", "t"}, {});
  EXPECT_EQ(table->columns[0].type, Type::List(mood.type));
  EXPECT_EQ(table->columns[0].default_value->ToString(), "{ok}");
  EXPECT_THROW(catalog->Apply(DropType{"weir", "public", "mood"}, Version(4)), Error);
  EXPECT_THROW(catalog->Apply(PutType{Mood()}, Version(4)), Error);
  catalog = catalog->Apply(DropTable{"weir", "public", "t"}, Version(4));
  catalog = catalog->Apply(DropType{"weir", "public", "mood"}, Version(5));
  EXPECT_FALSE(FindUserType(*catalog, {"", "", "mood"}, {}).has_value());
}

TEST(CatalogTest, EveryChangeRoundTrips) {
  PartitionDef partition{"p1", Value::Int64(1), std::nullopt, {Value::String("x")}};
  CreateView view{.database = "d", .schema = "s"};
  view.def.name = "v";
  const std::vector<CatalogChange> changes = {
      CreateDatabase{"d", true, "c"},
      DropDatabase{"d", true, false},
      CreateSchema{"d", "s", true},
      DropSchema{"d", "s", true, true},
      Orders(),
      DropTable{"d", "s", "t", true},
      RenameTable{TableId(7), "n"},
      view,
      DropView{"d", "s", "v", true},
      AddColumn{TableId(7), Column("c", TypeKind::kDate), "after", false, true},
      DropColumn{TableId(7), "c", true},
      RenameColumn{TableId(7), "a", "b"},
      AlterColumn{TableId(7), "c", Type(TypeKind::kInt64), true, "1", Value::Int64(1), "note"},
      SetProperty{TableId(7), "k", "v"},
      SetTableComment{TableId(7), "text"},
      AddPartition{TableId(7), partition, true},
      DropPartition{TableId(7), "p", true},
      PutObject{"k", "n", "p", true},
      DropObject{"k", "n", true},
      PutType{Mood(), true, true},
      DropType{"d", "s", "t", true},
      PutCollation{{0, "d", "s", "c", {"c", "de", false}}, true},
      DropCollation{"d", "s", "c", true}};
  for (const CatalogChange& change : changes) {
    ByteWriter out;
    SerializeChange(change, out);
    ByteReader in(out.buffer());
    const CatalogChange back = DeserializeChange(in);
    EXPECT_TRUE(in.empty());
    EXPECT_EQ(back.index(), change.index());
    ByteWriter again;
    SerializeChange(back, again);
    EXPECT_EQ(again.buffer(), out.buffer()) << DescribeChange(change);
    EXPECT_FALSE(DescribeChange(change).empty());
  }
  ByteWriter bad;
  bad.Put<uint8_t>(1);
  bad.PutVarint(99);
  ByteReader in(bad.buffer());
  EXPECT_THROW(DeserializeChange(in), Error);
}

}  // namespace
}  // namespace weir
