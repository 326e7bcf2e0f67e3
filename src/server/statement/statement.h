#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "optimizer/optimizer.h"
#include "server/session.h"

namespace weir {

// ---- dispatch (statement.cc)

// Fills in columns and parameter types.
void DescribeStatement(Session& session, const ast::Statement& statement, PreparedStatement& prepared);
std::unique_ptr<StatementExecution> ExecuteStatement(Session& session, const ast::StatementPtr& statement,
                                                     std::vector<Value> parameters);

// The prepared statement that an EXECUTE means, and the values of its parameters.
PreparedPtr BindExecute(Session& session, const ast::Execute& execute, std::vector<Value>& values);

// ---- executions that others are made of

// A statement that has taken effect already, by a query that has ended if it had one.
std::unique_ptr<StatementExecution> MakeCommandExecution(std::string tag,
                                                         std::unique_ptr<QueryExecution> query = nullptr);
// Rows that are there already; the tag counts them ("SELECT 3") unless given.
std::unique_ptr<StatementExecution> MakeRowsExecution(Schema columns, std::vector<Chunk> chunks, std::string tag = {});
// Text columns from strings.
std::unique_ptr<StatementExecution> MakeTextExecution(std::vector<std::string> names,
                                                      const std::vector<std::vector<std::string>>& rows,
                                                      std::string tag = {});

// ---- families

// query.cc: SELECT, INSERT, UPDATE, DELETE, MERGE
bool IsRows(const ast::Statement& statement);
// Of what comes back; nullopt: nothing does.
std::optional<Schema> ResultSchema(const BoundStatement& bound);
// With all the parameters that there are. What is planned from a snapshot's statistics is run on the same snapshot: the
// optimizer takes answers from them, where PlanRows is given it too.
BoundStatement BindRows(Session& session, const ast::Statement& statement, const std::vector<Value>& parameters,
                        const SnapshotPtr& snapshot);
// Before there are values: finds what types the parameters have that are not given here.
BoundStatement DescribeRows(Session& session, const ast::Statement& statement,
                            const std::vector<Type>& parameter_types);
std::unique_ptr<StatementExecution> ExecuteRows(Session& session, const ast::StatementPtr& statement,
                                                std::vector<Value> parameters);
// By the session's settings. `statement` must outlive it.
OptimizerContext MakeOptimizerContext(Session& session, const StatementContext& statement,
                                      const ScanDetails* details = nullptr);
PhysicalPtr PlanRows(Session& session, const BoundStatement& bound, const SnapshotPtr& snapshot = nullptr);
// The rows of a query that another statement's meaning depends on. Blocks.
std::vector<std::vector<Value>> RunOnTheSpot(Session& session, const LogicalPtr& plan);
// A query given as text, for statements that are one underneath (SHOW TABLES); `parameters` fill $1, $2 ...
std::unique_ptr<StatementExecution> ExecuteText(Session& session, const std::string& sql,
                                                const std::vector<Value>& parameters, std::string tag = {});
Schema DescribeText(Session& session, const std::string& sql);

// explain.cc
std::unique_ptr<StatementExecution> ExecuteExplain(Session& session, const ast::Explain& explain,
                                                   const ast::StatementPtr& owner, std::vector<Value> parameters);
Schema DescribeExplain(const ast::Explain& explain);

// ddl.cc
std::unique_ptr<StatementExecution> ExecuteCreateTable(Session& session, const ast::CreateTable& create);
// Whether CREATE TABLE ... AS finds its table there, and may: with a notice then.
bool SkipsCreateTable(Session& session, const ast::CreateTable& create);
// role_statements.cc: CREATE and ALTER of users, GRANT and REVOKE of roles
bool IsRoleStatement(const ast::Statement& statement);
std::string ExecuteRoleStatement(Session& session, const ast::Statement& statement);
std::vector<CatalogChange> DropRoleChanges(Session& session, ast::List<ast::RoleName> roles, bool if_exists);

// ddl.cc: the tag, when it has taken effect; CREATE TABLE is above.
std::string ExecuteDdl(Session& session, const ast::Statement& statement);
bool IsDdl(const ast::Statement& statement);

// function_ddl.cc: of functions and macros
std::string CreateFunctionStatement(Session& session, const ast::CreateFunction& create);
std::string DropFunctionStatement(Session& session, const ast::Drop& drop);
std::string AlterFunctionStatement(Session& session, const ast::AlterObject& alter);
std::string CommentOnFunction(Session& session, const ast::CommentOn& comment);
// Those of a schema, or with an empty name of a database, that go with it.
std::vector<CatalogChange> DropFunctionsOf(const Catalog& catalog, std::string_view database, std::string_view schema);

// analyze.cc: ANALYZE and DROP STATS; the tag, when it has taken effect
std::string ExecuteAnalyze(Session& session, const ast::Analyze& analyze);

// types.cc: CREATE TYPE, DOMAIN and COLLATION, ALTER and DROP of them; the tag
bool IsTypeDdl(const ast::Statement& statement);
std::string ExecuteTypeDdl(Session& session, const ast::Statement& statement);

// copy.cc
std::unique_ptr<StatementExecution> ExecuteCopy(Session& session, const ast::StatementPtr& owner,
                                                const ast::Copy& copy);
CopyOptions ParseCopyOptions(Session& session, const ast::Copy& copy);

// cursor.cc
// The query of a DECLARE as a statement; its tree is still `declare`'s.
std::shared_ptr<const ast::QueryStatement> QueryOf(const ast::DeclareCursor& declare);
std::string ExecuteDeclareCursor(Session& session, const ast::StatementPtr& owner, const ast::DeclareCursor& declare,
                                 std::vector<Value> parameters);
std::unique_ptr<StatementExecution> ExecuteFetch(Session& session, const ast::FetchCursor& fetch);
Schema DescribeFetch(Session& session, const ast::FetchCursor& fetch);
std::string ExecuteCloseCursor(Session& session, const ast::CloseCursor& close);

// The value of an expression by itself, which may have subqueries: what SET @x = takes.
Value EvaluateExpression(Session& session, const ast::Expr& expr);
// settings_statements.cc: SET, SHOW, RESET, USE, DISCARD
std::unique_ptr<StatementExecution> ExecuteSettings(Session& session, const ast::Statement& statement);
bool IsSettings(const ast::Statement& statement);
std::optional<Schema> DescribeSettings(Session& session, const ast::Statement& statement);

// show.cc: SHOW TABLES and its family, DESCRIBE: as queries over the system tables
struct ShownQuery {
  std::string sql;
  std::vector<Value> parameters;
};
std::optional<ShownQuery> QueryOfShow(Session& session, const ast::Statement& statement);

}  // namespace weir
