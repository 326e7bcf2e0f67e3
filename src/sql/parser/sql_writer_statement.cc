// Queries as statements, changes of rows, sessions.
#include <array>

#include "sql/parser/sql_writer.h"
#include "sql/parser/to_sql.h"

namespace weir {

void SqlWriter::Statement(const ast::Statement& statement) {
  ast::Visit(statement, [&](const auto& node) { Write(node); });
}

void SqlWriter::Write(const ast::QueryStatement& statement) {
  Query(*statement.query);
}

void SqlWriter::Assignments(ast::List<ast::Assignment> assignments) {
  CommaList(assignments, [&](const ast::Assignment& assignment) {
    if (assignment.targets.size() == 1) {
      Expr(*assignment.targets[0]);
    } else {
      Put("(");
      ExprList(assignment.targets);
      Put(")");
    }
    Put(" = ");
    Expr(*assignment.value);
  });
}

void SqlWriter::Returning(ast::List<ast::SelectItem> items) {
  if (items.empty()) return;
  Put(" RETURNING ");
  SelectItems(items);
}

void SqlWriter::Write(const ast::Insert& insert) {
  With(insert.with);
  Put("INSERT ");
  if (insert.replace) Put("OR REPLACE ");
  const bool ignores = insert.on_conflict != nullptr && insert.on_conflict->action == ast::ConflictAction::kDoNothing;
  Put(insert.overwrite ? "OVERWRITE " : "INTO ");
  if (insert.table_function != nullptr) {
    Call(insert.table_function->As<ast::FunctionCall>(), true);
  } else {
    Qualified(insert.table);
  }
  if (!insert.alias.empty()) {
    Put(" AS ");
    Name(insert.alias);
  }
  if (!insert.partitions.empty()) {
    Put(" PARTITION ");
    ParenthesizedNames(insert.partitions);
  }
  if (!insert.label.empty()) {
    Put(" WITH LABEL ");
    Name(insert.label);
  }
  if (insert.by_name) Put(" BY NAME");
  if (!insert.columns.empty()) {
    Put(" (");
    QualifiedList(insert.columns);
    Put(")");
  }
  if (insert.overriding_system) Put(" OVERRIDING SYSTEM VALUE");
  if (insert.default_values) {
    Put(" DEFAULT VALUES");
  } else {
    Put(" ");
    Query(*insert.query);
  }
  if (const ast::OnConflict* conflict = insert.on_conflict) {
    Put(" ON CONFLICT");
    if (!conflict->target.empty()) {
      Put(" (");
      ExprList(conflict->target);
      Put(")");
      if (conflict->target_where != nullptr) {
        Put(" WHERE ");
        Expr(*conflict->target_where);
      }
    }
    if (!conflict->constraint.empty()) {
      Put(" ON CONSTRAINT ");
      Name(conflict->constraint);
    }
    if (ignores) {
      Put(" DO NOTHING");
    } else {
      Put(" DO UPDATE SET ");
      Assignments(conflict->assignments);
      if (conflict->where != nullptr) {
        Put(" WHERE ");
        Expr(*conflict->where);
      }
    }
  }
  Returning(insert.returning);
}

void SqlWriter::Write(const ast::Update& update) {
  With(update.with);
  Put("UPDATE ");
  Qualified(update.table);
  if (!update.alias.empty()) {
    Put(" AS ");
    Name(update.alias);
  }
  Put(" SET ");
  Assignments(update.assignments);
  if (!update.from.empty()) {
    Put(" FROM ");
    Tables(update.from);
  }
  if (update.where != nullptr) {
    Put(" WHERE ");
    Expr(*update.where);
  }
  Returning(update.returning);
}

void SqlWriter::Write(const ast::Delete& statement) {
  With(statement.with);
  Put("DELETE FROM ");
  Qualified(statement.table);
  if (!statement.alias.empty()) {
    Put(" AS ");
    Name(statement.alias);
  }
  if (!statement.partitions.empty()) {
    Put(" PARTITION ");
    ParenthesizedNames(statement.partitions);
  }
  if (!statement.using_tables.empty()) {
    Put(" USING ");
    Tables(statement.using_tables);
  }
  if (statement.where != nullptr) {
    Put(" WHERE ");
    Expr(*statement.where);
  }
  Returning(statement.returning);
}

void SqlWriter::Write(const ast::Merge& merge) {
  With(merge.with);
  Put("MERGE INTO ");
  Qualified(merge.table);
  if (!merge.alias.empty()) {
    Put(" AS ");
    Name(merge.alias);
  }
  Put(" USING ");
  Table(*merge.source);
  Put(" ON ");
  Expr(*merge.on);
  for (const ast::MergeClause& clause : merge.clauses) {
    static constexpr auto kMatches =
        std::to_array<std::string_view>({" WHEN MATCHED", " WHEN NOT MATCHED", " WHEN NOT MATCHED BY SOURCE"});
    Put(kMatches[static_cast<size_t>(clause.match)]);
    if (clause.condition != nullptr) {
      Put(" AND ");
      Expr(*clause.condition);
    }
    Put(" THEN ");
    switch (clause.action) {
      case ast::MergeActionKind::kDoNothing:
        Put("DO NOTHING");
        break;
      case ast::MergeActionKind::kUpdate:
        Put("UPDATE SET ");
        Assignments(clause.assignments);
        break;
      case ast::MergeActionKind::kDelete:
        Put("DELETE");
        break;
      case ast::MergeActionKind::kInsert:
        Put("INSERT ");
        if (!clause.columns.empty()) {
          ParenthesizedNames(clause.columns);
          Put(" ");
        }
        if (clause.default_values) {
          Put("DEFAULT VALUES");
        } else {
          Put("VALUES (");
          ExprList(clause.values);
          Put(")");
        }
        break;
    }
  }
  Returning(merge.returning);
}

void SqlWriter::Write(const ast::Copy& copy) {
  Put("COPY ");
  if (copy.query != nullptr) {
    Put("(");
    Query(*copy.query);
    Put(")");
  } else {
    Qualified(copy.table);
    if (!copy.columns.empty()) {
      Put(" ");
      ParenthesizedNames(copy.columns);
    }
  }
  Put(copy.is_from ? " FROM " : " TO ");
  switch (copy.peer) {
    case ast::CopyPeer::kStdio:
      Put(copy.is_from ? "STDIN" : "STDOUT");
      break;
    case ast::CopyPeer::kFile:
      String(copy.path);
      break;
    case ast::CopyPeer::kProgram:
      Put("PROGRAM ");
      String(copy.path);
      break;
  }
  if (!copy.options.empty()) {
    Put(" ");
    Options(copy.options, false);
  }
  if (copy.where != nullptr) {
    Put(" WHERE ");
    Expr(*copy.where);
  }
}

void SqlWriter::Write(const ast::Truncate& statement) {
  Put("TRUNCATE TABLE ");
  QualifiedList(statement.tables);
  if (!statement.partitions.empty()) {
    Put(" PARTITION ");
    ParenthesizedNames(statement.partitions);
  }
  if (statement.restart_identity) Put(" RESTART IDENTITY");
  if (statement.cascade) Put(" CASCADE");
}

// ---- plans, prepared statements, cursors

void SqlWriter::Write(const ast::Explain& explain) {
  Put("EXPLAIN ");
  bool options_say_analyze = false;
  for (const ast::Option& option : explain.options) {
    options_say_analyze |= option.name == "analyze" || option.name == "analyse" || option.name == "verbose";
  }
  const bool is_format = explain.options.size() == 1 && explain.options[0].name == "format" &&
                         (explain.analyze || explain.verbose || !explain.level.empty());
  if (!options_say_analyze) {
    if (explain.analyze) Put("ANALYZE ");
    if (explain.verbose) Put("VERBOSE ");
  }
  if (!explain.level.empty()) Put(explain.level, " ");
  if (is_format) {
    Put("FORMAT = ");
    OptionValue(*explain.options[0].value);
    Put(" ");
  } else if (!explain.options.empty()) {
    Options(explain.options, false);
    Put(" ");
  }
  Statement(*explain.statement);
}

void SqlWriter::Write(const ast::Prepare& prepare) {
  Put("PREPARE ");
  Name(prepare.name);
  if (prepare.source != nullptr) {
    Put(" FROM ");
    return Expr(*prepare.source);
  }
  if (!prepare.types.empty()) {
    Put(" (");
    CommaList(prepare.types, [&](const ast::TypeName* type) { Type(*type); });
    Put(")");
  }
  Put(" AS ");
  Statement(*prepare.statement);
}

void SqlWriter::Write(const ast::Execute& execute) {
  Put("EXECUTE ");
  Name(execute.name);
  if (execute.args.empty()) return;
  Put(" (");
  ExprList(execute.args);
  Put(")");
}

void SqlWriter::Write(const ast::Deallocate& statement) {
  Put("DEALLOCATE ");
  statement.name.empty() ? Put("ALL") : Name(statement.name);
}

void SqlWriter::Write(const ast::DeclareCursor& cursor) {
  Put("DECLARE ");
  Name(cursor.name);
  if (cursor.binary) Put(" BINARY");
  if (cursor.insensitive) Put(*cursor.insensitive ? " INSENSITIVE" : " ASENSITIVE");
  if (cursor.scroll) Put(*cursor.scroll ? " SCROLL" : " NO SCROLL");
  if (!cursor.subscription.empty()) {
    Put(" SUBSCRIPTION CURSOR FOR ");
    return Name(cursor.subscription);
  }
  Put(cursor.with_hold ? " CURSOR WITH HOLD FOR " : " CURSOR FOR ");
  Query(*cursor.query);
}

void SqlWriter::Write(const ast::FetchCursor& fetch) {
  Put(fetch.is_move ? "MOVE " : "FETCH ");
  const bool all = fetch.count == ast::FetchCursor::kAll;
  static constexpr auto kWords = std::to_array<std::string_view>({"FORWARD ", "BACKWARD ", "ABSOLUTE ", "RELATIVE "});
  Put(kWords[static_cast<size_t>(fetch.direction)], all ? "ALL" : std::to_string(fetch.count), " FROM ");
  Name(fetch.name);
}

void SqlWriter::Write(const ast::CloseCursor& close) {
  Put("CLOSE ");
  close.name.empty() ? Put("ALL") : Name(close.name);
}

// ---- sessions

void SqlWriter::TransactionModes(ast::IsolationLevel isolation, std::optional<bool> read_only,
                                 std::optional<bool> deferrable) {
  static constexpr auto kLevels =
      std::to_array<std::string_view>({"", "READ UNCOMMITTED", "READ COMMITTED", "REPEATABLE READ", "SERIALIZABLE"});
  if (isolation != ast::IsolationLevel::kDefault) {
    Put(" ISOLATION LEVEL ", kLevels[static_cast<size_t>(isolation)]);
  }
  if (read_only) Put(*read_only ? " READ ONLY" : " READ WRITE");
  if (deferrable) Put(*deferrable ? " DEFERRABLE" : " NOT DEFERRABLE");
}

void SqlWriter::Write(const ast::Transaction& transaction) {
  using Action = ast::TransactionAction;
  switch (transaction.action) {
    case Action::kBegin:
      Put(transaction.is_start ? "START TRANSACTION" : "BEGIN");
      if (!transaction.label.empty()) {
        Put(" WITH LABEL ");
        Name(transaction.label);
      }
      return TransactionModes(transaction.isolation, transaction.read_only, transaction.deferrable);
    case Action::kCommit:
      return Put(transaction.chain ? "COMMIT AND CHAIN" : "COMMIT");
    case Action::kRollback:
      return Put(transaction.chain ? "ROLLBACK AND CHAIN" : "ROLLBACK");
    case Action::kSavepoint:
      Put("SAVEPOINT ");
      return Name(transaction.name);
    case Action::kReleaseSavepoint:
      Put("RELEASE SAVEPOINT ");
      return Name(transaction.name);
    case Action::kRollbackToSavepoint:
      Put("ROLLBACK TO SAVEPOINT ");
      return Name(transaction.name);
    case Action::kPrepareTransaction:
      Put("PREPARE TRANSACTION ");
      return String(transaction.name);
    case Action::kCommitPrepared:
      Put("COMMIT PREPARED ");
      return String(transaction.name);
    case Action::kRollbackPrepared:
      Put("ROLLBACK PREPARED ");
      return String(transaction.name);
  }
}

void SqlWriter::PutSetItem(const ast::SetItem& item) {
  static constexpr auto kScopes = std::to_array<std::string_view>({"", "SESSION ", "LOCAL ", "GLOBAL "});
  if (item.is_user_variable) {
    Put("@`", item.name, "` = ");
    return Expr(*item.values[0]);
  }
  Put(kScopes[static_cast<size_t>(item.scope)]);
  // These would begin other forms of SET.
  const bool is_form = item.name == "names" || item.name == "transaction" || item.name == "constraints" ||
                       item.name == "password" || item.name == "time";
  if (is_form) {
    Put("\"", item.name, "\"");
  } else {
    Name(item.name);
  }
  Put(" = ");
  if (item.values.empty()) return Put("DEFAULT");
  CommaList(item.values, [&](const ast::Expr* value) { Expr(*value); });
}

void SqlWriter::Write(const ast::SetVariable& set) {
  Put("SET ");
  if (set.items.size() == 1 && set.items[0].name == "transaction" && set.items[0].values.empty()) {
    const ast::SetScope scope = set.items[0].scope;
    if (scope == ast::SetScope::kSession) Put("SESSION CHARACTERISTICS AS ");
    if (scope == ast::SetScope::kLocal) Put("LOCAL ");
    if (scope == ast::SetScope::kGlobal) Put("GLOBAL ");
    Put("TRANSACTION");
    return TransactionModes(set.isolation, set.read_only, set.deferrable);
  }
  CommaList(set.items, [&](const ast::SetItem& item) { PutSetItem(item); });
}

void SqlWriter::Write(const ast::ShowVariable& show) {
  Put("SHOW ");
  String(show.name);
}

void SqlWriter::Write(const ast::ResetVariable& reset) {
  Put("RESET ");
  String(reset.name);
}

void SqlWriter::Write(const ast::ShowCommand& show) {
  Put("SHOW ");
  if (show.full) Put("FULL ");
  if (show.global) Put("GLOBAL ");
  if (show.all) Put("ALL ");
  Put(show.what);
  if (!show.path.empty()) {
    Put(" ");
    String(show.path);
  }
  if (!show.name.empty()) {
    if (show.what == "tablet") {
      Put(" ", show.name.last());
    } else {
      Put(" FOR ");
      Qualified(show.name);
    }
  }
  if (!show.from.empty()) {
    Put(" FROM ");
    Qualified(show.from);
  }
  if (show.like != nullptr) {
    Put(" LIKE ");
    Expr(*show.like, Precedence::kPostfix);
  }
  if (show.where != nullptr) {
    Put(" WHERE ");
    Expr(*show.where);
  }
  if (!show.order_by.empty()) {
    Put(" ORDER BY ");
    SortItems(show.order_by);
  }
  if (show.limit != nullptr) {
    Put(" LIMIT ");
    Expr(*show.limit);
  }
  if (show.offset_rows != nullptr) {
    Put(" OFFSET ");
    Expr(*show.offset_rows);
  }
}

void SqlWriter::Write(const ast::Use& use) {
  Put("USE ");
  Qualified(use.name);
}

void SqlWriter::Write(const ast::Describe& describe) {
  Put("DESCRIBE ");
  if (describe.query != nullptr) return Query(*describe.query);
  if (describe.extended) Put("EXTENDED ");
  if (!describe.what.empty()) Put(describe.what, " ");
  if (describe.table_function != nullptr) return Call(describe.table_function->As<ast::FunctionCall>(), true);
  Qualified(describe.name);
  if (describe.column.empty()) return;
  Put(" ");
  Name(describe.column);
}

void SqlWriter::Write(const ast::Summarize& statement) {
  Put("SUMMARIZE ");
  statement.query != nullptr ? Query(*statement.query) : Qualified(statement.name);
}

void SqlWriter::AnalyzeTargets(ast::List<ast::AnalyzeTarget> targets) {
  CommaList(targets, [&](const ast::AnalyzeTarget& target) {
    Qualified(target.table);
    if (target.columns.empty()) return;
    Put(" ");
    ParenthesizedNames(target.columns);
  });
}

void SqlWriter::Write(const ast::Analyze& analyze) {
  switch (analyze.action) {
    case ast::AnalyzeAction::kDropJob:
      return Put("DROP ANALYZE ", analyze.scope == "all" ? "ALL" : std::to_string(analyze.job_id));
    case ast::AnalyzeAction::kKillJob:
      return Put("KILL ANALYZE ", std::to_string(analyze.job_id));
    case ast::AnalyzeAction::kDropStatistics:
      Put("DROP STATS ");
      return AnalyzeTargets(analyze.targets);
    case ast::AnalyzeAction::kCreateJob:
      Put("CREATE ");
      break;
    case ast::AnalyzeAction::kRun:
      break;
  }
  Put("ANALYZE");
  const bool is_job = analyze.action == ast::AnalyzeAction::kCreateJob;
  const bool with_table = is_job || analyze.full || analyze.sample || analyze.sync || analyze.buckets >= 0 ||
                          analyze.scope == "histogram" || (!analyze.options.empty() && !analyze.targets.empty());
  if (!with_table && !analyze.options.empty()) {
    Put(" ");
    Options(analyze.options, false);
  } else if (analyze.verbose) {
    Put(" VERBOSE");
  }
  if (analyze.full) Put(" FULL");
  if (analyze.sample) Put(" SAMPLE");
  if (is_job && analyze.scope == "all") Put(" ALL");
  if (is_job && analyze.scope == "database") Put(" DATABASE");
  if (with_table && analyze.scope != "all" && analyze.scope != "database") Put(" TABLE");
  if (!analyze.targets.empty()) {
    Put(" ");
    if (analyze.scope == "histogram") {
      Qualified(analyze.targets[0].table);
      Put(" UPDATE HISTOGRAM ON ");
      Names(analyze.targets[0].columns);
    } else {
      AnalyzeTargets(analyze.targets);
    }
  }
  if (analyze.sync) Put(*analyze.sync ? " WITH SYNC MODE" : " WITH ASYNC MODE");
  if (analyze.buckets >= 0) Put(" WITH ", std::to_string(analyze.buckets), " BUCKETS");
  if (with_table) OptionsAfter("PROPERTIES", analyze.options);
}

void SqlWriter::Write(const ast::Vacuum& vacuum) {
  Put("VACUUM");
  if (!vacuum.options.empty()) {
    Put(" ");
    Options(vacuum.options, false);
  }
  if (vacuum.targets.empty()) return;
  Put(" ");
  AnalyzeTargets(vacuum.targets);
}

void SqlWriter::Write(const ast::Discard& discard) {
  if (discard.what == "listen") return Put("UNLISTEN *");
  Put("DISCARD ", discard.what);
}

void SqlWriter::Write(const ast::Flush& flush) {
  Put("FLUSH");
  if (!flush.what.empty()) Put(" ", flush.what);
  if (flush.name.empty()) return;
  Put(" ");
  Qualified(flush.name);
}

void SqlWriter::Write(const ast::Kill& kill) {
  Put(kill.query_only ? "KILL QUERY " : "KILL CONNECTION ");
  Expr(*kill.id);
}

void SqlWriter::Write(const ast::Checkpoint&) {
  Put("CHECKPOINT");
}

void SqlWriter::Write(const ast::Call& call) {
  Put("CALL ");
  Call(call.call->As<ast::FunctionCall>(), true);
}

}  // namespace weir
