// EXPLAIN, DESCRIBE, ANALYZE, VACUUM and other short statements.
#include <array>
#include <string_view>

#include "sql/parser/parser_core.h"

namespace weir {

using ast::Expr;

// EXPLAIN [ANALYZE] [VERBOSE] [LOGICAL | COSTS | ...] [FORMAT = f] [(options)] statement
const ast::Statement* Parser::ParseExplain() {
  static constexpr auto kLevels = std::to_array<std::string_view>(
      {"logical", "costs", "physical", "pipeline", "fragments", "distsql", "trace", "types"});
  auto* explain = New<ast::Explain>(token_.offset);
  Advance();
  const bool has_options = At(TokenKind::kLeftParen) && !PeekIs(1, Keyword::kSelect) && !PeekIs(1, Keyword::kWith) &&
                           !PeekIs(1, Keyword::kValues) && !PeekIs(1, TokenKind::kLeftParen) &&
                           !PeekIs(1, Keyword::kTable) && !PeekIs(1, Keyword::kFrom);
  if (has_options) {
    explain->options = ParseParenthesizedOptions();
    for (const ast::Option& option : explain->options) {
      bool value = true;
      if (option.value != nullptr) {
        if (const auto* flag = option.value->TryAs<ast::BoolLiteral>()) value = flag->value;
        if (const auto* text = option.value->TryAs<ast::StringLiteral>()) value = text->value != "off";
        if (const auto* number = option.value->TryAs<ast::NumberLiteral>()) value = number->text != "0";
      }
      if (option.name == "analyze" || option.name == "analyse") explain->analyze = value;
      if (option.name == "verbose") explain->verbose = value;
    }
  } else {
    if (At(Keyword::kAnalyze) || At(Keyword::kAnalyse)) {
      Advance();
      explain->analyze = true;
    }
    if (AcceptWord("verbose")) explain->verbose = true;
    for (const std::string_view level : kLevels) {
      if (AcceptWord(level)) explain->level = level;
    }
    if (AtWord("format") && PeekIs(1, Operator::kEquals)) {
      ast::Option option;
      option.offset = token_.offset;
      option.name = "format";
      Advance();
      Advance();
      option.value = ParseOptionValue();
      explain->options = arena_.CopyList(std::span<const ast::Option>(&option, 1));
    }
  }
  explain->statement = ParseStatement();
  return explain;
}

// DESCRIBE | DESC [TABLE | DATABASE | FUNCTION ...] [EXTENDED] name [column] | query | FILES(...)
const ast::Statement* Parser::ParseDescribe() {
  auto* describe = New<ast::Describe>(token_.offset);
  Advance();
  if (AtQueryStart() && !At(Keyword::kTable) && !At(Keyword::kFrom)) {
    describe->query = ParseQuery();
    return describe;
  }
  if (At(TokenKind::kLeftParen)) {
    describe->query = ParseQuery();
    return describe;
  }
  describe->extended = AcceptWord("extended") || AcceptWord("formatted");
  if (At(Keyword::kTable) ||
      ((AtWord("database") || AtWord("schema") || AtWord("function") || AtWord("view")) && IsColumnName(Peek(1)))) {
    describe->what = Lower(token_.text);
    Advance();
  }
  if (IsFunctionName(token_) && PeekIs(1, TokenKind::kLeftParen)) {
    describe->table_function = ParseTableFunctionCall();
    return describe;
  }
  if (At(TokenKind::kString)) {
    describe->name.offset = token_.offset;
    describe->name.parts = OneName(ParseString());
  } else {
    describe->name = ParseQualifiedName();
  }
  if (AcceptWord("all")) {
    describe->extended = true;
  } else if (IsColumnName(token_)) {
    describe->column = ParseColumnName();
  }
  return describe;
}

const ast::Statement* Parser::ParseSummarize() {
  auto* node = New<ast::Summarize>(token_.offset);
  Advance();
  if ((AtQueryStart() && !At(Keyword::kTable)) || At(TokenKind::kLeftParen)) {
    node->query = ParseQuery();
  } else {
    Accept(Keyword::kTable);
    node->name = ParseQualifiedName();
  }
  return node;
}

ast::AnalyzeTarget Parser::ParseAnalyzeTarget() {
  ast::AnalyzeTarget target;
  target.table = ParseQualifiedName();
  if (At(TokenKind::kLeftParen)) target.columns = ParseParenthesizedNames();
  return target;
}

// ANALYZE [VERBOSE | (options)] [t [(columns)], ...]
// ANALYZE [FULL | SAMPLE] TABLE t [(columns)] [WITH SYNC | ASYNC MODE] [PROPERTIES (...)]
// ANALYZE TABLE t UPDATE HISTOGRAM ON a, b [WITH n BUCKETS]
const ast::Statement* Parser::ParseAnalyze() {
  auto* analyze = New<ast::Analyze>(token_.offset);
  Advance();
  if (At(TokenKind::kLeftParen)) {
    analyze->options = ParseParenthesizedOptions();
    for (const ast::Option& option : analyze->options) analyze->verbose |= option.name == "verbose";
  }
  analyze->verbose |= AcceptWord("verbose");
  if (At(Keyword::kFull) && PeekIs(1, Keyword::kTable)) {
    Advance();
    analyze->full = true;
  } else if (AtWord("sample") && PeekIs(1, Keyword::kTable)) {
    Advance();
    analyze->sample = true;
  }
  if (At(TokenKind::kEnd) || At(TokenKind::kSemicolon)) return analyze;
  if (!Accept(Keyword::kTable)) {
    analyze->targets = ParseCommaList<ast::AnalyzeTarget>([&] { return ParseAnalyzeTarget(); });
    return analyze;
  }
  ast::AnalyzeTarget target = ParseAnalyzeTarget();
  if (AcceptWords("update", "histogram")) {
    analyze->scope = "histogram";
    Expect(Keyword::kOn);
    target.columns = ParseNameList();
  }
  analyze->targets = arena_.CopyList(std::span<const ast::AnalyzeTarget>(&target, 1));
  while (At(Keyword::kWith)) {
    Advance();
    if (At(TokenKind::kInteger)) {
      analyze->buckets = ParseInteger();
      ExpectWord("buckets");
    } else {
      analyze->sync = AcceptWord("sync");
      if (!*analyze->sync) ExpectWord("async");
      ExpectWord("mode");
    }
  }
  if (AtWord("properties")) analyze->options = TryProperties();
  return analyze;
}

// CREATE ANALYZE [FULL | SAMPLE] ALL | DATABASE d | TABLE t [(columns)] [PROPERTIES (...)]; behind CREATE.
const ast::Statement* Parser::ParseCreateAnalyze(const CreatePrefix& prefix) {
  auto* analyze = New<ast::Analyze>(prefix.offset);
  analyze->action = ast::AnalyzeAction::kCreateJob;
  Advance();
  analyze->full = Accept(Keyword::kFull);
  if (!analyze->full) analyze->sample = AcceptWord("sample");
  if (Accept(Keyword::kAll)) {
    analyze->scope = "all";
  } else {
    if (AcceptWord("database")) {
      analyze->scope = "database";
    } else {
      Expect(Keyword::kTable);
    }
    const ast::AnalyzeTarget target = ParseAnalyzeTarget();
    analyze->targets = arena_.CopyList(std::span<const ast::AnalyzeTarget>(&target, 1));
  }
  analyze->options = TryProperties();
  return analyze;
}

// DROP ANALYZE id, DROP STATS t [(columns)]; behind DROP.
const ast::Statement* Parser::ParseDropAnalyze(uint32_t offset) {
  auto* analyze = New<ast::Analyze>(offset);
  if (AcceptWord("stats")) {
    analyze->action = ast::AnalyzeAction::kDropStatistics;
    const ast::AnalyzeTarget target = ParseAnalyzeTarget();
    analyze->targets = arena_.CopyList(std::span<const ast::AnalyzeTarget>(&target, 1));
  } else {
    Advance();
    analyze->action = ast::AnalyzeAction::kDropJob;
    if (Accept(Keyword::kAll)) {
      analyze->scope = "all";
    } else {
      analyze->job_id = ParseInteger();
    }
  }
  return analyze;
}

// VACUUM [FULL] [FREEZE] [VERBOSE] [ANALYZE] | (options) [t [(columns)], ...]
const ast::Statement* Parser::ParseVacuum() {
  auto* vacuum = New<ast::Vacuum>(token_.offset);
  Advance();
  if (At(TokenKind::kLeftParen)) {
    vacuum->options = ParseParenthesizedOptions();
  } else {
    ListBuilder<ast::Option> options(arena_);
    while (AtWord("full") || AtWord("freeze") || AtWord("verbose") || AtWord("analyze")) {
      ast::Option option;
      option.offset = token_.offset;
      option.name = Lower(token_.text);
      Advance();
      options.Add(option);
    }
    vacuum->options = options.Finish();
  }
  if (IsColumnName(token_)) {
    vacuum->targets = ParseCommaList<ast::AnalyzeTarget>([&] { return ParseAnalyzeTarget(); });
  }
  return vacuum;
}

const ast::Statement* Parser::ParseDiscard() {
  auto* discard = New<ast::Discard>(token_.offset);
  if (AcceptWord("unlisten")) {
    // Pools of connections send it when one comes back.
    if (!Accept(Operator::kStar)) ParseAnyName();
    discard->what = "listen";
    return discard;
  }
  Advance();
  if (AcceptWord("temporary")) {
    discard->what = "temp";
    return discard;
  }
  if (!AtWord("all") && !AtWord("plans") && !AtWord("sequences") && !AtWord("temp")) SyntaxError();
  discard->what = Lower(ParseAnyName());
  return discard;
}

// FLUSH [FLOW | TABLE name | words]
const ast::Statement* Parser::ParseFlush() {
  auto* flush = New<ast::Flush>(token_.offset);
  Advance();
  if (!IsAnyName(token_)) return flush;
  flush->what = Lower(ParseAnyName());
  if (IsColumnName(token_)) flush->name = ParseQualifiedName();
  return flush;
}

// KILL [CONNECTION | QUERY] id, KILL ANALYZE id
const ast::Statement* Parser::ParseKill() {
  const uint32_t offset = token_.offset;
  Advance();
  if (At(Keyword::kAnalyze)) {
    Advance();
    auto* analyze = New<ast::Analyze>(offset);
    analyze->action = ast::AnalyzeAction::kKillJob;
    analyze->job_id = ParseInteger();
    return analyze;
  }
  auto* kill = New<ast::Kill>(offset);
  if (AcceptWord("query")) {
    kill->query_only = true;
  } else {
    AcceptWord("connection");
  }
  kill->id = ParseExpr();
  return kill;
}

const ast::Statement* Parser::ParseUse() {
  auto* use = New<ast::Use>(token_.offset);
  Advance();
  if (At(TokenKind::kString)) {  // StarRocks: USE 'catalog.db'
    use->name.offset = token_.offset;
    use->name.parts = OneName(ParseString());
  } else {
    use->name = ParseQualifiedName();
  }
  return use;
}

const ast::Statement* Parser::ParseCallStatement() {
  auto* node = New<ast::Call>(token_.offset);
  Advance();
  ast::QualifiedName name = ParseQualifiedName();
  if (!At(TokenKind::kLeftParen)) SyntaxError();
  node->call = ParseCall(name);
  return node;
}

}  // namespace weir
