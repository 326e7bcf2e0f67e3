// CREATE TABLE and its parts: columns, constraints, partitions, distribution.
#include <array>
#include <string_view>

#include "sql/parser/parser_core.h"

namespace weir {

using ast::Expr;

const ast::Statement* Parser::ParseCreateTable(const CreatePrefix& prefix) {
  auto* table = New<ast::CreateTable>(prefix.offset);
  table->or_replace = prefix.or_replace;
  table->temporary = prefix.temporary;
  table->external = prefix.external;
  Expect(Keyword::kTable);
  table->if_not_exists = AcceptIfNotExists();
  table->name = ParseQualifiedName();
  if (At(Keyword::kPartition) && PeekIs(1, Keyword::kOf)) {
    Unsupported(token_.offset, "PARTITION OF", "Partitions are made by PARTITION BY of the table itself.");
  }
  if (At(Keyword::kOf)) Unsupported(token_.offset, "typed tables (OF type)", "List the columns.");
  if (Accept(Keyword::kLike)) {
    table->like = ParseQualifiedName();
  } else if (At(TokenKind::kLeftParen) && !PeekIs(1, Keyword::kSelect) && !PeekIs(1, Keyword::kWith)) {
    TableElements elements;
    ParseTableElements(elements);
    table->columns = elements.columns;
    table->has_wildcard = elements.has_wildcard;
    table->constraints = elements.constraints;
    table->indexes = elements.indexes;
    table->watermarks = elements.watermarks;
    table->like = elements.like;
    table->like_including = elements.like_including;
  }
  while (ParseTableClause(table)) {
  }
  if (Accept(Keyword::kAs) || AtQueryStart() || At(TokenKind::kLeftParen)) {
    table->query = ParseQuery();
    if (At(Keyword::kWith)) {
      Advance();
      table->with_no_data = AcceptWord("no");
      ExpectWord("data");
    }
  }
  return table;
}

// One clause behind the column list; false when there is none.
bool Parser::ParseTableClause(ast::CreateTable* table) {
  if (AcceptWord("engine")) {
    Accept(Operator::kEquals);
    table->engine = ParseWordOrString();
    return true;
  }
  if (PeekIsWord(1, "key") && PeekIs(2, TokenKind::kLeftParen)) {
    if (AtWord("duplicate")) {
      table->key_model = ast::KeyModel::kDuplicate;
    } else if (AtWord("primary")) {
      table->key_model = ast::KeyModel::kPrimary;
    } else if (AtWord("unique")) {
      table->key_model = ast::KeyModel::kUnique;
    } else if (AtWord("aggregate")) {
      table->key_model = ast::KeyModel::kAggregate;
    } else {
      return false;
    }
    Advance();
    Advance();
    table->key_columns = ParseParenthesizedNames();
    return true;
  }
  if (AtWord("comment")) {
    table->comment = TryComment();
    return true;
  }
  if (At(Keyword::kPartition) && PeekIs(1, Keyword::kBy)) {
    table->partition_by = ParsePartitionBy();
    return true;
  }
  if (AtWords("distributed", "by")) {
    table->distribution = ParseDistribution();
    return true;
  }
  if (At(Keyword::kOrder) && PeekIs(1, Keyword::kBy)) {
    table->sort_key = ParseSortKey();
    return true;
  }
  if (AtWord("properties") && PeekIs(1, TokenKind::kLeftParen)) {
    table->properties = TryProperties();
    return true;
  }
  if (At(Keyword::kWith) && PeekIs(1, TokenKind::kLeftParen)) {
    table->options = TryWithOptions();
    return true;
  }
  if (AcceptWords("without", "oids")) return true;
  if (AcceptWords("append", "only")) {
    table->append_only = true;
    return true;
  }
  if (At(Keyword::kOn) && PeekIsWord(1, "conflict")) {
    Advance();
    Advance();
    if (Accept(Keyword::kDo)) {
      if (AcceptWord("nothing")) {
        table->on_conflict = "ignore";
      } else {
        ExpectWords("update", "if");
        ExpectWords("not", "null");
        table->on_conflict = "do update if not null";
      }
    } else {
      table->on_conflict = Lower(ParseAnyName());
    }
    return true;
  }
  if (At(Keyword::kOn) && PeekIsWord(1, "commit")) {
    Advance();
    Advance();
    if (Accept(Keyword::kDrop)) {
      table->on_commit = "drop";
    } else {
      const Name action = Lower(ParseAnyName());
      ExpectWord("rows");
      table->on_commit = Spaced({action, "rows"});
    }
    return true;
  }
  if (AtWord("include")) {
    table->include = ParseIncludedColumns();
    return true;
  }
  if (AtWord("format") && !PeekIs(1, TokenKind::kLeftParen)) {
    table->format = ParseStreamFormat();
    return true;
  }
  if (AtWord("inherits")) Unsupported(token_.offset, "table inheritance", "Use a view over the tables (UNION ALL).");
  if (AtWord("rollup")) {
    Unsupported(token_.offset, "ROLLUP in CREATE TABLE", "Use CREATE MATERIALIZED VIEW ... REFRESH SYNC.");
  }
  if (AcceptWord("tablespace") || (At(Keyword::kUsing) && (Advance(), true))) {
    ParseAnyName();  // storage parameters of PostgreSQL that mean nothing here
    return true;
  }
  // MySQL's table options.
  if (At(Keyword::kDefault) &&
      (PeekIsWord(1, "charset") || PeekIsWord(1, "character") || PeekIs(1, Keyword::kCollate))) {
    Advance();
  }
  if (AcceptWord("charset") || AcceptWords("character", "set") || AcceptWord("collate") || AcceptWord("row_format")) {
    Accept(Operator::kEquals);
    ParseWordOrString();
    return true;
  }
  if (AcceptWord("auto_increment")) {
    Accept(Operator::kEquals);
    ParseInteger();
    return true;
  }
  return false;
}

// (column | constraint | index | LIKE | WATERMARK | *, ...)
void Parser::ParseTableElements(TableElements& elements) {
  ListBuilder<ast::ColumnDefinition> columns(arena_);
  ListBuilder<const ast::Constraint*> constraints(arena_);
  ListBuilder<ast::TableIndex> indexes(arena_);
  ListBuilder<ast::Watermark> watermarks(arena_);
  Expect(TokenKind::kLeftParen);
  if (Accept(TokenKind::kRightParen)) return;
  do {
    if (At(Operator::kStar)) {
      Advance();
      elements.has_wildcard = true;
    } else if (At(Keyword::kLike)) {
      Advance();
      elements.like = ParseQualifiedName();
      ListBuilder<Name> including(arena_);
      while (true) {
        if (AcceptWord("including")) {
          including.Add(Lower(ParseAnyName()));
        } else if (AcceptWord("excluding")) {
          ParseAnyName();
        } else {
          break;
        }
      }
      elements.like_including = including.Finish();
    } else if (AtWord("watermark") && PeekIs(1, Keyword::kFor)) {
      ast::Watermark watermark;
      watermark.offset = token_.offset;
      Advance();
      Advance();
      watermark.column = ParseColumnName();
      Expect(Keyword::kAs);
      watermark.expr = ParseExpr();
      watermarks.Add(watermark);
    } else if (AtTableConstraint()) {
      constraints.Add(ParseTableConstraint());
    } else if ((AtWord("index") || AtWord("key")) && IsColumnName(Peek(1)) && PeekIs(2, TokenKind::kLeftParen) &&
               IsAnyName(Peek(3))) {
      indexes.Add(ParseTableIndex());
    } else {
      columns.Add(ParseColumnDefinition());
    }
  } while (Accept(TokenKind::kComma));
  Expect(TokenKind::kRightParen);
  elements.columns = columns.Finish();
  elements.constraints = constraints.Finish();
  elements.indexes = indexes.Finish();
  elements.watermarks = watermarks.Finish();
}

// INDEX name (columns) [USING method [("k" = "v")]] [COMMENT '']
ast::TableIndex Parser::ParseTableIndex() {
  ast::TableIndex index;
  index.offset = token_.offset;
  Advance();
  index.name = ParseColumnName();
  index.columns = ParseParenthesizedNames();
  if (Accept(Keyword::kUsing)) index.method = Lower(ParseAnyName());
  if (At(TokenKind::kLeftParen)) index.options = ParseParenthesizedOptions();
  index.comment = TryComment();
  return index;
}

bool Parser::AtTableConstraint() {
  switch (token_.keyword) {
    case Keyword::kConstraint:
    case Keyword::kPrimary:
    case Keyword::kUnique:
    case Keyword::kCheck:
    case Keyword::kForeign:
      return true;
    case Keyword::kExclude:
      return PeekIs(1, Keyword::kUsing);
    default:
      return false;
  }
}

const ast::Constraint* Parser::ParseTableConstraint() {
  auto* constraint = New<ast::Constraint>(token_.offset);
  if (Accept(Keyword::kConstraint)) constraint->name = ParseColumnName();
  if (Accept(Keyword::kPrimary)) {
    ExpectWord("key");
    constraint->kind = ast::ConstraintKind::kPrimaryKey;
    constraint->columns = ParseParenthesizedNames();
  } else if (Accept(Keyword::kUnique)) {
    constraint->kind = ast::ConstraintKind::kUnique;
    if (AcceptWords("nulls", "not", "distinct")) {
      constraint->nulls_not_distinct = true;
    } else {
      AcceptWords("nulls", "distinct");
    }
    if (AcceptWord("key") || AcceptWord("index")) {
      if (!At(TokenKind::kLeftParen)) constraint->name = ParseColumnName();
    }
    constraint->columns = ParseParenthesizedNames();
  } else if (At(Keyword::kCheck)) {
    ParseCheck(constraint);
  } else if (Accept(Keyword::kForeign)) {
    ExpectWord("key");
    constraint->columns = ParseParenthesizedNames();
    ParseReferences(constraint);
  } else if (At(Keyword::kExclude)) {
    Unsupported(token_.offset, "EXCLUDE constraints", "Only PRIMARY KEY, UNIQUE, CHECK and FOREIGN KEY are known.");
  } else {
    SyntaxError();
  }
  ParseConstraintAttributes(constraint);
  return constraint;
}

void Parser::ParseCheck(ast::Constraint* constraint) {
  Expect(Keyword::kCheck);
  constraint->kind = ast::ConstraintKind::kCheck;
  Expect(TokenKind::kLeftParen);
  constraint->check = ParseExpr();
  Expect(TokenKind::kRightParen);
  AcceptWords("no", "inherit");
}

// REFERENCES t [(columns)] [MATCH x] [ON DELETE | UPDATE action]
void Parser::ParseReferences(ast::Constraint* constraint) {
  Expect(Keyword::kReferences);
  constraint->kind = ast::ConstraintKind::kForeignKey;
  constraint->references = ParseQualifiedName();
  if (At(TokenKind::kLeftParen)) constraint->referenced_columns = ParseParenthesizedNames();
  if (AcceptWord("match")) ParseAnyName();
  while (At(Keyword::kOn) && (PeekIs(1, Keyword::kDelete) || PeekIs(1, Keyword::kUpdate))) {
    Advance();
    Name& action = At(Keyword::kDelete) ? constraint->on_delete : constraint->on_update;
    Advance();
    if (AcceptWord("set")) {
      action = At(Keyword::kNull) ? "set null" : "set default";
      if (!Accept(Keyword::kNull)) Expect(Keyword::kDefault);
    } else if (AcceptWords("no", "action")) {
      action = "no action";
    } else {
      if (!AtWord("cascade") && !AtWord("restrict")) SyntaxError();
      action = Lower(ParseAnyName());
    }
  }
}

// What PostgreSQL lets follow a constraint; only NOT ENFORCED says something here.
void Parser::ParseConstraintAttributes(ast::Constraint* constraint) {
  while (true) {
    if (AcceptWords("not", "enforced")) {
      constraint->not_enforced = true;
    } else if (At(Keyword::kInitially)) {
      Advance();
      ParseAnyName();
    } else if (AtWord("include") && PeekIs(1, TokenKind::kLeftParen)) {
      Advance();
      ParseParenthesizedNames();
    } else if (!AcceptWord("deferrable") && !AcceptWords("not", "deferrable") && !AcceptWords("not", "valid") &&
               !AcceptWord("enforced")) {
      return;
    }
  }
}

// In the PostgreSQL dialect "x" is a name; where no column can stand, StarRocks' users mean a string.
const Expr* Parser::QuotedNameAsString(const Expr* expr) {
  const auto* column = expr->TryAs<ast::ColumnRef>();
  if (column == nullptr || column->parts.size() != 1 || lexer_.text()[column->offset] != '"') return expr;
  return NewString(column->last(), column->offset);
}

// name [type] [constraint ...]
ast::ColumnDefinition Parser::ParseColumnDefinition() {
  ast::ColumnDefinition column;
  column.offset = token_.offset;
  column.name = ParseColumnName();
  const bool has_type = !At(TokenKind::kComma) && !At(TokenKind::kRightParen) && !At(Keyword::kAs) &&
                        !AtWord("comment") && !At(TokenKind::kEnd);
  if (has_type) column.type = ParseTypeName();
  ListBuilder<const ast::Constraint*> constraints(arena_);
  while (ParseColumnConstraint(column, constraints)) {
  }
  column.constraints = constraints.Finish();
  return column;
}

// One constraint or attribute of a column; false when there is none.
bool Parser::ParseColumnConstraint(ast::ColumnDefinition& column, ListBuilder<const ast::Constraint*>& constraints) {
  static constexpr auto kAggregates =
      std::to_array<std::string_view>({"sum", "min", "max", "replace", "replace_if_not_null", "hll_union",
                                       "bitmap_union", "percentile_union", "avg", "count"});
  Name name;
  if (At(Keyword::kConstraint)) {
    Advance();
    name = ParseColumnName();
  }
  const uint32_t offset = token_.offset;
  switch (token_.keyword) {
    case Keyword::kNot:
      if (!PeekIs(1, Keyword::kNull)) break;
      Advance();
      Advance();
      column.nullability = ast::Nullability::kNotNull;
      return true;
    case Keyword::kNull:
      Advance();
      column.nullability = ast::Nullability::kNull;
      return true;
    case Keyword::kDefault:
      Advance();
      column.default_value = QuotedNameAsString(ParseExpr(Precedence::kComparison));
      return true;
    case Keyword::kPrimary:
      Advance();
      ExpectWord("key");
      column.primary_key = true;
      return true;
    case Keyword::kUnique:
      Advance();
      AcceptWord("key");
      column.unique = true;
      return true;
    case Keyword::kCheck: {
      auto* constraint = New<ast::Constraint>(offset);
      constraint->name = name;
      ParseCheck(constraint);
      ParseConstraintAttributes(constraint);
      constraints.Add(constraint);
      return true;
    }
    case Keyword::kReferences: {
      auto* constraint = New<ast::Constraint>(offset);
      constraint->name = name;
      ParseReferences(constraint);
      ParseConstraintAttributes(constraint);
      constraints.Add(constraint);
      return true;
    }
    case Keyword::kCollate:
      Advance();
      column.collation = ParseQualifiedName();
      return true;
    case Keyword::kAs:  // generated: StarRocks' and RisingWave's spelling
      Advance();
      column.generated_as = ParseExpr();
      if (AcceptWord("stored")) column.generated_stored = true;
      AcceptWord("virtual");
      return true;
    case Keyword::kOn:
      if (!PeekIs(1, Keyword::kUpdate)) break;
      Advance();
      Advance();
      column.on_update = ParseExpr(Precedence::kComparison);
      return true;
    default:
      break;
  }
  if (!name.empty()) SyntaxError();
  if (AtWord("generated")) {
    ParseGenerated(column);
    return true;
  }
  if (AtWord("comment")) {
    column.comment = TryComment();
    return true;
  }
  if (AcceptWord("auto_increment")) {
    column.auto_increment = true;
    return true;
  }
  if (AcceptWord("key")) {
    column.is_key = true;
    return true;
  }
  if (AcceptWords("character", "set") || AcceptWord("charset")) {
    ParseWordOrString();
    return true;
  }
  for (const std::string_view aggregate : kAggregates) {
    if (AcceptWord(aggregate)) {
      column.aggregate = aggregate;
      return true;
    }
  }
  return false;
}

// GENERATED ALWAYS AS (expr) [STORED | VIRTUAL], GENERATED ALWAYS | BY DEFAULT AS IDENTITY [(options)]
void Parser::ParseGenerated(ast::ColumnDefinition& column) {
  Advance();
  if (AcceptWords("by", "default")) {
    column.identity = ast::IdentityKind::kByDefault;
  } else {
    ExpectWord("always");
  }
  Expect(Keyword::kAs);
  if (AcceptWord("identity")) {
    if (column.identity == ast::IdentityKind::kNone) column.identity = ast::IdentityKind::kAlways;
    if (Accept(TokenKind::kLeftParen)) {
      ParseSequenceOptions();
      Expect(TokenKind::kRightParen);
    }
    return;
  }
  if (column.identity != ast::IdentityKind::kNone) SyntaxError();
  Expect(TokenKind::kLeftParen);
  column.generated_as = ParseExpr();
  Expect(TokenKind::kRightParen);
  column.generated_stored = AcceptWord("stored");
  if (!column.generated_stored) AcceptWord("virtual");
}

// ---- partitions and distribution

// PARTITION BY RANGE | LIST | HASH (exprs) [(definitions)], PARTITION BY expr, ... , PARTITION BY (expr, ...)
const ast::PartitionBy* Parser::ParsePartitionBy() {
  auto* partition = New<ast::PartitionBy>(token_.offset);
  Expect(Keyword::kPartition);
  Expect(Keyword::kBy);
  const auto method = [&](std::string_view word, ast::PartitionMethod what) {
    if (!AtWord(word) || !PeekIs(1, TokenKind::kLeftParen)) return false;
    Advance();
    partition->method = what;
    partition->exprs = ParseParenthesizedExprs();
    return true;
  };
  const bool has_method = method("range", ast::PartitionMethod::kRange) ||
                          method("list", ast::PartitionMethod::kList) || method("hash", ast::PartitionMethod::kHash);
  if (!has_method) {
    if (At(TokenKind::kLeftParen)) {
      const Expr* expr = ParseExpr();
      const auto* row = expr->TryAs<ast::RowExpr>();
      partition->exprs = row != nullptr ? row->fields : arena_.CopyList(std::span<const Expr* const>(&expr, 1));
    } else {
      partition->exprs = ParseExprList();
    }
  }
  if (has_method && Accept(TokenKind::kLeftParen)) {
    if (!At(TokenKind::kRightParen)) {
      partition->partitions = ParseCommaList<ast::PartitionDefinition>([&] { return ParsePartitionDefinition(); });
    }
    Expect(TokenKind::kRightParen);
  }
  return partition;
}

// PARTITION [IF NOT EXISTS] p VALUES ..., START (a) END (b) EVERY (c)
ast::PartitionDefinition Parser::ParsePartitionDefinition() {
  ast::PartitionDefinition partition;
  partition.offset = token_.offset;
  const auto value = [&]() -> const Expr* {
    if (At(Keyword::kMaxvalue)) {
      auto* node = New<ast::MaxValueExpr>(token_.offset);
      Advance();
      return node;
    }
    return QuotedNameAsString(ParseExpr());
  };
  const auto values = [&] { return ParseParenthesizedList<const Expr*>(value); };
  if (AcceptWord("start")) {
    partition.bound = ast::PartitionBoundKind::kStep;
    partition.lower = values();
    Expect(Keyword::kEnd);
    partition.upper = values();
    ExpectWord("every");
    Expect(TokenKind::kLeftParen);
    partition.step = ParseExpr();
    Expect(TokenKind::kRightParen);
    return partition;
  }
  partition.temporary = AcceptWord("temporary");
  Expect(Keyword::kPartition);
  partition.if_not_exists = AcceptIfNotExists();
  partition.name = ParseColumnName();
  Expect(Keyword::kValues);
  if (AcceptWord("less")) {
    ExpectWord("than");
    partition.bound = ast::PartitionBoundKind::kLessThan;
    if (At(TokenKind::kLeftParen)) {
      partition.upper = values();
    } else {
      if (!At(Keyword::kMaxvalue)) SyntaxError();
      const Expr* max = value();
      partition.upper = arena_.CopyList(std::span<const Expr* const>(&max, 1));
    }
  } else if (Accept(Keyword::kIn)) {
    partition.bound = ast::PartitionBoundKind::kIn;
    partition.values = ParseParenthesizedList<const Expr*>([&]() -> const Expr* {
      if (!At(TokenKind::kLeftParen)) return value();
      auto* row = New<ast::RowExpr>(token_.offset);
      row->fields = values();
      return row;
    });
  } else {
    // [("lower"), ("upper"))
    partition.bound = ast::PartitionBoundKind::kFixedRange;
    Expect(TokenKind::kLeftBracket);
    partition.lower = values();
    Expect(TokenKind::kComma);
    partition.upper = values();
    Expect(TokenKind::kRightParen);
  }
  if (At(TokenKind::kLeftParen)) partition.options = ParseParenthesizedOptions();
  return partition;
}

// DISTRIBUTED BY HASH (columns) | RANDOM [BUCKETS n | AUTO]
const ast::Distribution* Parser::ParseDistribution() {
  auto* distribution = New<ast::Distribution>(token_.offset);
  ExpectWords("distributed", "by");
  if (AcceptWord("random")) {
    distribution->random = true;
  } else {
    ExpectWord("hash");
    distribution->columns = ParseParenthesizedNames();
  }
  if (AcceptWord("buckets")) {
    if (!AcceptWord("auto")) distribution->buckets = ParseInteger();
  }
  return distribution;
}

// ORDER BY (a, b) | a, b
ast::List<ast::Name> Parser::ParseSortKey() {
  Expect(Keyword::kOrder);
  Expect(Keyword::kBy);
  return At(TokenKind::kLeftParen) ? ParseParenthesizedNames() : ParseNameList();
}

// INCLUDE key [AS name] ...
ast::List<ast::IncludedColumn> Parser::ParseIncludedColumns() {
  ListBuilder<ast::IncludedColumn> columns(arena_);
  while (AtWord("include")) {
    ast::IncludedColumn column;
    column.offset = token_.offset;
    Advance();
    column.what = Lower(ParseAnyName());
    if (At(TokenKind::kString)) {
      column.field = ParseString();
      if (!At(Keyword::kAs) && IsFunctionName(token_) && !AtWord("include") && !AtWord("format")) {
        column.type = ParseTypeName();
      }
    }
    if (Accept(Keyword::kAs)) column.alias = ParseColumnName();
    columns.Add(column);
  }
  return columns.Finish();
}

// FORMAT f ENCODE e [(options)] [KEY ENCODE e]
const ast::StreamFormat* Parser::ParseStreamFormat() {
  auto* format = New<ast::StreamFormat>(token_.offset);
  ExpectWord("format");
  format->format = Lower(ParseAnyName());
  ExpectWord("encode");
  format->encode = Lower(ParseAnyName());
  if (At(TokenKind::kLeftParen)) format->options = ParseParenthesizedOptions();
  if (AcceptWords("key", "encode")) format->key_encode = Lower(ParseAnyName());
  return format;
}

}  // namespace weir
