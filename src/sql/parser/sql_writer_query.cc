#include <array>
#include <vector>

#include "sql/parser/sql_writer.h"
#include "sql/parser/to_sql.h"

namespace weir {

void SqlWriter::With(const ast::With* with) {
  if (with == nullptr) return;
  Put(with->recursive ? "WITH RECURSIVE " : "WITH ");
  CommaList(with->ctes, [&](const ast::CommonTableExpr& cte) {
    Name(cte.name);
    if (!cte.columns.empty()) {
      Put(" ");
      ParenthesizedNames(cte.columns);
    }
    Put(" AS ");
    if (cte.materialization == ast::Materialization::kMaterialized) Put("MATERIALIZED ");
    if (cte.materialization == ast::Materialization::kNotMaterialized) Put("NOT MATERIALIZED ");
    Put("(");
    cte.query != nullptr ? Query(*cte.query) : Statement(*cte.statement);
    Put(")");
    const auto names = [&](ast::List<ast::Name> list) { CommaList(list, [&](ast::Name name) { Name(name); }); };
    if (cte.search != nullptr) {
      Put(cte.search->breadth_first ? " SEARCH BREADTH FIRST BY " : " SEARCH DEPTH FIRST BY ");
      names(cte.search->columns);
      Put(" SET ");
      Name(cte.search->sequence);
    }
    if (cte.cycle != nullptr) {
      Put(" CYCLE ");
      names(cte.cycle->columns);
      Put(" SET ");
      Name(cte.cycle->mark);
      if (cte.cycle->value != nullptr) {
        Put(" TO ");
        Expr(*cte.cycle->value);
        Put(" DEFAULT ");
        Expr(*cte.cycle->otherwise);
      }
      Put(" USING ");
      Name(cte.cycle->path);
    }
  });
  Put(" ");
}

void SqlWriter::Query(const ast::Query& query) {
  With(query.with);
  Body(*query.body);
  if (!query.order_by.empty()) {
    Put(" ORDER BY ");
    if (query.order_by_all) {
      Put("ALL");
      SortSuffix(query.order_by[0]);
    } else {
      SortItems(query.order_by);
    }
  }
  if (query.limit != nullptr && !query.limit_with_ties) {
    Put(" LIMIT ");
    Expr(*query.limit);
    if (query.limit_percent) Put(" PERCENT");
  }
  if (query.offset_rows != nullptr) {
    Put(" OFFSET ");
    Expr(*query.offset_rows);
  }
  if (query.limit != nullptr && query.limit_with_ties) {
    Put(" FETCH FIRST ");
    Expr(*query.limit, Precedence::kAdd);
    Put(query.limit_percent ? " PERCENT ROWS WITH TIES" : " ROWS WITH TIES");
  }
}

void SqlWriter::Body(const ast::QueryBody& body) {
  // Down the left side of set operations, then their right sides on the way back.
  struct Pending {
    const ast::SetOperation* operation;
    bool parentheses;
  };
  const auto precedence = [](const ast::SetOperation& operation) {
    return operation.op == ast::SetOperator::kIntersect ? 2 : 1;
  };
  std::vector<Pending> pending;
  const ast::QueryBody* at = &body;
  int min = 0;
  while (const auto* operation = at->TryAs<ast::SetOperation>()) {
    const bool parentheses = precedence(*operation) < min;
    if (parentheses) Put("(");
    pending.push_back({operation, parentheses});
    min = precedence(*operation);
    at = operation->left;
  }
  const auto term = [&](const ast::QueryBody& simple) {
    if (const auto* select = simple.TryAs<ast::Select>()) {
      SelectBody(*select);
    } else if (const auto* values = simple.TryAs<ast::Values>()) {
      Put("VALUES ");
      CommaList(values->rows, [&](ast::List<const ast::Expr*> row) {
        Put("(");
        ExprList(row);
        Put(")");
      });
    } else if (const auto* nested = simple.TryAs<ast::NestedQuery>()) {
      Put("(");
      Query(*nested->query);
      Put(")");
    }
  };
  term(*at);
  for (; !pending.empty(); pending.pop_back()) {
    static constexpr auto kWords = std::to_array<std::string_view>({" UNION ", " INTERSECT ", " EXCEPT "});
    const ast::SetOperation& operation = *pending.back().operation;
    Put(kWords[static_cast<size_t>(operation.op)], operation.all ? "ALL " : "", operation.by_name ? "BY NAME " : "");
    const auto* right = operation.right->TryAs<ast::SetOperation>();
    if (right == nullptr) {
      term(*operation.right);
    } else {
      const bool parentheses = precedence(*right) <= precedence(operation);
      if (parentheses) Put("(");
      Body(*right);
      if (parentheses) Put(")");
    }
    if (pending.back().parentheses) Put(")");
  }
}

void SqlWriter::Star(const ast::StarExpr& star) {
  if (star.base != nullptr) {
    NestedExpr(*star.base);
    Put(".");
  } else if (!star.qualifier.empty()) {
    ast::QualifiedName qualifier;
    qualifier.parts = star.qualifier;
    Qualified(qualifier);
    Put(".");
  }
  Put("*");
  if (!star.exclude.empty()) {
    Put(" EXCLUDE ");
    ParenthesizedNames(star.exclude);
  }
  if (!star.replace.empty()) {
    Put(" REPLACE (");
    CommaList(star.replace, [&](const ast::StarReplacement& item) {
      Expr(*item.value);
      Put(" AS ");
      Name(item.column);
    });
    Put(")");
  }
  if (!star.rename.empty()) {
    Put(" RENAME (");
    CommaList(star.rename, [&](const ast::StarRename& item) {
      Name(item.from);
      Put(" AS ");
      Name(item.to);
    });
    Put(")");
  }
}

void SqlWriter::SelectItems(ast::List<ast::SelectItem> items) {
  CommaList(items, [&](const ast::SelectItem& item) {
    Expr(*item.expr);
    if (item.alias.empty()) return;
    Put(" AS ");
    Name(item.alias);
  });
}

void SqlWriter::SelectBody(const ast::Select& select) {
  Put("SELECT");
  if (select.distinct) Put(" DISTINCT");
  if (!select.distinct_on.empty()) {
    Put(" ON (");
    ExprList(select.distinct_on);
    Put(")");
  }
  if (!select.items.empty()) Put(" ");
  SelectItems(select.items);
  if (!select.from.empty()) {
    Put(" FROM ");
    Tables(select.from);
  }
  if (select.where != nullptr) {
    Put(" WHERE ");
    Expr(*select.where);
  }
  if (select.group_by_all) Put(" GROUP BY ALL");
  if (!select.group_by.empty()) {
    Put(select.group_by_distinct ? " GROUP BY DISTINCT " : " GROUP BY ");
    CommaList(select.group_by, [&](const ast::GroupItem* item) { GroupItem(*item); });
  }
  if (select.having != nullptr) {
    Put(" HAVING ");
    Expr(*select.having);
  }
  if (!select.windows.empty()) {
    Put(" WINDOW ");
    CommaList(select.windows, [&](const ast::NamedWindow& window) {
      Name(window.name);
      Put(" AS ");
      Window(*window.spec);
    });
  }
  if (select.qualify != nullptr) {
    Put(" QUALIFY ");
    Expr(*select.qualify);
  }
  if (select.sample != nullptr) Sample(*select.sample, " USING SAMPLE ");
}

void SqlWriter::GroupItem(const ast::GroupItem& item) {
  switch (item.kind) {
    case ast::GroupItemKind::kExpr:
      return Expr(*item.exprs[0]);
    case ast::GroupItemKind::kSet:
      if (item.exprs.size() == 1) {
        Put("(ROW(");
        ExprList(item.exprs);
        return Put("))");
      }
      Put("(");
      ExprList(item.exprs);
      return Put(")");
    case ast::GroupItemKind::kRollup:
      Put("ROLLUP (");
      break;
    case ast::GroupItemKind::kCube:
      Put("CUBE (");
      break;
    case ast::GroupItemKind::kGroupingSets:
      Put("GROUPING SETS (");
      break;
  }
  CommaList(item.items, [&](const ast::GroupItem* inner) { GroupItem(*inner); });
  Put(")");
}

void SqlWriter::Sample(const ast::TableSample& sample, std::string_view head) {
  Put(head);
  if (!sample.method.empty()) Name(sample.method);
  Put("(");
  Expr(*sample.amount, Precedence::kPostfix);
  Put(sample.is_percent ? " PERCENT)" : " ROWS)");
  if (sample.seed != nullptr) {
    Put(" REPEATABLE (");
    Expr(*sample.seed);
    Put(")");
  }
}

void SqlWriter::Alias(const ast::TableAlias& alias) {
  if (alias.empty()) return;
  Put(" AS ");
  if (!alias.name.empty()) Name(alias.name);
  if (alias.columns.empty()) return;
  if (!alias.name.empty()) Put(" ");
  Put("(");
  for (size_t i = 0; i < alias.columns.size(); ++i) {
    if (i > 0) Put(", ");
    Name(alias.columns[i]);
    if (!alias.types.empty()) {
      Put(" ");
      Type(*alias.types[i]);
    }
  }
  Put(")");
}

void SqlWriter::Tables(ast::List<const ast::TableRef*> tables) {
  CommaList(tables, [&](const ast::TableRef* table) { Table(*table); });
}

void SqlWriter::Table(const ast::TableRef& table) {
  // Down the left side of joins and pivots, then the rest of each on the way back.
  struct Pending {
    const ast::TableRef* table;
    bool parentheses;
  };
  std::vector<Pending> pending;
  const ast::TableRef* at = &table;
  bool below_pivot = false;
  while (true) {
    const auto* join = at->TryAs<ast::JoinedTable>();
    const auto* pivot = at->TryAs<ast::PivotTable>();
    const auto* unpivot = at->TryAs<ast::UnpivotTable>();
    if (join == nullptr && pivot == nullptr && unpivot == nullptr) break;
    const bool parentheses = join != nullptr && (!join->alias.empty() || join->sample != nullptr || below_pivot);
    if (parentheses) Put("(");
    pending.push_back({at, parentheses});
    below_pivot = join == nullptr;
    at = join != nullptr ? join->left : pivot != nullptr ? pivot->source : unpivot->source;
  }
  SimpleTable(*at);
  for (; !pending.empty(); pending.pop_back()) {
    const ast::TableRef& outer = *pending.back().table;
    if (const auto* join = outer.TryAs<ast::JoinedTable>()) JoinTail(*join);
    if (const auto* pivot = outer.TryAs<ast::PivotTable>()) PivotTail(*pivot);
    if (const auto* unpivot = outer.TryAs<ast::UnpivotTable>()) UnpivotTail(*unpivot);
    if (pending.back().parentheses) Put(")");
    Alias(outer.alias);
    if (outer.sample != nullptr) Sample(*outer.sample, " TABLESAMPLE ");
  }
}

void SqlWriter::SimpleTable(const ast::TableRef& table) {
  if (const auto* named = table.TryAs<ast::NamedTable>()) {
    if (named->only) Put("ONLY ");
    named->is_path ? String(named->name.last()) : Qualified(named->name);
    if (!named->partitions.empty()) {
      Put(" PARTITION ");
      ParenthesizedNames(named->partitions);
    }
    if (named->as_of != nullptr) {
      static constexpr auto kWords = std::to_array<std::string_view>(
          {"", " FOR VERSION AS OF ", " FOR TIMESTAMP AS OF ", " FOR SYSTEM_TIME AS OF "});
      Put(kWords[static_cast<size_t>(named->as_of_kind)]);
      Expr(*named->as_of, Tighter(Precedence::kComparison));
    }
  } else if (const auto* derived = table.TryAs<ast::DerivedTable>()) {
    Put(derived->lateral ? "LATERAL (" : "(");
    Query(*derived->query);
    Put(")");
  } else if (const auto* function = table.TryAs<ast::TableFunction>()) {
    if (function->lateral) Put("LATERAL ");
    if (function->rows_from) Put("ROWS FROM (");
    CommaList(function->calls, [&](const ast::Expr* call) { Call(call->As<ast::FunctionCall>(), true); });
    if (function->rows_from) Put(")");
    if (function->with_ordinality) Put(" WITH ORDINALITY");
  }
  Alias(table.alias);
  if (table.sample != nullptr) Sample(*table.sample, " TABLESAMPLE ");
}

void SqlWriter::JoinTail(const ast::JoinedTable& join) {
  static constexpr auto kWords =
      std::to_array<std::string_view>({"JOIN", "LEFT JOIN", "RIGHT JOIN", "FULL JOIN", "CROSS JOIN", "LEFT SEMI JOIN",
                                       "RIGHT SEMI JOIN", "LEFT ANTI JOIN", "RIGHT ANTI JOIN", "POSITIONAL JOIN"});
  Put(" ", join.natural ? "NATURAL " : "", join.asof ? "ASOF " : "", kWords[static_cast<size_t>(join.type)], " ");
  if (!join.hint.empty()) Put("[", join.hint, "] ");
  const auto* right = join.right->TryAs<ast::JoinedTable>();
  // Joins with an alias bring their own parentheses.
  const bool parentheses = right != nullptr && right->alias.empty() && right->sample == nullptr;
  if (parentheses) Put("(");
  Table(*join.right);
  if (parentheses) Put(")");
  if (join.on != nullptr) {
    Put(" ON ");
    Expr(*join.on);
  }
  if (!join.using_columns.empty()) {
    Put(" USING ");
    ParenthesizedNames(join.using_columns);
    if (!join.using_alias.empty()) {
      Put(" AS ");
      Name(join.using_alias);
    }
  }
}

void SqlWriter::PivotTail(const ast::PivotTable& pivot) {
  Put(" PIVOT (");
  SelectItems(pivot.aggregates);
  Put(" FOR");
  for (const ast::PivotColumn& column : pivot.columns) {
    Put(" ");
    if (column.columns.size() == 1) {
      Expr(*column.columns[0], Tighter(Precedence::kBetween));
    } else {
      Put("(");
      ExprList(column.columns);
      Put(")");
    }
    Put(" IN (");
    if (column.query != nullptr) {
      Query(*column.query);
    } else if (column.values.empty()) {
      Put("ANY");
    } else {
      SelectItems(column.values);
    }
    Put(")");
  }
  if (!pivot.group_by.empty()) {
    Put(" GROUP BY ");
    ExprList(pivot.group_by);
  }
  Put(")");
}

void SqlWriter::UnpivotTail(const ast::UnpivotTable& unpivot) {
  Put(unpivot.include_nulls ? " UNPIVOT INCLUDE NULLS (" : " UNPIVOT (");
  unpivot.value_names.size() == 1 ? Name(unpivot.value_names[0]) : ParenthesizedNames(unpivot.value_names);
  Put(" FOR ");
  Name(unpivot.name_column);
  Put(" IN (");
  CommaList(unpivot.groups, [&](const ast::UnpivotGroup& group) {
    if (group.columns.size() == 1) {
      Expr(*group.columns[0]);
    } else {
      Put("(");
      ExprList(group.columns);
      Put(")");
    }
    if (!group.alias.empty()) {
      Put(" AS ");
      Name(group.alias);
    }
  });
  Put("))");
}

}  // namespace weir
