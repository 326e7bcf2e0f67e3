// DROP, ALTER, COMMENT ON and REFRESH.
#include <array>
#include <string_view>

#include "sql/parser/parser_core.h"

namespace weir {

using ast::AlterActionKind;

namespace {

struct ObjectWords {
  std::string_view words;  // one to three
  ast::ObjectKind kind;
};

// The longer of two that begin alike comes first.
constexpr auto kObjects = std::to_array<ObjectWords>({
    {"table", ast::ObjectKind::kTable},
    {"view", ast::ObjectKind::kView},
    {"materialized view", ast::ObjectKind::kMaterializedView},
    {"index", ast::ObjectKind::kIndex},
    {"schema", ast::ObjectKind::kSchema},
    {"database", ast::ObjectKind::kDatabase},
    {"external catalog", ast::ObjectKind::kCatalog},
    {"catalog", ast::ObjectKind::kCatalog},
    {"sequence", ast::ObjectKind::kSequence},
    {"macro table", ast::ObjectKind::kFunction},
    {"macro", ast::ObjectKind::kFunction},
    {"global function", ast::ObjectKind::kFunction},
    {"function", ast::ObjectKind::kFunction},
    {"aggregate", ast::ObjectKind::kAggregate},
    {"procedure", ast::ObjectKind::kProcedure},
    {"type", ast::ObjectKind::kType},
    {"domain", ast::ObjectKind::kDomain},
    {"column", ast::ObjectKind::kColumn},
    {"source", ast::ObjectKind::kSource},
    {"sink", ast::ObjectKind::kSink},
    {"flow", ast::ObjectKind::kFlow},
    {"connection", ast::ObjectKind::kConnection},
    {"subscription", ast::ObjectKind::kSubscription},
    {"secret", ast::ObjectKind::kSecret},
    {"role", ast::ObjectKind::kRole},
    {"group", ast::ObjectKind::kRole},
    {"user", ast::ObjectKind::kUser},
    {"extension", ast::ObjectKind::kExtension},
    {"constraint", ast::ObjectKind::kConstraint},
    {"trigger", ast::ObjectKind::kTrigger},
    {"rule", ast::ObjectKind::kRule},
    {"policy", ast::ObjectKind::kPolicy},
    {"foreign table", ast::ObjectKind::kForeignTable},
    {"resource group", ast::ObjectKind::kResourceGroup},
    {"external resource", ast::ObjectKind::kResource},
    {"resource", ast::ObjectKind::kResource},
    {"repository", ast::ObjectKind::kRepository},
    {"file", ast::ObjectKind::kFile},
    {"task", ast::ObjectKind::kTask},
    {"storage volume", ast::ObjectKind::kStorageVolume},
    {"statistics", ast::ObjectKind::kStatistics},
    {"tablespace", ast::ObjectKind::kTablespace},
    {"collation", ast::ObjectKind::kCollation},
});

}  // namespace

// Accepts the words of `phrase`, separated by single spaces, or nothing.
bool Parser::AcceptPhrase(std::string_view phrase) {
  size_t count = 0;
  for (std::string_view rest = phrase; !rest.empty(); ++count) {
    const size_t space = rest.find(' ');
    const std::string_view word = rest.substr(0, space);
    const bool matches = count == 0 ? AtWord(word) : PeekIsWord(count, word);
    if (!matches) return false;
    rest = space == std::string_view::npos ? std::string_view() : rest.substr(space + 1);
  }
  for (size_t i = 0; i < count; ++i) Advance();
  return true;
}

std::optional<ast::ObjectKind> Parser::TryObjectKind() {
  for (const ObjectWords& object : kObjects) {
    if (AcceptPhrase(object.words)) return object.kind;
  }
  return std::nullopt;
}

ast::ObjectKind Parser::ParseObjectKind() {
  const std::optional<ast::ObjectKind> kind = TryObjectKind();
  if (!kind) SyntaxError();
  return *kind;
}

// ---- DROP

const ast::Statement* Parser::ParseDrop() {
  const uint32_t offset = token_.offset;
  Expect(Keyword::kDrop);
  if (AcceptWord("prepare")) {
    auto* node = New<ast::Deallocate>(offset);
    node->name = ParseColumnName();
    return node;
  }
  if (AtWord("analyze") || AtWord("stats")) return ParseDropAnalyze(offset);
  auto* drop = New<ast::Drop>(offset);
  drop->temporary = AcceptWord("temporary");
  drop->object = ParseObjectKind();
  drop->concurrently = AcceptWord("concurrently");
  drop->if_exists = AcceptIfExists();
  if (drop->object == ast::ObjectKind::kUser || drop->object == ast::ObjectKind::kRole) {
    drop->roles = ParseCommaList<ast::RoleName>([&] { return ParseRoleName(); });
    return drop;
  }
  const auto parse_name = [&] {
    if (!At(TokenKind::kString)) return ParseQualifiedName();
    ast::QualifiedName name;
    name.offset = token_.offset;
    name.parts = OneName(ParseString());
    return name;
  };
  if (drop->object == ast::ObjectKind::kFunction || drop->object == ast::ObjectKind::kAggregate ||
      drop->object == ast::ObjectKind::kProcedure) {
    const ast::QualifiedName name = ParseQualifiedName();
    drop->names = arena_.CopyList(std::span<const ast::QualifiedName>(&name, 1));
    if (Accept(TokenKind::kLeftParen)) {
      drop->has_arguments = true;
      if (!At(TokenKind::kRightParen)) {
        drop->argument_types = ParseCommaList<const ast::TypeName*>([&] { return ParseFunctionParameter(false).type; });
      }
      Expect(TokenKind::kRightParen);
    }
  } else {
    drop->names = ParseCommaList<ast::QualifiedName>(parse_name);
  }
  if (Accept(Keyword::kOn) || Accept(Keyword::kFrom)) drop->on = ParseQualifiedName();
  if (AcceptWord("force")) drop->force = true;
  if (At(Keyword::kWith) && PeekIs(1, TokenKind::kLeftParen)) {  // DROP DATABASE d WITH (FORCE)
    for (const ast::Option& option : TryWithOptions()) drop->force |= option.name == "force";
  }
  drop->options = TryProperties();
  drop->behavior = ParseDropBehavior();
  return drop;
}

// ---- ALTER

const ast::Statement* Parser::ParseAlter() {
  const uint32_t offset = token_.offset;
  ExpectWord("alter");
  if (AtWord("user") || AtWord("role") || At(Keyword::kGroup)) return ParseAlterRole(offset);
  if (AtWord("system")) return ParseAlterSystem(offset);
  if (AtWords("routine", "load") || AtWord("load")) return ParseAlterRoutineLoad(offset);
  if (At(Keyword::kDefault)) {
    Unsupported(offset, "ALTER DEFAULT PRIVILEGES", "GRANT the privileges on each schema's tables.");
  }
  auto* alter = New<ast::AlterObject>(offset);
  alter->object = ParseObjectKind();
  alter->if_exists = AcceptIfExists();
  alter->only = Accept(Keyword::kOnly);
  if (At(TokenKind::kString)) {
    alter->name.offset = token_.offset;
    alter->name.parts = OneName(ParseString());
  } else {
    alter->name = ParseQualifiedName();
  }
  if (At(Operator::kStar)) Advance();
  if (alter->object == ast::ObjectKind::kFunction && Accept(TokenKind::kLeftParen)) {
    alter->has_arguments = true;
    if (!At(TokenKind::kRightParen)) {
      alter->argument_types = ParseCommaList<const ast::TypeName*>([&] { return ParseFunctionParameter(false).type; });
    }
    Expect(TokenKind::kRightParen);
  }
  alter->actions = ParseCommaList<ast::AlterAction>([&] { return ParseAlterAction(alter->object); });
  return alter;
}

ast::AlterAction Parser::ParseAlterAction(ast::ObjectKind object) {
  ast::AlterAction action;
  action.offset = token_.offset;
  if (object == ast::ObjectKind::kDomain && TryDomainAction(action)) return action;
  if (AcceptWord("add")) {
    ParseAlterAdd(action, object);
  } else if (Accept(Keyword::kDrop)) {
    ParseAlterDrop(action);
  } else if (AcceptWord("modify") || AtWord("change")) {
    ParseAlterModify(action);
  } else if (AcceptWord("alter")) {
    ParseAlterColumn(action);
  } else if (AcceptWord("rename")) {
    ParseAlterRename(action);
  } else if (AcceptWord("set")) {
    ParseAlterSet(action, object);
  } else if (AcceptWord("reset")) {
    action.kind = AlterActionKind::kResetProperties;
    if (At(TokenKind::kLeftParen)) {
      action.options = ParseParenthesizedOptions();
    } else {
      ast::Option option;
      option.offset = token_.offset;
      option.name = ParseOptionName();
      action.options = arena_.CopyList(std::span<const ast::Option>(&option, 1));
    }
  } else if (AcceptWords("owner", "to")) {
    action.kind = AlterActionKind::kOwnerTo;
    action.new_name = ParseAnyName();
  } else if (AcceptWords("swap", "with")) {
    action.kind = AlterActionKind::kSwapWith;
    action.target = ParseQualifiedName();
  } else if (AtWord("refresh")) {
    action.kind = AlterActionKind::kSetRefresh;
    action.refresh = ParseRefreshClause();
  } else if (AcceptWord("active")) {
    action.kind = AlterActionKind::kSetActive;
  } else if (AcceptWord("inactive")) {
    action.kind = AlterActionKind::kSetInactive;
  } else if (AtWord("comment")) {
    action.kind = AlterActionKind::kSetComment;
    action.comment = TryComment();
  } else if (At(Keyword::kOrder)) {
    action.kind = AlterActionKind::kOrderBy;
    action.names = ParseSortKey();
  } else if (AtWord("distributed")) {
    action.kind = AlterActionKind::kDistribution;
    action.distribution = ParseDistribution();
  } else if (AcceptWord("truncate")) {
    action.kind = AlterActionKind::kTruncatePartition;
    action.temporary = AcceptWord("temporary");
    Expect(Keyword::kPartition);
    action.names = ParseOneOrMoreNames();
  } else if (AcceptWord("replace")) {
    action.kind = AlterActionKind::kReplacePartition;
    Expect(Keyword::kPartition);
    action.names = ParseOneOrMoreNames();
    Expect(Keyword::kWith);
    action.temporary = AcceptWord("temporary");
    Expect(Keyword::kPartition);
    action.new_names = ParseOneOrMoreNames();
    action.options = TryProperties();
  } else if (AcceptWord("validate")) {
    action.kind = AlterActionKind::kValidateConstraint;
    Expect(Keyword::kConstraint);
    action.name = ParseColumnName();
  } else if (AcceptWord("compact")) {
    action.kind = AlterActionKind::kCompact;
    if (At(TokenKind::kLeftParen) || IsColumnName(token_)) action.names = ParseOneOrMoreNames();
  } else if (Accept(Keyword::kAs)) {
    action.kind = AlterActionKind::kSetQuery;
    action.query = ParseQuery();
  } else if (At(TokenKind::kLeftParen) && object == ast::ObjectKind::kView) {
    // ALTER VIEW v (a, b) AS query
    action.kind = AlterActionKind::kSetQuery;
    ListBuilder<Name> names(arena_);
    for (const ast::ViewColumn& column : TryViewColumns()) names.Add(column.name);
    action.names = names.Finish();
    Expect(Keyword::kAs);
    action.query = ParseQuery();
  } else if (object == ast::ObjectKind::kSequence) {
    action.kind = AlterActionKind::kOption;
    action.options = ParseSequenceOptions();
    if (action.options.empty()) SyntaxError();
  } else if (Accept(Keyword::kWith)) {  // ALTER RESOURCE GROUP g WITH (...)
    action.kind = AlterActionKind::kOption;
    action.options = ParseParenthesizedOptions();
  } else {
    SyntaxError();
  }
  return action;
}

// ALTER DOMAIN d SET DEFAULT x | DROP DEFAULT | SET NOT NULL | DROP NOT NULL: as of a column without a name.
bool Parser::TryDomainAction(ast::AlterAction& action) {
  if (AcceptWords("set", "default")) {
    action.kind = AlterActionKind::kSetDefault;
    action.expr = ParseExpr();
  } else if (AcceptWords("drop", "default")) {
    action.kind = AlterActionKind::kDropDefault;
  } else if (AcceptWords("set", "not", "null")) {
    action.kind = AlterActionKind::kSetNotNull;
  } else if (AcceptWords("drop", "not", "null")) {
    action.kind = AlterActionKind::kDropNotNull;
  } else {
    return false;
  }
  return true;
}

// a | (a, b)
ast::List<ast::Name> Parser::ParseOneOrMoreNames() {
  return At(TokenKind::kLeftParen) ? ParseParenthesizedNames() : OneName(ParseColumnName());
}

// [FIRST | AFTER column]
void Parser::ParseColumnPosition(ast::AlterAction& action) {
  if (AcceptWord("first")) {
    action.position = ast::ColumnPosition::kFirst;
  } else if (AcceptWord("after")) {
    action.position = ast::ColumnPosition::kAfter;
    action.position_name = ParseColumnName();
  }
}

void Parser::ParseAlterAdd(ast::AlterAction& action, ast::ObjectKind object) {
  if (AtWord("temporary") || At(Keyword::kPartition) || AtWord("partitions")) {
    action.kind = AlterActionKind::kAddPartition;
    action.temporary = AtWord("temporary");
    if (AcceptWord("partitions")) {
      action.all = true;
    }
    const ast::PartitionDefinition partition = ParsePartitionDefinition();
    action.partitions = arena_.CopyList(std::span<const ast::PartitionDefinition>(&partition, 1));
    // StarRocks lets the distribution of the new partition follow.
    if (AtWord("distributed")) action.distribution = ParseDistribution();
    return;
  }
  if (AcceptWord("rollup")) {
    action.kind = AlterActionKind::kAddRollup;
    action.name = ParseColumnName();
    action.names = ParseParenthesizedNames();
    if (Accept(Keyword::kFrom)) action.rollup_of = ParseColumnName();
    action.options = TryProperties();
    return;
  }
  if (At(Keyword::kIndex) && IsColumnName(Peek(1)) && PeekIs(2, TokenKind::kLeftParen) && IsAnyName(Peek(3))) {
    action.kind = AlterActionKind::kAddIndex;
    action.index = arena_.New<ast::TableIndex>(ParseTableIndex());
    return;
  }
  if (object == ast::ObjectKind::kType && AcceptWord("value")) {
    action.kind = AlterActionKind::kAddEnumLabel;
    action.if_not_exists = AcceptIfNotExists();
    action.name = ParseString();
    if (AcceptWord("before")) {
      action.position = ast::ColumnPosition::kBefore;
      action.position_name = ParseString();
    } else if (AcceptWord("after")) {
      action.position = ast::ColumnPosition::kAfter;
      action.position_name = ParseString();
    }
    return;
  }
  if (AtWord("watermark") && PeekIs(1, Keyword::kFor)) {
    action.kind = AlterActionKind::kAddWatermark;
    auto* watermark = New<ast::Watermark>(token_.offset);
    Advance();
    Advance();
    watermark->column = ParseColumnName();
    Expect(Keyword::kAs);
    watermark->expr = ParseExpr();
    action.watermark = watermark;
    return;
  }
  if (AtTableConstraint()) {
    action.kind = AlterActionKind::kAddConstraint;
    action.constraint = ParseTableConstraint();
    return;
  }
  AcceptWord("column");
  action.kind = AlterActionKind::kAddColumn;
  action.if_not_exists = AcceptIfNotExists();
  if (At(TokenKind::kLeftParen)) {
    action.columns = ParseParenthesizedList<ast::ColumnDefinition>([&] { return ParseColumnDefinition(); });
  } else {
    const ast::ColumnDefinition column = ParseColumnDefinition();
    action.columns = arena_.CopyList(std::span<const ast::ColumnDefinition>(&column, 1));
    ParseColumnPosition(action);
  }
  if (At(Keyword::kTo) || At(Keyword::kIn)) {  // a rollup of StarRocks
    Advance();
    action.rollup_of = ParseColumnName();
  }
  action.options = TryProperties();
}

void Parser::ParseAlterDrop(ast::AlterAction& action) {
  action.temporary = AcceptWord("temporary");
  if (Accept(Keyword::kPartition)) {
    action.kind = AlterActionKind::kDropPartition;
    action.if_exists = AcceptIfExists();
    action.names = ParseOneOrMoreNames();
    action.force = AcceptWord("force");
    return;
  }
  if (AcceptWord("rollup")) {
    action.kind = AlterActionKind::kDropRollup;
    action.names = ParseNameList();
    return;
  }
  if (At(Keyword::kIndex) && IsColumnName(Peek(1))) {
    Advance();
    action.kind = AlterActionKind::kDropIndex;
    action.name = ParseColumnName();
    return;
  }
  if (Accept(Keyword::kConstraint)) {
    action.kind = AlterActionKind::kDropConstraint;
    action.if_exists = AcceptIfExists();
    action.name = ParseColumnName();
    action.behavior = ParseDropBehavior();
    return;
  }
  AcceptWord("column");
  action.kind = AlterActionKind::kDropColumn;
  action.if_exists = AcceptIfExists();
  action.name = ParseColumnName();
  action.behavior = ParseDropBehavior();
  if (Accept(Keyword::kFrom)) action.rollup_of = ParseColumnName();
}

// Behind MODIFY, or at CHANGE.
void Parser::ParseAlterModify(ast::AlterAction& action) {
  action.kind = AlterActionKind::kModifyColumn;
  if (AcceptWord("change")) {
    AcceptWord("column");
    action.name = ParseColumnName();
  } else if (AtWord("comment")) {
    action.kind = AlterActionKind::kSetComment;
    action.comment = TryComment();
    return;
  } else if (Accept(Keyword::kPartition)) {
    action.kind = AlterActionKind::kModifyPartition;
    if (At(TokenKind::kLeftParen) && PeekIs(1, Operator::kStar)) {
      Advance();
      Advance();
      Expect(TokenKind::kRightParen);
      action.all = true;
    } else {
      action.names = ParseOneOrMoreNames();
    }
    ExpectWord("set");
    action.options = ParseParenthesizedOptions();
    return;
  } else {
    AcceptWord("column");
    if (PeekIsWord(1, "comment")) {
      action.kind = AlterActionKind::kSetComment;
      action.name = ParseColumnName();
      action.comment = TryComment();
      return;
    }
  }
  const ast::ColumnDefinition column = ParseColumnDefinition();
  action.columns = arena_.CopyList(std::span<const ast::ColumnDefinition>(&column, 1));
  ParseColumnPosition(action);
  if (Accept(Keyword::kFrom)) action.rollup_of = ParseColumnName();
}

// Behind ALTER.
void Parser::ParseAlterColumn(ast::AlterAction& action) {
  AcceptWord("column");
  action.name = ParseColumnName();
  if (AcceptWords("set", "data") || AtWord("type")) {
    ExpectWord("type");
    action.kind = AlterActionKind::kAlterColumnType;
    action.type = ParseTypeName();
    if (Accept(Keyword::kUsing)) action.expr = ParseExpr();
  } else if (AcceptWords("set", "default")) {
    action.kind = AlterActionKind::kSetDefault;
    action.expr = QuotedNameAsString(ParseExpr());
  } else if (AcceptWords("drop", "default")) {
    action.kind = AlterActionKind::kDropDefault;
  } else if (AcceptWords("set", "not", "null")) {
    action.kind = AlterActionKind::kSetNotNull;
  } else if (AcceptWords("drop", "not", "null")) {
    action.kind = AlterActionKind::kDropNotNull;
  } else {
    SyntaxError();
  }
}

void Parser::ParseAlterRename(ast::AlterAction& action) {
  const auto rename = [&](AlterActionKind kind, bool needs_to) {
    action.kind = kind;
    action.name = ParseColumnName();
    if (needs_to) {
      Expect(Keyword::kTo);
    } else {
      Accept(Keyword::kTo);
    }
    action.new_name = ParseColumnName();
  };
  if (Accept(Keyword::kTo)) {
    action.kind = AlterActionKind::kRenameTo;
    action.target = ParseQualifiedName();
  } else if (Accept(Keyword::kConstraint)) {
    rename(AlterActionKind::kRenameConstraint, true);
  } else if (Accept(Keyword::kPartition)) {
    rename(AlterActionKind::kRenamePartition, false);
  } else if (AtWord("rollup") && IsColumnName(Peek(1))) {
    Advance();
    rename(AlterActionKind::kRenameRollup, false);
  } else if (AtWord("value") && PeekIs(1, TokenKind::kString)) {
    Advance();
    action.kind = AlterActionKind::kRenameEnumLabel;
    action.name = ParseString();
    Expect(Keyword::kTo);
    action.new_name = ParseString();
  } else if (AtWord("column") && IsColumnName(Peek(1))) {
    Advance();
    rename(AlterActionKind::kRenameColumn, true);
  } else if (PeekIs(1, Keyword::kTo)) {
    rename(AlterActionKind::kRenameColumn, true);
  } else {
    action.kind = AlterActionKind::kRenameTo;  // StarRocks: RENAME new_name
    action.target = ParseQualifiedName();
  }
}

void Parser::ParseAlterSet(ast::AlterAction& action, ast::ObjectKind object) {
  if (At(Keyword::kSchema)) {
    Advance();
    action.kind = AlterActionKind::kSetSchema;
    action.new_name = ParseColumnName();
    return;
  }
  if (AcceptWord("parallelism")) {
    if (!Accept(Keyword::kTo)) Accept(Operator::kEquals);
    action.kind = AlterActionKind::kSetParallelism;
    action.expr = ParseOptionValue();
    return;
  }
  if (AcceptWord("comment")) {
    Accept(Operator::kEquals);
    action.kind = AlterActionKind::kSetComment;
    action.comment = ParseString();
    return;
  }
  if (object == ast::ObjectKind::kDatabase &&
      ((AtWords("data", "quota") || AtWords("replica", "quota")) || AtWord("quota"))) {
    action.kind = AlterActionKind::kSetQuota;
    action.name = AtWord("quota") ? "data" : Lower(ParseAnyName());
    Advance();
    action.expr = ParseExpr();
    return;
  }
  AcceptWord("properties");
  if (At(TokenKind::kLeftParen)) {
    action.kind = AlterActionKind::kSetProperties;
    action.options = ParseParenthesizedOptions();
    return;
  }
  if (AtWord("logged") || AtWord("unlogged") || AtWords("without", "cluster") || AtWord("tablespace")) {
    Unsupported(token_.offset, "storage settings of PostgreSQL in ALTER TABLE",
                "They mean nothing here: leave it out.");
  }
  if (At(TokenKind::kString) || PeekIs(1, Operator::kEquals) || PeekIs(1, Keyword::kTo)) {
    // ALTER DATABASE d SET x = v; ALTER MATERIALIZED VIEW v SET ("k" = "v") without its parentheses.
    action.kind = AlterActionKind::kSetProperties;
    ast::Option option;
    option.offset = token_.offset;
    option.name = ParseOptionName();
    if (!Accept(Operator::kEquals)) Expect(Keyword::kTo);
    option.value = ParseOptionValue();
    action.options = arena_.CopyList(std::span<const ast::Option>(&option, 1));
    return;
  }
  SyntaxError();
}

// ---- COMMENT ON, REFRESH

const ast::Statement* Parser::ParseCommentOn() {
  auto* comment = New<ast::CommentOn>(token_.offset);
  ExpectWords("comment", "on");
  comment->object = ParseObjectKind();
  comment->name = ParseQualifiedName();
  if (Accept(TokenKind::kLeftParen)) {
    comment->has_arguments = true;
    if (!At(TokenKind::kRightParen)) {
      comment->argument_types =
          ParseCommaList<const ast::TypeName*>([&] { return ParseFunctionParameter(false).type; });
    }
    Expect(TokenKind::kRightParen);
  }
  if (Accept(Keyword::kOn)) comment->on = ParseQualifiedName();
  Expect(Keyword::kIs);
  if (!Accept(Keyword::kNull)) {
    if (!At(TokenKind::kString)) SyntaxError();
    comment->comment = ParseString();
  }
  return comment;
}

// REFRESH MATERIALIZED VIEW v ... | EXTERNAL TABLE t ...
const ast::Statement* Parser::ParseRefresh() {
  auto* refresh = New<ast::RefreshView>(token_.offset);
  ExpectWord("refresh");
  if (AcceptWords("external", "table")) {
    refresh->is_external_table = true;
  } else {
    ExpectWords("materialized", "view");
    refresh->concurrently = AcceptWord("concurrently");
  }
  refresh->name = ParseQualifiedName();
  while (!At(TokenKind::kEnd) && !At(TokenKind::kSemicolon)) {
    if (Accept(Keyword::kPartition)) {
      if (AcceptWord("start")) {
        refresh->start = QuotedNameAsString(ParseExpr());
        Expect(Keyword::kEnd);
        refresh->end = QuotedNameAsString(ParseExpr());
      } else {
        refresh->partitions = ParseParenthesizedList<Name>([&] { return ParseNameOrString(); });
      }
    } else if (AcceptWord("force")) {
      refresh->force = true;
    } else if (Accept(Keyword::kWith)) {
      if (AcceptWord("sync")) {
        ExpectWord("mode");
        refresh->sync = true;
      } else if (AcceptWord("async")) {
        ExpectWord("mode");
        refresh->sync = false;
      } else {
        refresh->with_no_data = AcceptWord("no");
        ExpectWord("data");
      }
    } else {
      SyntaxError();
    }
  }
  return refresh;
}

}  // namespace weir
