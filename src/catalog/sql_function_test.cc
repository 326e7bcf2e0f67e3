#include "catalog/sql_function.h"

#include <gtest/gtest.h>

namespace weir {
namespace {

using Mode = SqlFunction::Parameter::Mode;

SqlFunction Sample(std::string schema, std::string name, Type argument) {
  SqlFunction function;
  function.database = "weir";
  function.schema = std::move(schema);
  function.name = std::move(name);
  function.parameters = {{Mode::kIn, "a", std::move(argument), ""},
                         {Mode::kInOut, "b", TypeKind::kVarchar, "'x'"},
                         {Mode::kColumn, "c", Type::List(TypeKind::kInt64), ""}};
  function.returns_set = true;
  function.result_name = "SETOF t";
  function.body = "SELECT 1";
  function.is_quoted = true;
  function.volatility = SqlFunction::Volatility::kStable;
  function.strict = true;
  function.comment = "note";
  function.search_path = {"s", "public"};
  return function;
}

TEST(SqlFunction, SurvivesSerialisation) {
  const SqlFunction function = Sample("public", "f", TypeKind::kInt32);
  const SqlFunction back = SqlFunction::Deserialize(function.Serialize());
  EXPECT_EQ(back.Serialize(), function.Serialize());
  EXPECT_EQ(back.key(), "weir.public.f(integer, text)");
  EXPECT_EQ(back.columns().size(), 2u);
  EXPECT_EQ(back.search_path, function.search_path);
  const std::string payload = function.Serialize();
  for (size_t size = 0; size < payload.size(); ++size) {
    EXPECT_THROW(SqlFunction::Deserialize(std::string_view(payload).substr(0, size)), Error) << size;
  }
  EXPECT_THROW(SqlFunction::Deserialize("\x02"), Error);
}

TEST(SqlFunctions, NamesGoAlongTheSearchPath) {
  CatalogPtr catalog = Catalog::Initial();
  uint64_t version = 1;
  const auto apply = [&](const CatalogChange& change) { catalog = catalog->Apply(change, Version(version++)); };
  apply(CreateSchema{"weir", "s", false});
  for (const SqlFunction& function : {Sample("public", "f", TypeKind::kInt32), Sample("public", "f", TypeKind::kDate),
                                      Sample("s", "f", TypeKind::kInt32), Sample("s", "g", TypeKind::kInt32),
                                      Sample("gone", "f", TypeKind::kInt32)}) {
    apply(PutObject{std::string(kSqlFunctionKind), function.key(), function.Serialize(), false});
  }
  const SqlFunctions functions(*catalog);
  EXPECT_EQ(functions.all().size(), 4u);
  NameScope scope;
  EXPECT_EQ(functions.Find({"", "", "f"}, scope).size(), 2u);
  EXPECT_TRUE(functions.Find({"", "", "g"}, scope).empty());
  EXPECT_EQ(functions.Find({"", "s", "g"}, scope).size(), 1u);
  EXPECT_TRUE(functions.Find({"", "gone", "f"}, scope).empty());
  scope.search_path = {"s", "public"};
  EXPECT_EQ(functions.Find({"", "", "f"}, scope).size(), 1u);
  const SqlFunction* found = functions.Find({"", "", "g"}, scope).at(0);
  EXPECT_EQ(functions.FindByOid(found->oid()), found);
  EXPECT_EQ(functions.FindByOid(1), nullptr);
}

}  // namespace
}  // namespace weir
