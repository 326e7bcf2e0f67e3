// Loads, tasks and administration.
#include <array>

#include "sql/parser/sql_writer.h"
#include "sql/parser/to_sql.h"

namespace weir {

void SqlWriter::PutLoadColumns(ast::List<ast::LoadColumn> columns) {
  Put("(");
  CommaList(columns, [&](const ast::LoadColumn& column) {
    Name(column.name);
    if (column.expr == nullptr) return;
    Put(" = ");
    Expr(*column.expr);
  });
  Put(")");
}

void SqlWriter::Write(const ast::BrokerLoad& load) {
  Put("LOAD LABEL ");
  Qualified(load.label);
  Put(" (");
  CommaList(load.data, [&](const ast::LoadData& data) {
    if (!data.from_table.empty()) {
      Put("DATA FROM TABLE ");
      Name(data.from_table);
    } else {
      Put("DATA INFILE (");
      CommaList(data.paths, [&](std::string_view path) { String(path); });
      Put(")");
    }
    Put(data.negative ? " NEGATIVE INTO TABLE " : " INTO TABLE ");
    Name(data.table);
    if (!data.partitions.empty()) {
      Put(" PARTITION ");
      ParenthesizedNames(data.partitions);
    }
    if (data.column_separator) {
      Put(" COLUMNS TERMINATED BY ");
      String(*data.column_separator);
    }
    if (data.row_delimiter) {
      Put(" ROWS TERMINATED BY ");
      String(*data.row_delimiter);
    }
    if (!data.format.empty()) {
      Put(" FORMAT AS ");
      String(data.format);
      if (!data.format_options.empty()) {
        Put(" ");
        Options(data.format_options);
      }
    }
    if (!data.columns.empty()) {
      Put(" ");
      ParenthesizedNames(data.columns);
    }
    if (!data.path_columns.empty()) {
      Put(" COLUMNS FROM PATH AS ");
      ParenthesizedNames(data.path_columns);
    }
    if (!data.set.empty()) {
      Put(" SET ");
      PutLoadColumns(data.set);
    }
    if (data.where != nullptr) {
      Put(" WHERE ");
      Expr(*data.where);
    }
  });
  Put(")");
  if (!load.resource.empty()) {
    Put(" WITH RESOURCE ");
    Name(load.resource);
  } else if (load.has_broker) {
    Put(" WITH BROKER");
    if (!load.broker.empty()) Put(" ");
    if (!load.broker.empty()) Name(load.broker);
  }
  if (!load.source_options.empty()) {
    Put(" ");
    Options(load.source_options);
  }
  OptionsAfter("PROPERTIES", load.options);
}

template <typename Node>
void SqlWriter::RoutineLoadClauses(const Node& load) {
  std::string_view comma = " ";
  const auto next = [&] {
    Put(comma);
    comma = ", ";
  };
  if (load.column_separator) {
    next();
    Put("COLUMNS TERMINATED BY ");
    String(*load.column_separator);
  }
  if (load.row_delimiter) {
    next();
    Put("ROWS TERMINATED BY ");
    String(*load.row_delimiter);
  }
  if (!load.columns.empty()) {
    next();
    Put("COLUMNS ");
    PutLoadColumns(load.columns);
  }
  if (!load.partitions.empty()) {
    next();
    Put("PARTITION ");
    ParenthesizedNames(load.partitions);
  }
  if (load.where != nullptr) {
    next();
    Put("WHERE ");
    Expr(*load.where);
  }
  OptionsAfter("PROPERTIES", load.options);
  if (!load.source.empty()) {
    Put(" FROM ", load.source);
    if (!load.source_options.empty()) {
      Put(" ");
      Options(load.source_options);
    }
  }
}

void SqlWriter::Write(const ast::CreateRoutineLoad& load) {
  Put("CREATE ROUTINE LOAD ");
  Qualified(load.name);
  Put(" ON ");
  Name(load.table);
  RoutineLoadClauses(load);
}

void SqlWriter::Write(const ast::AlterRoutineLoad& load) {
  Put(load.is_load ? "ALTER LOAD FOR " : "ALTER ROUTINE LOAD FOR ");
  Qualified(load.name);
  RoutineLoadClauses(load);
}

void SqlWriter::Write(const ast::ControlJob& job) {
  static constexpr auto kActions = std::to_array<std::string_view>({"PAUSE ", "RESUME ", "STOP ", "CANCEL "});
  Put(kActions[static_cast<size_t>(job.action)], job.what);
  if (job.what == "refresh materialized view") {
    Put(" ");
    Qualified(job.name);
    return Put(job.force ? " FORCE" : "");
  }
  const bool is_list = !job.ids.empty() && job.what.starts_with("decommission");
  if (is_list) {
    Put(" ");
    ExprList(job.ids);
  }
  if (!job.name.empty()) {
    Put(job.action == ast::JobAction::kCancel ? " FROM " : " FOR ");
    Qualified(job.name);
  }
  if (!job.ids.empty() && !is_list) {
    Put(" (");
    ExprList(job.ids);
    Put(")");
  }
  if (job.where != nullptr) {
    Put(" WHERE ");
    Expr(*job.where);
  }
}

void SqlWriter::Write(const ast::Export& statement) {
  Put("EXPORT TABLE ");
  Qualified(statement.table);
  if (!statement.partitions.empty()) {
    Put(" PARTITION ");
    ParenthesizedNames(statement.partitions);
  }
  if (!statement.columns.empty()) {
    Put(" ");
    ParenthesizedNames(statement.columns);
  }
  Put(" TO ");
  String(statement.path);
  OptionsAfter("PROPERTIES", statement.options);
  if (!statement.has_broker) return;
  Put(" WITH BROKER");
  if (!statement.broker.empty()) {
    Put(" ");
    Name(statement.broker);
  }
  if (!statement.broker_options.empty()) {
    Put(" ");
    Options(statement.broker_options);
  }
}

void SqlWriter::Write(const ast::SubmitTask& task) {
  Put("SUBMIT TASK");
  if (!task.name.empty()) {
    Put(" ");
    Qualified(task.name);
  }
  if (task.start != nullptr || task.every != nullptr) Put(" SCHEDULE");
  if (task.start != nullptr) {
    Put(" START ");
    NestedExpr(*task.start);
  }
  if (task.every != nullptr) {
    Put(" EVERY ");
    NestedExpr(*task.every);
  }
  OptionsAfter("PROPERTIES", task.options);
  Put(" AS ");
  Statement(*task.statement);
}

void SqlWriter::Write(const ast::Backup& backup) {
  Put(backup.is_restore ? "RESTORE SNAPSHOT " : "BACKUP SNAPSHOT ");
  Qualified(backup.snapshot);
  Put(backup.is_restore ? " FROM " : " TO ");
  Name(backup.repository);
  if (!backup.tables.empty()) {
    Put(" ON (");
    CommaList(backup.tables, [&](const ast::BackupTable& table) {
      Qualified(table.table);
      if (!table.partitions.empty()) {
        Put(" PARTITION ");
        ParenthesizedNames(table.partitions);
      }
      if (!table.alias.empty()) {
        Put(" AS ");
        Name(table.alias);
      }
    });
    Put(")");
  }
  OptionsAfter("PROPERTIES", backup.options);
}

void SqlWriter::Write(const ast::Recover& recover) {
  Put("RECOVER ");
  if (!recover.partition.empty()) {
    Put("PARTITION ");
    Name(recover.partition);
    Put(" FROM ");
  } else {
    Put(recover.object == ast::ObjectKind::kDatabase ? "DATABASE " : "TABLE ");
  }
  Qualified(recover.name);
}

void SqlWriter::Write(const ast::AdminCommand& command) {
  Put(command.command);
  const bool is_system = command.command.starts_with("alter system");
  const bool is_plain_list = is_system || command.command.ends_with("sqlblacklist");
  if (!command.name.empty()) {
    const bool has_table = command.command.ends_with(" table") || command.command == "uninstall plugin";
    Put(has_table ? " " : " FROM ");
    Qualified(command.name);
  }
  if (!command.partitions.empty()) {
    Put(" PARTITION ");
    ParenthesizedNames(command.partitions);
  }
  if (!command.values.empty()) {
    if (command.command == "install plugin") {
      Put(" FROM ");
      ExprList(command.values);
    } else if (is_plain_list) {
      Put(" ");
      ExprList(command.values);
    } else {
      Put(" (");
      ExprList(command.values);
      Put(")");
    }
  }
  if (!command.options.empty()) {
    Put(command.command.ends_with("config") ? " " : " PROPERTIES ");
    Options(command.options);
  }
  if (command.like != nullptr) {
    Put(" LIKE ");
    Expr(*command.like, Precedence::kPostfix);
  }
  if (command.where != nullptr) {
    Put(" WHERE ");
    Expr(*command.where);
  }
}

}  // namespace weir
