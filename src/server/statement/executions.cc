#include "server/statement/statement.h"

namespace weir {

namespace {

class CommandExecution final : public StatementExecution {
 public:
  CommandExecution(std::string tag, std::unique_ptr<QueryExecution> query)
      : tag_(std::move(tag)), query_(std::move(query)) {}
  const std::optional<Schema>& columns() const override { return columns_; }
  std::optional<Chunk> Next() override { return std::nullopt; }
  Task<std::optional<Chunk>> NextAsync() override { co_return std::nullopt; }
  std::string CommandTag(uint64_t) const override { return tag_; }
  void Close() override {}
  const QueryExecution* query() const override { return query_.get(); }

 private:
  const std::string tag_;
  const std::unique_ptr<QueryExecution> query_;
  const std::optional<Schema> columns_;
};

class RowsExecution final : public StatementExecution {
 public:
  RowsExecution(Schema columns, std::vector<Chunk> chunks, std::string tag)
      : columns_(std::move(columns)), chunks_(std::move(chunks)), tag_(std::move(tag)) {}
  const std::optional<Schema>& columns() const override { return columns_; }
  std::optional<Chunk> Next() override {
    while (next_ < chunks_.size()) {
      Chunk chunk = std::move(chunks_[next_++]);
      if (!chunk.empty()) return chunk;
    }
    return std::nullopt;
  }
  Task<std::optional<Chunk>> NextAsync() override { co_return Next(); }
  std::string CommandTag(uint64_t rows) const override { return tag_.empty() ? fmt::format("SELECT {}", rows) : tag_; }
  void Close() override { next_ = chunks_.size(); }

 private:
  const std::optional<Schema> columns_;
  std::vector<Chunk> chunks_;
  size_t next_ = 0;
  const std::string tag_;
};

}  // namespace

std::unique_ptr<StatementExecution> MakeCommandExecution(std::string tag, std::unique_ptr<QueryExecution> query) {
  return std::make_unique<CommandExecution>(std::move(tag), std::move(query));
}

std::unique_ptr<StatementExecution> MakeRowsExecution(Schema columns, std::vector<Chunk> chunks, std::string tag) {
  return std::make_unique<RowsExecution>(std::move(columns), std::move(chunks), std::move(tag));
}

std::unique_ptr<StatementExecution> MakeTextExecution(std::vector<std::string> names,
                                                      const std::vector<std::vector<std::string>>& rows,
                                                      std::string tag) {
  Schema schema;
  std::vector<ColumnPtr> columns;
  for (size_t i = 0; i < names.size(); ++i) {
    schema.push_back({names[i], TypeKind::kVarchar});
    ColumnBuilder builder(TypeKind::kVarchar, rows.size());
    for (const auto& row : rows) builder.AppendString(row[i]);
    columns.push_back(builder.Finish());
  }
  return MakeRowsExecution(std::move(schema), {Chunk(std::move(columns), rows.size())}, std::move(tag));
}

}  // namespace weir
