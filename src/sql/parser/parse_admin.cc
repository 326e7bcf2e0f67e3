// StarRocks' statements for loads, tasks, backups and administration.
#include <string_view>

#include "sql/parser/parser_core.h"

namespace weir {

using ast::Expr;

// ---- loads

// (a, b, c = expr, ...)
ast::List<ast::LoadColumn> Parser::ParseLoadColumns() {
  return ParseParenthesizedList<ast::LoadColumn>([&] {
    ast::LoadColumn column;
    column.name = ParseColumnName();
    if (Accept(Operator::kEquals)) column.expr = ParseExpr();
    return column;
  });
}

// LOAD LABEL [db.]label (data, ...) WITH BROKER | RESOURCE ... [PROPERTIES (...)]
const ast::Statement* Parser::ParseBrokerLoad() {
  auto* load = New<ast::BrokerLoad>(token_.offset);
  ExpectWords("load", "label");
  load->label = ParseQualifiedName();
  load->data = ParseParenthesizedList<ast::LoadData>([&] { return ParseLoadData(); });
  if (Accept(Keyword::kWith)) {
    if (AcceptWord("resource")) {
      load->resource = ParseNameOrString();
    } else {
      ExpectWord("broker");
      load->has_broker = true;
      if (!At(TokenKind::kLeftParen)) load->broker = ParseNameOrString();
    }
    if (At(TokenKind::kLeftParen)) load->source_options = ParseParenthesizedOptions();
  }
  load->options = TryProperties();
  return load;
}

ast::LoadData Parser::ParseLoadData() {
  ast::LoadData data;
  data.offset = token_.offset;
  ExpectWord("data");
  if (Accept(Keyword::kFrom)) {
    Expect(Keyword::kTable);
    data.from_table = ParseColumnName();
  } else {
    ExpectWord("infile");
    data.paths = ParseParenthesizedList<Name>([&] { return ParseString(); });
  }
  data.negative = AcceptWord("negative");
  Expect(Keyword::kInto);
  Expect(Keyword::kTable);
  data.table = ParseNameOrString();
  if (Accept(Keyword::kPartition)) data.partitions = ParseParenthesizedNames();
  while (true) {
    if (AcceptWords("columns", "terminated", "by")) {
      data.column_separator = ParseString();
    } else if (AcceptWords("rows", "terminated", "by") || AcceptWords("lines", "terminated", "by")) {
      data.row_delimiter = ParseString();
    } else if (AcceptWord("format")) {
      Accept(Keyword::kAs);
      data.format = ParseWordOrString();
      if (At(TokenKind::kLeftParen) && PeekIsWord(2, "=")) data.format_options = ParseParenthesizedOptions();
    } else if (AcceptWords("columns", "from", "path")) {
      Expect(Keyword::kAs);
      data.path_columns = ParseParenthesizedNames();
    } else if (At(TokenKind::kLeftParen)) {
      data.columns = ParseParenthesizedNames();
    } else if (AcceptWord("set")) {
      data.set = ParseLoadColumns();
    } else if (Accept(Keyword::kWhere)) {
      data.where = ParseExpr();
    } else {
      return data;
    }
  }
}

// The clauses that CREATE and ALTER ROUTINE LOAD share.
template <typename Node>
void Parser::ParseRoutineLoadClauses(Node* load) {
  while (!At(TokenKind::kEnd) && !At(TokenKind::kSemicolon)) {
    if (AcceptWords("columns", "terminated", "by")) {
      load->column_separator = ParseString();
    } else if (AcceptWords("rows", "terminated", "by")) {
      load->row_delimiter = ParseString();
    } else if (AtWord("columns")) {
      Advance();
      if (At(TokenKind::kLeftParen)) {
        load->columns = ParseLoadColumns();
      } else {  // without parentheses the list ends where the next clause begins
        ListBuilder<ast::LoadColumn> columns(arena_);
        do {
          if (AtWord("where") || AtWord("partition") || AtWord("columns") || AtWord("rows")) break;
          ast::LoadColumn column;
          column.name = ParseColumnName();
          if (Accept(Operator::kEquals)) column.expr = ParseExpr();
          columns.Add(column);
        } while (Accept(TokenKind::kComma));
        load->columns = columns.Finish();
      }
    } else if (Accept(Keyword::kWhere)) {
      load->where = ParseExpr();
    } else if (AcceptWord("temporary") || At(Keyword::kPartition)) {
      Expect(Keyword::kPartition);
      load->partitions = ParseParenthesizedNames();
    } else if (AcceptWord("properties")) {
      load->options = ParseParenthesizedOptions();
    } else if (Accept(Keyword::kFrom)) {
      load->source = Lower(ParseAnyName());
      if (At(TokenKind::kLeftParen)) load->source_options = ParseParenthesizedOptions();
    } else if (!Accept(TokenKind::kComma)) {
      SyntaxError();
    }
  }
}

const ast::Statement* Parser::ParseCreateRoutineLoad(const CreatePrefix& prefix) {
  auto* load = New<ast::CreateRoutineLoad>(prefix.offset);
  ExpectWords("routine", "load");
  load->name = ParseQualifiedName();
  Expect(Keyword::kOn);
  load->table = ParseColumnName();
  ParseRoutineLoadClauses(load);
  return load;
}

// Behind ALTER.
const ast::Statement* Parser::ParseAlterRoutineLoad(uint32_t offset) {
  auto* load = New<ast::AlterRoutineLoad>(offset);
  load->is_load = !AcceptWord("routine");
  ExpectWord("load");
  Expect(Keyword::kFor);
  load->name = ParseQualifiedName();
  ParseRoutineLoadClauses(load);
  return load;
}

// PAUSE | RESUME | STOP ROUTINE LOAD FOR name, and the same for other jobs (FLOW, TASK, SINK, ...)
const ast::Statement* Parser::ParsePauseResumeStop() {
  auto* job = New<ast::ControlJob>(token_.offset);
  job->action = AtWord("pause")    ? ast::JobAction::kPause
                : AtWord("resume") ? ast::JobAction::kResume
                                   : ast::JobAction::kStop;
  Advance();
  if (AcceptWords("routine", "load")) {
    job->what = "routine load";
    Expect(Keyword::kFor);
  } else {
    job->what = Lower(ParseAnyName());
    Accept(Keyword::kFor);
  }
  job->name = ParseQualifiedName();
  return job;
}

// CANCEL LOAD | EXPORT | BACKUP | RESTORE | ALTER TABLE COLUMN | REFRESH MATERIALIZED VIEW | DECOMMISSION BACKEND ...
const ast::Statement* Parser::ParseCancel() {
  auto* job = New<ast::ControlJob>(token_.offset);
  Advance();
  std::string words(Lower(ParseAnyName()));
  while (IsAnyName(token_) && !At(Keyword::kFrom) && !At(Keyword::kFor) && !At(Keyword::kWhere) &&
         words != "refresh materialized view") {
    words += ' ';
    words += Lower(ParseAnyName());
  }
  job->what = arena_.CopyText(words);
  if (words == "refresh materialized view") {
    job->name = ParseQualifiedName();
    job->force = AcceptWord("force");
    return job;
  }
  if (At(TokenKind::kString)) {
    job->ids = ParseCommaList<const Expr*>([&] { return ParsePrimary(); });
  }
  if (Accept(Keyword::kFrom) || Accept(Keyword::kFor)) job->name = ParseQualifiedName();
  if (At(TokenKind::kLeftParen)) job->ids = ParseParenthesizedExprs();
  if (Accept(Keyword::kWhere)) job->where = ParseExpr();
  return job;
}

// EXPORT TABLE t [PARTITION (p)] [(columns)] TO 'path' [PROPERTIES (...)] [WITH BROKER [b] (...)]
const ast::Statement* Parser::ParseExport() {
  auto* node = New<ast::Export>(token_.offset);
  ExpectWord("export");
  Expect(Keyword::kTable);
  node->table = ParseQualifiedName();
  if (Accept(Keyword::kPartition)) node->partitions = ParseParenthesizedNames();
  if (At(TokenKind::kLeftParen)) node->columns = ParseParenthesizedNames();
  Expect(Keyword::kTo);
  node->path = ParseString();
  node->options = TryProperties();
  if (At(Keyword::kWith)) {
    Advance();
    ExpectWord("broker");
    node->has_broker = true;
    if (At(TokenKind::kString) || IsColumnName(token_)) node->broker = ParseNameOrString();
    if (At(TokenKind::kLeftParen)) node->broker_options = ParseParenthesizedOptions();
  }
  return node;
}

// SUBMIT TASK [name] [SCHEDULE [START (t)] EVERY (INTERVAL n unit)] [PROPERTIES (...)] AS statement
const ast::Statement* Parser::ParseSubmitTask() {
  auto* task = New<ast::SubmitTask>(token_.offset);
  ExpectWords("submit", "task");
  if (!At(Keyword::kAs) && !AtWord("schedule") && !AtWord("properties")) task->name = ParseQualifiedName();
  while (!Accept(Keyword::kAs)) {
    if (AcceptWord("schedule")) {
      ParseSchedule(task->start, task->every);
    } else if (AtWord("properties")) {
      Advance();
      task->options = ParseParenthesizedOptions();
    } else {
      SyntaxError();
    }
  }
  task->statement = ParseStatement();
  return task;
}

// ---- backups

// BACKUP SNAPSHOT s TO r ON (t [PARTITION (p)] [AS n], ...), RESTORE SNAPSHOT s FROM r ON (...)
const ast::Statement* Parser::ParseBackup() {
  auto* backup = New<ast::Backup>(token_.offset);
  backup->is_restore = AtWord("restore");
  Advance();
  ExpectWord("snapshot");
  backup->snapshot = ParseQualifiedName();
  Expect(backup->is_restore ? Keyword::kFrom : Keyword::kTo);
  backup->repository = ParseNameOrString();
  if (Accept(Keyword::kOn)) {
    backup->tables = ParseParenthesizedList<ast::BackupTable>([&] {
      ast::BackupTable table;
      Accept(Keyword::kTable);
      table.table = ParseQualifiedName();
      if (Accept(Keyword::kPartition)) table.partitions = ParseParenthesizedNames();
      if (Accept(Keyword::kAs)) table.alias = ParseColumnName();
      return table;
    });
  }
  backup->options = TryProperties();
  return backup;
}

const ast::Statement* Parser::ParseRecover() {
  auto* recover = New<ast::Recover>(token_.offset);
  ExpectWord("recover");
  if (Accept(Keyword::kPartition)) {
    recover->partition = ParseColumnName();
    Expect(Keyword::kFrom);
  } else {
    recover->object = ParseObjectKind();
  }
  recover->name = ParseQualifiedName();
  return recover;
}

// ---- administration

// Behind ALTER: StarRocks' ALTER SYSTEM ADD | DROP | DECOMMISSION | MODIFY ..., PostgreSQL's ALTER SYSTEM SET | RESET.
const ast::Statement* Parser::ParseAlterSystem(uint32_t offset) {
  Advance();
  if (AtWord("set") || AtWord("reset")) {
    if (AcceptWord("set")) {
      auto* set = New<ast::SetVariable>(offset);
      const ast::SetItem item = ParseSetItem(ast::SetScope::kGlobal);
      set->items = arena_.CopyList(std::span<const ast::SetItem>(&item, 1));
      return set;
    }
    auto* set = New<ast::SetVariable>(offset);  // RESET x: to its default
    Advance();
    ast::SetItem item;
    item.offset = token_.offset;
    item.scope = ast::SetScope::kGlobal;
    item.name = ParseOptionName();
    set->items = arena_.CopyList(std::span<const ast::SetItem>(&item, 1));
    return set;
  }
  auto* command = New<ast::AdminCommand>(offset);
  std::string words = "alter system";
  while (IsAnyName(token_) && token_.kind != TokenKind::kQuotedName && !At(Keyword::kTo)) {
    words += ' ';
    words += Lower(ParseAnyName());
  }
  command->command = arena_.CopyText(words);
  if (At(TokenKind::kString) || At(TokenKind::kQuotedName)) {
    command->values = ParseCommaList<const Expr*>([&] { return ParseOptionValue(); });
  }
  if (Accept(Keyword::kTo)) {  // MODIFY BACKEND HOST "a" TO "b"
    ListBuilder<const Expr*> values(arena_);
    for (const Expr* value : command->values) values.Add(value);
    values.Add(ParseOptionValue());
    command->values = values.Finish();
  }
  return command;
}

// ADMIN ..., ADD SQLBLACKLIST, DELETE SQLBLACKLIST, INSTALL PLUGIN, UNINSTALL PLUGIN
const ast::Statement* Parser::ParseAdminCommand() {
  auto* command = New<ast::AdminCommand>(token_.offset);
  std::string words(Lower(ParseAnyName()));
  while (IsAnyName(token_) && token_.kind != TokenKind::kQuotedName) {
    if (At(Keyword::kFrom) || At(Keyword::kTable) || AtWord("tablet") || AtWord("properties") || At(Keyword::kLike) ||
        At(Keyword::kWhere) || At(Keyword::kPartition)) {
      break;
    }
    if (words == "uninstall plugin") break;
    words += ' ';
    words += Lower(ParseAnyName());
  }
  if (AtWord("tablet") || (At(Keyword::kTable) && IsColumnName(Peek(1)))) {
    words += ' ';
    words += Lower(ParseAnyName());
    if (IsColumnName(token_)) command->name = ParseQualifiedName();
  }
  command->command = arena_.CopyText(words);
  while (!At(TokenKind::kEnd) && !At(TokenKind::kSemicolon)) {
    if (Accept(Keyword::kFrom)) {
      if (At(TokenKind::kString)) {
        command->values = ParseCommaList<const Expr*>([&] { return ParsePrimary(); });
      } else {
        command->name = ParseQualifiedName();
      }
    } else if (Accept(Keyword::kPartition)) {
      command->partitions = ParseParenthesizedNames();
    } else if (AcceptWord("properties")) {
      command->options = ParseParenthesizedOptions();
    } else if (At(TokenKind::kLeftParen)) {
      // ("key" = "value") of settings, (1, 2) of tablets
      if (PeekIs(2, Operator::kEquals)) {
        command->options = ParseParenthesizedOptions();
      } else {
        command->values = ParseParenthesizedExprs();
      }
    } else if (Accept(Keyword::kLike)) {
      command->like = ParsePrimary();
    } else if (Accept(Keyword::kWhere)) {
      command->where = ParseExpr();
    } else if (At(TokenKind::kString) || At(TokenKind::kQuotedName) || At(TokenKind::kInteger)) {
      command->values = ParseCommaList<const Expr*>([&] { return ParseOptionValue(); });
    } else if (words == "uninstall plugin" && command->name.empty()) {
      command->name = ParseQualifiedName();
    } else {
      SyntaxError();
    }
  }
  return command;
}

}  // namespace weir
