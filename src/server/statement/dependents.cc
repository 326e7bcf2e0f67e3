#include "server/statement/dependents.h"

#include <algorithm>
#include <optional>
#include <set>

#include "server/statement/statement.h"
#include "sql/binder/binder.h"
#include "sql/parser/parser.h"
#include "sql/parser/to_sql.h"

namespace weir {

namespace {

// Something in the catalog that may name functions and relations.
struct Node {
  std::string what;
  std::string text;  // of its query, body or expression
  CatalogChange drop;
  std::optional<TableId> relation;  // of a view
  std::string function;             // key of a function
  std::string name;                 // of either
  NameScope scope;
  std::function<void(Binder&)> bind;
  std::optional<Dependencies> names;  // once looked at
  bool taken = false;
};

class Search {
 public:
  Search(Session& session, const std::string& database) : session_(session), functions_(*session.ReadCatalog()) {
    const CatalogPtr catalog = session.ReadCatalog();
    for (const SqlFunction& function : functions_.all()) {
      if (function.database == database && !function.is_macro && !function.is_quoted) AddFunction(function);
    }
    const CatalogDatabase* content = catalog->FindDatabase(database);
    if (content == nullptr) return;
    for (const auto& [schema_name, schema] : content->schemas) {
      for (const auto& [name, table] : schema->tables) AddDefaults(schema_name, *table);
      for (const auto& [name, view] : schema->views) AddView(database, schema_name, *view);
    }
    // As they were made.
    std::ranges::sort(nodes_, [](const Node& a, const Node& b) {
      return std::pair(a.relation.value_or(TableId()), a.what) < std::pair(b.relation.value_or(TableId()), b.what);
    });
  }

  void Visit(const SqlFunction& function) { VisitFunction(function.key(), function.name, Named(function)); }
  std::vector<Dependent> Take() { return std::move(found_); }

 private:
  std::string Shown(const std::string& schema, const std::string& name) const {
    const std::vector<std::string> path = session_.name_scope().search_path;
    const bool seen = std::ranges::find(path, schema) != path.end();
    return seen ? QuoteName(name) : QuoteName(schema) + "." + QuoteName(name);
  }
  std::string Named(const SqlFunction& function) const {
    const std::vector<std::string> path = session_.name_scope().search_path;
    const bool seen = std::ranges::find(path, function.schema) != path.end();
    return "function " + (seen ? "" : QuoteName(function.schema) + ".") + function.signature();
  }

  void AddFunction(const SqlFunction& function) {
    Node node;
    node.what = Named(function);
    node.text = function.body;
    node.drop = weir::DropObject{std::string(kSqlFunctionKind), function.key(), true};
    node.function = function.key();
    node.name = function.name;
    node.scope = session_.name_scope();
    node.bind = [&function](Binder& binder) { binder.CheckSqlFunction(function); };
    nodes_.push_back(std::move(node));
  }

  void AddDefaults(const std::string& schema, const TableDef& table) {
    for (const ColumnDef& column : table.columns) {
      if (column.default_sql.empty()) continue;
      Node node;
      node.what =
          fmt::format("default value for column {} of table {}", QuoteName(column.name), Shown(schema, table.name));
      node.text = column.default_sql;
      weir::AlterColumn change;
      change.table = table.id;
      change.name = column.name;
      change.default_sql = "";
      node.drop = std::move(change);
      node.scope = session_.name_scope();
      node.bind = [sql = column.default_sql](Binder& binder) {
        const ast::ExprPtr parsed = ParseExpression(sql);
        binder.BindStandalone(*parsed);
      };
      nodes_.push_back(std::move(node));
    }
  }

  void AddView(const std::string& database, const std::string& schema, const ViewDef& view) {
    Node node;
    node.what = "view " + Shown(schema, view.name);
    node.text = view.sql;
    node.drop = weir::DropView{database, schema, view.name, true};
    node.relation = view.id;
    node.name = view.name;
    node.scope = {database, view.search_path};
    node.bind = [sql = view.sql](Binder& binder) {
      const auto statements = ParseStatements(sql);
      binder.BindQueryStatement(*statements[0]->As<ast::QueryStatement>().query);
    };
    nodes_.push_back(std::move(node));
  }

  const Dependencies& NamesOf(Node& node) {
    if (node.names.has_value()) return *node.names;
    Dependencies names;
    BindContext context = session_.MakeBindContext();
    const StatementContext statement = session_.MakeStatementContext();
    context.statement = &statement;
    context.names = node.scope;
    context.dependencies = &names;
    // What is broken already is broken without this, too.
    CatchError([&] {
      Binder binder(context);
      node.bind(binder);
    });
    return node.names.emplace(std::move(names));
  }

  template <typename Needs>
  void Take(const std::string& name, const std::string& what, const Needs& needs) {
    for (Node& node : nodes_) {
      // Binding may look at files, so first whether it can be meant at all.
      if (node.taken || node.text.find(name) == std::string::npos || !needs(NamesOf(node))) continue;
      node.taken = true;
      found_.push_back({node.what, what, node.drop});
      if (!node.function.empty()) VisitFunction(node.function, node.name, node.what);
      if (node.relation.has_value()) VisitView(*node.relation, node.name, node.what);
    }
  }
  void VisitFunction(const std::string& key, const std::string& name, const std::string& what) {
    Take(name, what, [&](const Dependencies& names) { return names.functions.contains(key); });
  }
  void VisitView(TableId view, const std::string& name, const std::string& what) {
    Take(name, what, [&](const Dependencies& names) { return names.relations.contains(view); });
  }

  Session& session_;
  const SqlFunctions functions_;
  std::vector<Node> nodes_;
  std::vector<Dependent> found_;
};

}  // namespace

std::vector<Dependent> DependentsOf(Session& session, const SqlFunction& function) {
  Search search(session, function.database);
  search.Visit(function);
  return search.Take();
}

std::vector<CatalogChange> DropDependents(Session& session, const std::vector<Dependent>& dependents,
                                          std::string_view dropped, bool cascade) {
  if (dependents.empty()) return {};
  std::string detail;
  for (const Dependent& dependent : dependents) {
    if (!detail.empty()) detail += '\n';
    detail += cascade ? "drop cascades to " + dependent.what : dependent.what + " depends on " + dependent.without;
  }
  if (!cascade) {
    throw Error::User("2BP01", "cannot drop {} because other objects depend on it", dropped)
        .WithDetail(detail)
        .WithHint("Use DROP ... CASCADE to drop the dependent objects too.");
  }
  const bool one = dependents.size() == 1;
  session.AddNotice({"NOTICE", "00000",
                     one ? detail : fmt::format("drop cascades to {} other objects", dependents.size()), "",
                     one ? "" : detail});
  std::vector<CatalogChange> changes;
  for (const Dependent& dependent : dependents) changes.push_back(dependent.drop);
  return changes;
}

}  // namespace weir
