// CREATE of everything but tables, functions and roles.
#include <string_view>

#include "sql/parser/parser_core.h"

namespace weir {

using ast::Expr;

const ast::Statement* Parser::ParseCreate() {
  CreatePrefix prefix;
  prefix.offset = token_.offset;
  Expect(Keyword::kCreate);
  while (true) {
    if (AcceptWords("or", "replace")) {
      prefix.or_replace = true;
    } else if (AtWord("temporary") || AtWord("temp")) {
      Advance();
      prefix.temporary = true;
    } else if (AtWord("local") && (PeekIsWord(1, "temporary") || PeekIsWord(1, "temp"))) {
      Advance();
    } else if (AtWord("global")) {
      Advance();
      prefix.global = true;
    } else if (AtWord("unlogged")) {
      Advance();
    } else if (AtWord("external")) {
      Advance();
      prefix.external = true;
    } else if (AtWord("unique")) {
      Advance();
      prefix.unique = true;
    } else if (AtWord("recursive")) {
      Advance();
      prefix.recursive = true;
    } else if (AtWords("read", "only")) {
      Advance();
      Advance();
      prefix.read_only = true;
    } else {
      break;
    }
  }
  if (At(Keyword::kTable) && !PeekIs(1, Keyword::kFunction)) return ParseCreateTable(prefix);
  if (At(Keyword::kView)) return ParseCreateView(prefix);
  if (AtWords("materialized", "view")) return ParseCreateMaterializedView(prefix);
  if (AtWord("source")) return ParseCreateSource(prefix);
  if (AtWord("sink")) return ParseCreateSink(prefix);
  if (AtWord("flow")) return ParseCreateFlow(prefix);
  if (AtWord("function") || AtWord("macro") || AtWords("table", "function") || AtWords("aggregate", "function")) {
    return ParseCreateFunction(prefix);
  }
  if (At(Keyword::kType)) return ParseCreateType(prefix);
  if (AtWord("domain")) return ParseCreateDomain(prefix);
  if (At(Keyword::kIndex)) return ParseCreateIndex(prefix);
  if (AtWord("sequence")) return ParseCreateSequence(prefix);
  if (AtWord("database")) return ParseCreateDatabase(prefix);
  if (At(Keyword::kSchema)) return ParseCreateSchema(prefix);
  if (AtWord("catalog")) return ParseCreateCatalog(prefix);
  if (AtWord("user") || AtWord("role") || At(Keyword::kGroup)) return ParseCreateRole(prefix);
  if (AtWords("routine", "load")) return ParseCreateRoutineLoad(prefix);
  if (At(Keyword::kAnalyze)) return ParseCreateAnalyze(prefix);
  if (AtWord("trigger") || AtWord("rule") || AtWord("policy") || AtWord("procedure") || AtWord("publication") ||
      AtWord("server") || AtWord("foreign") || AtWord("language") || AtWord("operator") || AtWord("aggregate") ||
      AtWord("cast") || AtWord("conversion") || AtWord("event") || AtWord("statistics") || AtWord("tablespace") ||
      AtWord("text") || AtWord("transform") || AtWord("access")) {
    Unsupported(prefix.offset, Spaced({"CREATE", token_.text}),
                "See the list of statements in the documentation of SQL.");
  }
  return ParseCreateNamed(prefix);
}

ast::List<ast::ViewColumn> Parser::TryViewColumns() {
  if (!At(TokenKind::kLeftParen)) return {};
  return ParseParenthesizedList<ast::ViewColumn>([&] {
    ast::ViewColumn column;
    column.offset = token_.offset;
    column.name = ParseColumnName();
    column.comment = TryComment();
    return column;
  });
}

const ast::Statement* Parser::ParseCreateView(const CreatePrefix& prefix) {
  auto* view = New<ast::CreateView>(prefix.offset);
  view->or_replace = prefix.or_replace;
  view->temporary = prefix.temporary;
  view->recursive = prefix.recursive;
  Expect(Keyword::kView);
  view->if_not_exists = AcceptIfNotExists();
  view->name = ParseQualifiedName();
  view->columns = TryViewColumns();
  view->comment = TryComment();
  view->options = TryWithOptions();
  Expect(Keyword::kAs);
  view->query = ParseQuery();
  if (At(Keyword::kWith)) {
    Advance();
    if (AcceptWord("local")) {
      view->check_option = "local";
    } else {
      AcceptWord("cascaded");
      view->check_option = "cascaded";
    }
    ExpectWords("check", "option");
  }
  return view;
}

// [REFRESH [IMMEDIATE | DEFERRED] [ASYNC [START (t)] [EVERY (INTERVAL n unit)] | MANUAL | INCREMENTAL | SYNC]]
const ast::RefreshClause* Parser::ParseRefreshClause() {
  auto* refresh = New<ast::RefreshClause>(token_.offset);
  ExpectWord("refresh");
  if (AcceptWord("immediate")) {
    refresh->moment = ast::RefreshMoment::kImmediate;
  } else if (AcceptWord("deferred")) {
    refresh->moment = ast::RefreshMoment::kDeferred;
  }
  if (AcceptWord("async")) {
    refresh->scheme = ast::RefreshScheme::kAsync;
    ParseSchedule(refresh->start, refresh->every);
  } else if (AcceptWord("manual")) {
    refresh->scheme = ast::RefreshScheme::kManual;
  } else if (AcceptWord("incremental")) {
    refresh->scheme = ast::RefreshScheme::kIncremental;
  } else if (AcceptWord("sync")) {
    refresh->scheme = ast::RefreshScheme::kSync;
  }
  return refresh;
}

// [START (t)] [EVERY (INTERVAL n unit)], with or without parentheses
void Parser::ParseSchedule(const Expr*& start, const Expr*& every) {
  if (AcceptWord("start")) start = QuotedNameAsString(ParseExpr());
  if (AcceptWord("every")) every = QuotedNameAsString(ParseExpr());
}

const ast::Statement* Parser::ParseCreateMaterializedView(const CreatePrefix& prefix) {
  auto* view = New<ast::CreateMaterializedView>(prefix.offset);
  view->or_replace = prefix.or_replace;
  ExpectWords("materialized", "view");
  view->if_not_exists = AcceptIfNotExists();
  view->name = ParseQualifiedName();
  view->columns = TryViewColumns();
  while (!Accept(Keyword::kAs)) {
    if (AtWord("comment")) {
      view->comment = TryComment();
    } else if (At(Keyword::kPartition)) {
      view->partition_by = ParsePartitionBy();
    } else if (AtWord("distributed")) {
      view->distribution = ParseDistribution();
    } else if (At(Keyword::kOrder)) {
      view->sort_key = ParseSortKey();
    } else if (AtWord("refresh")) {
      view->refresh = ParseRefreshClause();
    } else if (AtWord("properties")) {
      Advance();
      view->properties = ParseParenthesizedOptions();
    } else if (At(Keyword::kWith) && PeekIs(1, TokenKind::kLeftParen)) {
      view->options = TryWithOptions();
    } else if (At(Keyword::kUsing) || AtWord("tablespace")) {
      Advance();
      ParseAnyName();
    } else {
      SyntaxError();
    }
  }
  view->query = ParseQuery();
  view->emit_on_window_close = TryEmit();
  if (At(Keyword::kWith)) {
    Advance();
    view->with_no_data = AcceptWord("no");
    ExpectWord("data");
  }
  return view;
}

// [EMIT ON WINDOW CLOSE | EMIT IMMEDIATELY]
bool Parser::TryEmit() {
  if (!At(Keyword::kEmit)) return false;
  Advance();
  if (AcceptWord("immediately")) return false;
  ExpectWords("on", "window");
  ExpectWord("close");
  return true;
}

const ast::Statement* Parser::ParseCreateSource(const CreatePrefix& prefix) {
  auto* source = New<ast::CreateSource>(prefix.offset);
  source->or_replace = prefix.or_replace;
  source->temporary = prefix.temporary;
  ExpectWord("source");
  source->if_not_exists = AcceptIfNotExists();
  source->name = ParseQualifiedName();
  if (At(TokenKind::kLeftParen)) {
    TableElements elements;
    ParseTableElements(elements);
    if (!elements.indexes.empty() || !elements.like.empty()) SyntaxErrorAt(token_);
    source->columns = elements.columns;
    source->has_wildcard = elements.has_wildcard;
    source->constraints = elements.constraints;
    source->watermarks = elements.watermarks;
  }
  while (true) {
    if (AtWord("include")) {
      source->include = ParseIncludedColumns();
    } else if (At(Keyword::kWith)) {
      Advance();
      source->options = ParseParenthesizedOptions();
    } else if (AtWord("format")) {
      source->format = ParseStreamFormat();
    } else {
      return source;
    }
  }
}

const ast::Statement* Parser::ParseCreateSink(const CreatePrefix& prefix) {
  auto* sink = New<ast::CreateSink>(prefix.offset);
  ExpectWord("sink");
  sink->if_not_exists = AcceptIfNotExists();
  if (!At(Keyword::kInto)) sink->name = ParseQualifiedName();
  if (Accept(Keyword::kInto)) {
    sink->into = ParseQualifiedName();
    if (At(TokenKind::kLeftParen)) sink->columns = ParseParenthesizedNames();
  }
  if (Accept(Keyword::kFrom)) {
    sink->from = ParseQualifiedName();
  } else {
    Expect(Keyword::kAs);
    sink->query = ParseQuery();
    sink->emit_on_window_close = TryEmit();
  }
  sink->options = TryWithOptions();
  if (AtWord("format")) sink->format = ParseStreamFormat();
  return sink;
}

const ast::Statement* Parser::ParseCreateFlow(const CreatePrefix& prefix) {
  auto* flow = New<ast::CreateFlow>(prefix.offset);
  flow->or_replace = prefix.or_replace;
  ExpectWord("flow");
  flow->if_not_exists = AcceptIfNotExists();
  flow->name = ParseQualifiedName();
  ExpectWords("sink", "to");
  flow->sink = ParseQualifiedName();
  while (!Accept(Keyword::kAs)) {
    if (AcceptWords("expire", "after")) {
      flow->expire_after = ParseExpr(Precedence::kAdd);
    } else if (AcceptWords("eval", "interval")) {
      flow->eval_interval = ParseExpr(Precedence::kAdd);
    } else if (AtWord("comment")) {
      flow->comment = TryComment();
    } else if (At(Keyword::kWith)) {
      Advance();
      flow->options = ParseParenthesizedOptions();
    } else {
      SyntaxError();
    }
  }
  flow->query = ParseQuery();
  return flow;
}

const ast::Statement* Parser::ParseCreateType(const CreatePrefix& prefix) {
  auto* type = New<ast::CreateType>(prefix.offset);
  Expect(Keyword::kType);
  type->if_not_exists = AcceptIfNotExists();
  type->name = ParseQualifiedName();
  Expect(Keyword::kAs);
  if (AcceptWord("enum")) {
    Expect(TokenKind::kLeftParen);
    if (!At(TokenKind::kRightParen)) type->labels = ParseCommaList<Name>([&] { return ParseString(); });
    Expect(TokenKind::kRightParen);
  } else if (At(TokenKind::kLeftParen)) {
    type->definition = ast::TypeDefinitionKind::kComposite;
    type->fields = ParseParenthesizedList<ast::TypeArgument>([&] {
      ast::TypeArgument field;
      field.name = ParseColumnName();
      field.type = ParseTypeName();
      return field;
    });
  } else {
    type->definition = ast::TypeDefinitionKind::kAlias;
    type->alias = ParseTypeName();
  }
  return type;
}

const ast::Statement* Parser::ParseCreateDomain(const CreatePrefix& prefix) {
  auto* domain = New<ast::CreateDomain>(prefix.offset);
  ExpectWord("domain");
  domain->name = ParseQualifiedName();
  Accept(Keyword::kAs);
  domain->type = ParseTypeName();
  ast::ColumnDefinition column;
  ListBuilder<const ast::Constraint*> checks(arena_);
  while (!At(TokenKind::kEnd) && !At(TokenKind::kSemicolon)) {
    if (!ParseColumnConstraint(column, checks)) SyntaxError();
  }
  if (column.primary_key || column.unique || column.generated_as != nullptr) {
    throw Error::User(sqlstate::kSyntaxError, "a domain can only have DEFAULT, NOT NULL, NULL, COLLATE and CHECK")
        .WithPosition(prefix.offset);
  }
  domain->collation = column.collation;
  domain->default_value = column.default_value;
  domain->nullability = column.nullability;
  domain->checks = checks.Finish();
  return domain;
}

const ast::Statement* Parser::ParseCreateIndex(const CreatePrefix& prefix) {
  auto* index = New<ast::CreateIndex>(prefix.offset);
  index->unique = prefix.unique;
  Expect(Keyword::kIndex);
  index->concurrently = AcceptWord("concurrently");
  index->if_not_exists = AcceptIfNotExists();
  if (!At(Keyword::kOn)) index->name = ParseQualifiedName();
  Expect(Keyword::kOn);
  Accept(Keyword::kOnly);
  index->table = ParseQualifiedName();
  if (Accept(Keyword::kUsing)) index->method = Lower(ParseAnyName());
  index->items = ParseParenthesizedList<ast::IndexItem>([&] {
    ast::IndexItem item;
    const Expr* expr = ParseExpr();
    if (const auto* collate = expr->TryAs<ast::CollateExpr>()) {
      item.collation = collate->collation;
      expr = collate->operand;
    }
    item.expr = expr;
    if (!At(Keyword::kAsc) && !At(Keyword::kDesc) && !At(Keyword::kNulls) && IsColumnName(token_)) {
      item.operator_class = ParseQualifiedName();
      if (At(TokenKind::kLeftParen)) ParseParenthesizedOptions();
    }
    ast::SortItem sort;
    ParseSortSuffix(sort);
    item.direction = sort.direction;
    item.nulls = sort.nulls;
    return item;
  });
  while (true) {
    if (AtWord("include") && PeekIs(1, TokenKind::kLeftParen)) {
      Advance();
      index->include = ParseParenthesizedNames();
    } else if (AcceptWords("distributed", "by")) {
      index->distributed_by = ParseParenthesizedNames();
    } else if (At(Keyword::kUsing)) {  // StarRocks' place
      Advance();
      index->method = Lower(ParseAnyName());
      if (At(TokenKind::kLeftParen)) index->options = ParseParenthesizedOptions();
    } else if (At(Keyword::kWith)) {
      Advance();
      index->options = ParseParenthesizedOptions();
    } else if (AcceptWord("tablespace")) {
      ParseAnyName();
    } else if (Accept(Keyword::kWhere)) {
      index->where = ParseExpr();
    } else if (AtWord("comment")) {
      index->comment = TryComment();
    } else {
      return index;
    }
  }
}

ast::List<ast::Option> Parser::ParseSequenceOptions() {
  ListBuilder<ast::Option> options(arena_);
  while (true) {
    ast::Option option;
    option.offset = token_.offset;
    const auto number = [&]() -> const Expr* {
      const uint32_t offset = token_.offset;
      if (At(Operator::kMinus)) {
        Advance();
        auto* minus = New<ast::UnaryExpr>(offset);
        minus->op = "-";
        if (!At(TokenKind::kInteger)) SyntaxError();
        minus->operand = ParseNumber();
        return minus;
      }
      if (!At(TokenKind::kInteger)) SyntaxError();
      return ParseNumber();
    };
    if (AcceptWord("start")) {
      AcceptWord("with");
      option.name = "start";
      option.value = number();
    } else if (AcceptWord("increment")) {
      AcceptWord("by");
      option.name = "increment";
      option.value = number();
    } else if (AcceptWord("restart")) {
      AcceptWord("with");
      option.name = "restart";
      if (At(TokenKind::kInteger)) option.value = number();
    } else if (AcceptWords("no", "minvalue")) {
      option.name = "minvalue";
    } else if (AcceptWords("no", "maxvalue")) {
      option.name = "maxvalue";
    } else if (AcceptWord("minvalue")) {
      option.name = "minvalue";
      option.value = number();
    } else if (AcceptWord("maxvalue")) {
      option.name = "maxvalue";
      option.value = number();
    } else if (AcceptWord("cache")) {
      option.name = "cache";
      option.value = number();
    } else if (AcceptWords("no", "cycle")) {
      option.name = "cycle";
      option.value = NewBool(false, option.offset);
    } else if (AcceptWord("cycle")) {
      option.name = "cycle";
      option.value = NewBool(true, option.offset);
    } else if (At(Keyword::kAs)) {
      Advance();
      option.name = "as";
      option.value = NewString(Lower(ParseAnyName()), option.offset);
    } else if (AcceptWords("owned", "by")) {
      option.name = "owned_by";
      option.value = ParseOptionValue();
    } else {
      return options.Finish();
    }
    options.Add(option);
  }
}

const ast::Statement* Parser::ParseCreateSequence(const CreatePrefix& prefix) {
  auto* sequence = New<ast::CreateSequence>(prefix.offset);
  sequence->temporary = prefix.temporary;
  ExpectWord("sequence");
  sequence->if_not_exists = AcceptIfNotExists();
  sequence->name = ParseQualifiedName();
  sequence->options = ParseSequenceOptions();
  return sequence;
}

// CREATE DATABASE d [WITH] [name [=] value ...] | PROPERTIES (...) | WITH (...)
const ast::Statement* Parser::ParseCreateDatabase(const CreatePrefix& prefix) {
  auto* database = New<ast::CreateDatabase>(prefix.offset);
  ExpectWord("database");
  database->if_not_exists = AcceptIfNotExists();
  database->name = ParseQualifiedName();
  ListBuilder<ast::Option> options(arena_);
  while (!At(TokenKind::kEnd) && !At(TokenKind::kSemicolon)) {
    if (AtWord("comment")) {
      database->comment = TryComment();
    } else if (At(TokenKind::kLeftParen) || AtWord("properties")) {
      AcceptWord("properties");
      for (const ast::Option& option : ParseParenthesizedOptions()) options.Add(option);
    } else if (!Accept(Keyword::kWith)) {
      if (At(Keyword::kDefault)) Advance();
      ast::Option option;
      option.offset = token_.offset;
      if (AcceptWords("character", "set")) {
        option.name = "charset";
      } else if (AcceptWords("connection", "limit")) {
        option.name = "connection_limit";
      } else {
        option.name = ParseOptionName();
      }
      Accept(Operator::kEquals);
      option.value = ParseOptionValue();
      options.Add(option);
    }
  }
  database->options = options.Finish();
  return database;
}

const ast::Statement* Parser::ParseCreateSchema(const CreatePrefix& prefix) {
  auto* schema = New<ast::CreateSchema>(prefix.offset);
  schema->or_replace = prefix.or_replace;
  Expect(Keyword::kSchema);
  schema->if_not_exists = AcceptIfNotExists();
  if (!AtWord("authorization")) schema->name = ParseQualifiedName();
  if (AcceptWord("authorization")) schema->authorization = ParseAnyName();
  return schema;
}

const ast::Statement* Parser::ParseCreateCatalog(const CreatePrefix& prefix) {
  auto* catalog = New<ast::CreateCatalog>(prefix.offset);
  catalog->external = prefix.external;
  ExpectWord("catalog");
  catalog->if_not_exists = AcceptIfNotExists();
  catalog->name = ParseNameOrString();
  catalog->comment = TryComment();
  catalog->options = TryProperties();
  return catalog;
}

// RESOURCE, RESOURCE GROUP, REPOSITORY, FILE, CONNECTION, SECRET, SUBSCRIPTION, EXTENSION, STORAGE VOLUME.
const ast::Statement* Parser::ParseCreateNamed(const CreatePrefix& prefix) {
  auto* named = New<ast::CreateNamed>(prefix.offset);
  named->or_replace = prefix.or_replace;
  named->external = prefix.external;
  named->read_only = prefix.read_only;
  const Token first = token_;
  const std::optional<ast::ObjectKind> kind = TryObjectKind();
  if (!kind) SyntaxErrorAt(first);
  switch (*kind) {
    case ast::ObjectKind::kResource:
    case ast::ObjectKind::kResourceGroup:
    case ast::ObjectKind::kRepository:
    case ast::ObjectKind::kFile:
    case ast::ObjectKind::kConnection:
    case ast::ObjectKind::kSecret:
    case ast::ObjectKind::kSubscription:
    case ast::ObjectKind::kExtension:
    case ast::ObjectKind::kStorageVolume:
    case ast::ObjectKind::kCollation:
      break;
    default:
      SyntaxErrorAt(first);
  }
  named->object = *kind;
  named->if_not_exists = AcceptIfNotExists();
  if (At(TokenKind::kString)) {
    named->name.offset = token_.offset;
    named->name.parts = OneName(ParseString());
  } else {
    named->name = ParseQualifiedName();
  }
  ListBuilder<ast::Option> options(arena_);
  const auto add_all = [&](List<ast::Option> more) {
    for (const ast::Option& option : more) options.Add(option);
  };
  const auto equals = [&](const Expr* expr) { return expr; };
  while (!At(TokenKind::kEnd) && !At(TokenKind::kSemicolon)) {
    if (AtWord("comment")) {
      named->comment = TryComment();
    } else if (At(Keyword::kFrom) || At(Keyword::kIn)) {
      Advance();
      named->from = ParseQualifiedName();
    } else if (At(Keyword::kAs)) {
      Advance();
      named->value = ParseExpr();
    } else if (At(Keyword::kTo)) {
      Advance();
      named->classifiers = ParseCommaList<List<const Expr*>>(
          [&] { return ParseParenthesizedList<const Expr*>([&] { return equals(ParseExpr()); }); });
    } else if (At(Keyword::kOn)) {
      Advance();
      ExpectWord("location");
      named->location = ParseString();
    } else if (At(Keyword::kWith)) {
      Advance();
      if (AcceptWord("broker")) {
        if (At(TokenKind::kString) || (IsColumnName(token_) && !At(Keyword::kOn))) named->broker = ParseNameOrString();
      } else if (At(TokenKind::kLeftParen)) {
        add_all(ParseParenthesizedOptions());
      }
    } else if (AcceptWord("properties") ||
               (named->object == ast::ObjectKind::kCollation && At(TokenKind::kLeftParen))) {
      add_all(ParseParenthesizedOptions());
    } else if (AcceptWord("cascade")) {
      ast::Option option;
      option.name = "cascade";
      options.Add(option);
    } else if (AtWord("schema") || AtWord("version") || AtWord("type") || AtWord("locations")) {
      ast::Option option;
      option.offset = token_.offset;
      option.name = Lower(ParseAnyName());
      Accept(Operator::kEquals);
      option.value = ParseOptionValue();
      options.Add(option);
    } else {
      SyntaxError();
    }
  }
  named->options = options.Finish();
  return named;
}

}  // namespace weir
