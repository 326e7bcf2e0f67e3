#pragma once

#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_set>
#include <vector>

#include "base/error.h"
#include "sql/parser/arena.h"
#include "sql/parser/ast.h"
#include "sql/parser/lexer.h"
#include "sql/parser/list_builder.h"
#include "sql/parser/parser.h"
#include "sql/parser/precedence.h"
#include "sql/parser/token.h"

namespace weir {

// The recursive-descent parser of one text. Its methods are spread over parse_*.cc by clause. Each Parse... starts at
// its first token unless its comment says otherwise, leaves the current token behind what it took, and throws for
// anything else. Try... and Accept... take nothing when what they look for is not there.
class Parser {
 public:
  Parser(std::string_view text, ast::Arena& arena, const ParseOptions& options);

  std::vector<const ast::Statement*> ParseAll();
  const ast::Expr* ParseWholeExpression();
  const ast::TypeName* ParseWholeTypeName();

 private:
  using Expr = ast::Expr;
  using Name = ast::Name;
  template <typename T>
  using List = ast::List<T>;

  // Counts one level of recursion while it lives.
  class Nesting {
   public:
    explicit Nesting(Parser& parser) : parser_(parser) { parser_.EnterNesting(); }
    ~Nesting() { --parser_.nesting_; }
    Nesting(const Nesting&) = delete;
    Nesting& operator=(const Nesting&) = delete;

   private:
    Parser& parser_;
  };
  void EnterNesting();

  // ---- tokens (parser_core.cc)
  bool is_mysql() const { return options_.dialect == Dialect::kMySql; }
  // The tokens after the current one, from 1 to 4.
  const Token& Peek(size_t ahead);
  void Advance();
  bool At(Keyword keyword) const { return token_.keyword == keyword; }
  bool At(TokenKind kind) const { return token_.kind == kind; }
  bool At(Operator op) const { return token_.op == op; }
  template <typename T>
  bool PeekIs(size_t ahead, T what) {
    return Peek(ahead).is(what);
  }
  // An unquoted word, keyword or not; `word` in lower case.
  static bool IsWord(const Token& token, std::string_view word);
  bool AtWord(std::string_view word) const { return IsWord(token_, word); }
  bool PeekIsWord(size_t ahead, std::string_view word) { return IsWord(Peek(ahead), word); }
  bool AtWords(std::string_view first, std::string_view second) { return AtWord(first) && PeekIsWord(1, second); }
  template <typename T>
  bool Accept(T what) {
    if (!At(what)) return false;
    Advance();
    return true;
  }
  bool AcceptWord(std::string_view word);
  bool AcceptWords(std::string_view first, std::string_view second);  // both or nothing
  bool AcceptWords(std::string_view first, std::string_view second, std::string_view third);
  template <typename T>
  void Expect(T what) {
    if (!Accept(what)) SyntaxError();
  }
  void ExpectWord(std::string_view word) {
    if (!AcceptWord(word)) SyntaxError();
  }
  void ExpectWords(std::string_view first, std::string_view second) {
    ExpectWord(first);
    ExpectWord(second);
  }
  [[noreturn]] void SyntaxError() { SyntaxErrorAt(token_); }
  [[noreturn]] void SyntaxErrorAt(const Token& at);
  [[noreturn]] void Unsupported(uint32_t offset, std::string_view what, std::string hint);
  // One character of an operator, such as the first > of >>.
  bool AtOperatorChar(char c) const { return token_.kind == TokenKind::kOperator && token_.text[0] == c; }
  void ExpectOperatorChar(char c);
  // Nothing more can belong to an expression or a list here.
  bool AtClauseEnd() const;
  static bool StartsOperand(const Token& token);

  struct Mark {
    Token token;
    Token lookahead[4];
    size_t lookahead_size;
    Lexer::Place place;
    int32_t question_marks;
    uint32_t previous_end;
  };
  Mark Here() const;
  void Rewind(const Mark& mark);

  // ---- names and small parts (parser_core.cc)
  static bool IsColumnName(const Token& token);    // PostgreSQL's ColId
  static bool IsFunctionName(const Token& token);  // PostgreSQL's type_function_name, or a column's
  static bool IsAnyName(const Token& token);       // keywords of all classes too
  Name ParseColumnName();
  Name ParseFunctionName();
  Name ParseAnyName();
  Name ParseNameOrString();
  Name ParseWordOrString();
  ast::QualifiedName ParseQualifiedName();
  List<Name> ParseNameList();            // a, b
  List<Name> ParseParenthesizedNames();  // (a, b)
  List<ast::QualifiedName> ParseQualifiedNameList();
  Name ParseString();
  int64_t ParseInteger();  // with an optional sign
  Name Lower(std::string_view text);
  Name Spaced(std::initializer_list<std::string_view> words);  // joined with single spaces
  List<Name> OneName(Name name) { return arena_.CopyList(std::span<const Name>(&name, 1)); }

  template <typename T>
  T* New(uint32_t offset) {
    T* node = arena_.New<T>();
    node->offset = offset;
    return node;
  }
  const Expr* NewString(Name value, uint32_t offset) {
    auto* node = New<ast::StringLiteral>(offset);
    node->value = value;
    return node;
  }
  const Expr* NewBool(bool value, uint32_t offset) {
    auto* node = New<ast::BoolLiteral>(offset);
    node->value = value;
    return node;
  }
  // item, item, ...
  template <typename T, typename ParseItem>
  List<T> ParseCommaList(ParseItem parse_item) {
    ListBuilder<T> items(arena_);
    do {
      items.Add(parse_item());
    } while (Accept(TokenKind::kComma));
    return items.Finish();
  }
  template <typename T, typename ParseItem>
  List<T> ParseParenthesizedList(ParseItem parse_item) {
    Expect(TokenKind::kLeftParen);
    List<T> items = ParseCommaList<T>(parse_item);
    Expect(TokenKind::kRightParen);
    return items;
  }

  // ---- expressions (parse_expr.cc)
  const Expr* ParseExpr(Precedence min = Precedence::kLowest);
  List<const Expr*> ParseExprList();
  List<const Expr*> ParseParenthesizedExprs();
  const Expr* ParsePrefix();
  Precedence InfixPrecedence();
  const Expr* ParseInfix(const Expr* left, Precedence precedence);
  const Expr* ParseLogicalChain(const Expr* first, bool is_or);
  const Expr* ParseIs(const Expr* left);
  const Expr* ParseBetween(const Expr* left, bool negated);
  const Expr* ParseIn(const Expr* left, bool negated);
  const Expr* ParseLike(const Expr* left, bool negated);
  const Expr* ParseBinary(const Expr* left, Precedence precedence);
  const Expr* ParseQuantified(const Expr* left, Name op, uint32_t offset);
  Name ParseQualifiedOperator();  // behind OPERATOR
  const Expr* NewBinary(Name op, const Expr* left, const Expr* right, uint32_t offset);

  // ---- the operands of expressions (parse_primary.cc)
  const Expr* ParsePostfix();
  const Expr* ParsePrimary();
  const Expr* ParseKeywordPrimary();
  const Expr* ParseNamePrimary();
  const Expr* ParseColumnOrCall(Name first, uint32_t offset);
  const Expr* ParseNumber();
  const Expr* ParseParenthesized();
  const Expr* ParseBracketList();
  const Expr* ParseBraceStruct();
  const Expr* ParseMapBraces(uint32_t offset);  // at the {
  const Expr* ParseSubscript(const Expr* base);
  const Expr* ParseCase();
  const Expr* ParseArray();
  const Expr* ParseVariable();
  const Expr* ParseStar(List<Name> qualifier, const Expr* base, uint32_t offset);  // behind the *
  const Expr* TryIntervalLiteral();
  const Expr* TryTypedLiteral();
  Name TryIntervalFields(bool allow_plural_units);
  const Expr* ParseCast(bool is_try);

  // ---- function calls (parse_function.cc)
  const Expr* ParseCall(const ast::QualifiedName& name);  // at the (
  const Expr* ParseArgument(bool may_be_lambda, bool lambda_only);
  const Expr* TryLambda(bool lambda_only);
  const Expr* ParseCallTail(ast::FunctionCall* call);  // behind the )
  // parse_sql_json.cc
  const Expr* ParseSqlJson(ast::FunctionCall* call);
  const Expr* ParseSqlJsonQuery(ast::FunctionCall* call, ListBuilder<const Expr*>& args);
  struct JsonClauses {
    std::string_view wrapper = "without";
    bool keeps_quotes = true;
    bool has_on_empty = false;
    std::string_view on_empty = "null", on_error;
    const Expr* empty_value = nullptr;  // of DEFAULT
    const Expr* error_value = nullptr;
  };
  const Expr* ParsePassing(uint32_t offset);
  const Expr* JsonDefault(const Expr* value, const ast::TypeName* type, uint32_t offset);
  JsonClauses ParseJsonClauses(std::string_view on_error);
  const Expr* JsonResult(const Expr* text, const ast::TypeName* type, bool is_json, const JsonClauses& clauses);
  // parse_json_table.cc
  struct JsonTable;
  const ast::TableRef* ParseJsonTable();
  void ParseJsonTableColumns(JsonTable& table);
  void ParseJsonTableColumn(JsonTable& table);
  static void AddJsonTableName(JsonTable& table, Name name, uint32_t offset);
  std::string_view ParseJsonBehavior(const Expr*& value);
  const Expr* WithReturning(const Expr* value, const ast::TypeName* type, bool is_try);
  void SkipJsonFormat();
  void ExpectOnNull();
  const Expr* MakeCall(Name name, std::initializer_list<const Expr*> args, uint32_t offset);
  const Expr* ParseExtract();
  const Expr* ParseSubstring();
  const Expr* ParsePosition();
  const Expr* ParseOverlay();
  const Expr* ParseTrim();
  const Expr* ParseCurrentValue();
  const Expr* TryConvert();
  const ast::WindowSpec* ParseWindowSpec();  // at the (
  const ast::WindowFrame* TryWindowFrame();
  ast::FrameBound ParseFrameBound();
  List<ast::SortItem> ParseSortItems();
  ast::SortItem ParseSortItem();
  void ParseSortSuffix(ast::SortItem& item);

  // ---- types (parse_type.cc)
  const ast::TypeName* ParseTypeName();
  void ParseSimpleType(ast::TypeName* type);
  void ParseTimeZoneSuffix(ast::TypeName* type, std::string_view word);
  void ParseAngleArguments(ast::TypeName* type, bool named);
  void ParseStructFields(ast::TypeName* type);
  void ParseTypeModifiers(ast::TypeName* type);
  void ParseArrayBounds(ast::TypeName* type);

  // ---- queries (parse_query.cc, parse_from.cc)
  bool AtQueryStart() const;
  bool AtQueryTail() const;
  const ast::Query* ParseQuery();
  const ast::Query* ParseQueryAfterWith(const ast::With* with, uint32_t offset);
  const ast::Query* ParseParenthesizedQuery();
  const ast::Query* ContinueQuery(const ast::Query* first);  // (query) that turned out to be the head of a longer one
  void ParseQueryTail(ast::Query* query);
  void ParseLimit(ast::Query* query);
  void ParseFetchFirst(ast::Query* query);
  const ast::QueryBody* ParseSetOperations(const ast::QueryBody* left, int min);
  const ast::QueryBody* ParseQueryTerm();
  const ast::QueryBody* BodyOf(const ast::Query* query, uint32_t offset);
  const ast::Query* QueryOf(const ast::QueryBody* body);
  const ast::QueryBody* ParseSelect();
  void ParseSelectClauses(ast::Select* select);
  const ast::QueryBody* ParseValues();
  const ast::With* ParseWith();
  List<ast::SelectItem> ParseSelectItems();
  ast::SelectItem ParseSelectItem();
  void ParseGroupBy(ast::Select* select);
  const ast::GroupItem* ParseGroupItem();
  const ast::TableSample* ParseSampleAmount(uint32_t offset);

  List<const ast::TableRef*> ParseFrom();
  const ast::TableRef* ParseTableRef();
  const ast::TableRef* ParseJoins(const ast::TableRef* left);
  const ast::TableRef* ParseOneJoin(const ast::TableRef* left);
  bool AtJoin();
  const ast::TableRef* ParseTablePrimary();
  const ast::TableRef* ParseTableSuffixes(ast::TableRef* table);
  const ast::TableRef* ParseParenthesizedTable(bool lateral);
  const ast::TableRef* ParseTableFunction(bool lateral);
  const ast::TableRef* ParseNamedTable();
  const Expr* ParseTableFunctionCall();
  const Expr* ParseTableFunctionArguments(const ast::QualifiedName& name);  // at the (
  bool IsImplicitTableAlias();
  void ParseTableAlias(ast::TableRef* table, bool is_function);
  const ast::TableRef* ParsePivot(const ast::TableRef* source);
  const ast::TableRef* ParseUnpivot(const ast::TableRef* source);

  // ---- statements (parse_statement.cc)
  const ast::Statement* ParseStatement();
  const ast::Statement* ParseStatementBody();
  const ast::Statement* ParseWithStatement();
  const ast::Statement* ParseOtherStatement();
  const ast::Statement* ParseQueryStatement();
  const ast::Statement* ParseCheckpoint();

  // ---- changes of rows (parse_dml.cc)
  const ast::Statement* ParseChangeAfterWith(const ast::With* with, uint32_t offset);
  const ast::Statement* ParseInsert(const ast::With* with, uint32_t offset);
  const ast::Statement* ParseUpdate(const ast::With* with, uint32_t offset);
  const ast::Statement* ParseDelete(const ast::With* with, uint32_t offset);
  const ast::Statement* ParseMerge(const ast::With* with, uint32_t offset);
  const ast::Statement* ParseTruncate();
  const ast::Statement* ParseCopy();
  List<ast::Option> ParseLegacyCopyOptions();
  List<ast::SelectItem> TryReturning();
  const ast::OnConflict* ParseOnConflict();
  List<ast::Assignment> ParseAssignments();
  ast::Assignment ParseAssignment();
  void ParseChangeTarget(ast::QualifiedName& table, Name& alias);
  const Expr* ParseWhereOrCurrentOf();

  // ---- options and small clauses (parse_options.cc)
  Name ParseOptionName();
  const Expr* ParseOptionValue();
  ast::Option ParseOption();
  List<ast::Option> ParseParenthesizedOptions();
  List<ast::Option> TryProperties();
  List<ast::Option> TryWithOptions();
  std::optional<Name> TryComment();
  bool AcceptIfExists();
  bool AcceptIfNotExists();
  ast::DropBehavior ParseDropBehavior();

  // ---- CREATE TABLE (parse_table.cc)
  struct CreatePrefix {  // what stands between CREATE and the kind of the object
    uint32_t offset = 0;
    bool or_replace = false;
    bool temporary = false;
    bool external = false;
    bool global = false;
    bool unique = false;
    bool recursive = false;
    bool read_only = false;
  };
  struct TableElements {
    List<ast::ColumnDefinition> columns;
    bool has_wildcard = false;
    List<const ast::Constraint*> constraints;
    List<ast::TableIndex> indexes;
    List<ast::Watermark> watermarks;
    ast::QualifiedName like;
    List<Name> like_including;
  };
  const ast::Statement* ParseCreateTable(const CreatePrefix& prefix);
  bool ParseTableClause(ast::CreateTable* table);
  void ParseTableElements(TableElements& elements);
  ast::TableIndex ParseTableIndex();
  bool AtTableConstraint();
  const ast::Constraint* ParseTableConstraint();
  void ParseCheck(ast::Constraint* constraint);
  void ParseReferences(ast::Constraint* constraint);
  void ParseConstraintAttributes(ast::Constraint* constraint);
  const Expr* QuotedNameAsString(const Expr* expr);
  ast::ColumnDefinition ParseColumnDefinition();
  bool ParseColumnConstraint(ast::ColumnDefinition& column, ListBuilder<const ast::Constraint*>& constraints);
  void ParseGenerated(ast::ColumnDefinition& column);
  const ast::PartitionBy* ParsePartitionBy();
  ast::PartitionDefinition ParsePartitionDefinition();
  const ast::Distribution* ParseDistribution();
  List<Name> ParseSortKey();
  List<ast::IncludedColumn> ParseIncludedColumns();
  const ast::StreamFormat* ParseStreamFormat();

  // ---- CREATE of the rest (parse_create.cc, parse_create_function.cc)
  const ast::Statement* ParseCreate();
  List<ast::ViewColumn> TryViewColumns();
  const ast::Statement* ParseCreateView(const CreatePrefix& prefix);
  const ast::RefreshClause* ParseRefreshClause();
  void ParseSchedule(const Expr*& start, const Expr*& every);
  const ast::Statement* ParseCreateMaterializedView(const CreatePrefix& prefix);
  bool TryEmit();
  const ast::Statement* ParseCreateSource(const CreatePrefix& prefix);
  const ast::Statement* ParseCreateSink(const CreatePrefix& prefix);
  const ast::Statement* ParseCreateFlow(const CreatePrefix& prefix);
  const ast::Statement* ParseCreateType(const CreatePrefix& prefix);
  const ast::Statement* ParseCreateDomain(const CreatePrefix& prefix);
  bool TryDomainAction(ast::AlterAction& action);
  const ast::Statement* ParseCreateIndex(const CreatePrefix& prefix);
  List<ast::Option> ParseSequenceOptions();
  const ast::Statement* ParseCreateSequence(const CreatePrefix& prefix);
  const ast::Statement* ParseCreateDatabase(const CreatePrefix& prefix);
  const ast::Statement* ParseCreateSchema(const CreatePrefix& prefix);
  const ast::Statement* ParseCreateCatalog(const CreatePrefix& prefix);
  const ast::Statement* ParseCreateNamed(const CreatePrefix& prefix);
  ast::FunctionParameter ParseFunctionParameter(bool is_macro);
  const ast::Statement* ParseCreateFunction(const CreatePrefix& prefix);
  void ParseFunctionClause(ast::CreateFunction* function);

  // ---- DROP, ALTER, COMMENT, REFRESH (parse_alter.cc)
  bool AcceptPhrase(std::string_view phrase);
  std::optional<ast::ObjectKind> TryObjectKind();
  ast::ObjectKind ParseObjectKind();
  const ast::Statement* ParseDrop();
  const ast::Statement* ParseAlter();
  ast::AlterAction ParseAlterAction(ast::ObjectKind object);
  List<Name> ParseOneOrMoreNames();
  void ParseColumnPosition(ast::AlterAction& action);
  void ParseAlterAdd(ast::AlterAction& action, ast::ObjectKind object);
  void ParseAlterDrop(ast::AlterAction& action);
  void ParseAlterModify(ast::AlterAction& action);
  void ParseAlterColumn(ast::AlterAction& action);
  void ParseAlterRename(ast::AlterAction& action);
  void ParseAlterSet(ast::AlterAction& action, ast::ObjectKind object);
  const ast::Statement* ParseCommentOn();
  const ast::Statement* ParseRefresh();

  // ---- users and privileges (parse_role.cc)
  ast::RoleName ParseRoleName();
  List<ast::Option> ParseRoleOptions();
  const ast::Statement* ParseCreateRole(const CreatePrefix& prefix);
  const ast::Statement* ParseAlterRole(uint32_t offset);
  const ast::Statement* ParseGrant();
  void ParseGrantObject(ast::GrantPrivileges* grant);

  // ---- sessions (parse_session.cc, parse_show.cc)
  struct TransactionModes {
    ast::IsolationLevel isolation = ast::IsolationLevel::kDefault;
    std::optional<bool> read_only;
    std::optional<bool> deferrable;
  };
  void ParseTransactionModes(TransactionModes& modes);
  const ast::Statement* ParseTransaction();
  const Expr* ParseSetValue();
  ast::SetItem ParseSetItem(ast::SetScope scope);
  const ast::Statement* ParseSet();
  const ast::Statement* ParseReset();
  const ast::Statement* ParsePrepare();
  const ast::Statement* ParseExecute();
  const ast::Statement* ParseDeallocate();
  const ast::Statement* ParseDeclare();
  const ast::Statement* ParseFetch();
  const ast::Statement* ParseClose();
  const ast::Statement* ParseShow();
  const ast::Statement* ParseShowVariable(uint32_t offset);
  void ParseShowClauses(ast::ShowCommand* show);

  // ---- short statements (parse_utility.cc)
  const ast::Statement* ParseExplain();
  const ast::Statement* ParseDescribe();
  const ast::Statement* ParseSummarize();
  ast::AnalyzeTarget ParseAnalyzeTarget();
  const ast::Statement* ParseAnalyze();
  const ast::Statement* ParseCreateAnalyze(const CreatePrefix& prefix);
  const ast::Statement* ParseDropAnalyze(uint32_t offset);
  const ast::Statement* ParseVacuum();
  const ast::Statement* ParseDiscard();
  const ast::Statement* ParseFlush();
  const ast::Statement* ParseKill();
  const ast::Statement* ParseUse();
  const ast::Statement* ParseCallStatement();

  // ---- StarRocks' loads and administration (parse_admin.cc)
  List<ast::LoadColumn> ParseLoadColumns();
  const ast::Statement* ParseBrokerLoad();
  ast::LoadData ParseLoadData();
  template <typename Node>
  void ParseRoutineLoadClauses(Node* load);
  const ast::Statement* ParseCreateRoutineLoad(const CreatePrefix& prefix);
  const ast::Statement* ParseAlterRoutineLoad(uint32_t offset);
  const ast::Statement* ParsePauseResumeStop();
  const ast::Statement* ParseCancel();
  const ast::Statement* ParseExport();
  const ast::Statement* ParseSubmitTask();
  const ast::Statement* ParseBackup();
  const ast::Statement* ParseRecover();
  const ast::Statement* ParseAlterSystem(uint32_t offset);
  const ast::Statement* ParseAdminCommand();

  static constexpr size_t kLookahead = 4;

  const ParseOptions options_;
  ast::Arena& arena_;
  Lexer lexer_;
  Token token_;
  Token lookahead_[kLookahead];
  size_t lookahead_size_ = 0;
  uint32_t previous_end_ = 0;  // of the token before the current one
  uint32_t nesting_ = 0;
  uintptr_t stack_begin_;
  size_t tree_bytes_max_;  // the arena may grow to
  int32_t question_marks_ = 0;
  std::unordered_set<uint32_t> failed_intervals_;  // offsets of the word INTERVAL where it is a column
};

}  // namespace weir
