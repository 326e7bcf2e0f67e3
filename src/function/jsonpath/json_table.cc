// The rows of SQL's JSON_TABLE. The parser writes its columns as a program of texts behind the arguments: per column
//   ordinality | exists PATH ON-ERROR | value PATH ON-EMPTY ON-ERROR DEFAULT DEFAULT |
//   query PATH ON-EMPTY ON-ERROR DEFAULT DEFAULT WRAPPER QUOTES | nested PATH columns end
#include <deque>

#include "function/jsonpath/answer.h"
#include "function/jsonpath/register.h"
#include "function/scalar/json_kernel.h"

namespace weir {

namespace {

using jsonpath::Evaluator;
using jsonpath::Item;

using Cells = std::vector<std::optional<std::string>>;

// A path that is run again and again.
class Search {
 public:
  explicit Search(std::string_view path)
      : path_(jsonpath::ParsePath(path)), evaluator_(path_, std::string_view(), true) {}
  Search(const Search&) = delete;
  Search& operator=(const Search&) = delete;

  Evaluator::Result Run(const JsonDocument& document, const JsonDocument* variables, std::vector<Item>& found) {
    return evaluator_.Query(document, variables, found);
  }

 private:
  jsonpath::Path path_;
  Evaluator evaluator_;
};

struct TableColumn {
  enum class Kind : uint8_t { kOrdinality, kExists, kValue, kQuery };
  Kind kind = Kind::kOrdinality;
  size_t cell = 0;
  std::unique_ptr<Search> search;
  jsonpath::AnswerClauses clauses;
  size_t empty_default = 0, error_default = 0;  // arguments
};

// The rows that a path finds in an item of the level around it.
struct Level {
  std::unique_ptr<Search> search;
  std::vector<TableColumn> columns;
  std::vector<std::unique_ptr<Level>> nested;
};

class JsonTable {
 public:
  // The program is the same in all rows.
  JsonTable(const KernelArgs& args, size_t row) {
    for (const ColumnPtr& column : args.columns) views_.emplace_back(*column);
    next_ = 4;
    ReadColumns(root_, row);
  }

  std::vector<Cells> Rows(size_t row) {
    rows_.clear();
    if (views_[0].IsNull(row) || views_[1].IsNull(row)) return {};
    row_ = row;
    const std::string_view path = TextAt(views_[1], row);
    if (root_.search == nullptr || path != path_) {
      path_ = path;
      root_.search = std::make_unique<Search>(path);
    }
    variables_ = &variable_documents_.Get(TextAt(views_[2], row));
    throws_ = TextAt(views_[3], row) == "error";
    Cells cells(cells_);
    Expand(root_, documents_.Get(TextAt(views_[0], row)), cells);
    return std::move(rows_);
  }

 private:
  std::string_view Word(size_t row) { return TextAt(views_[next_++], row); }

  void ReadColumns(Level& level, size_t row) {
    while (next_ < views_.size()) {
      const std::string_view word = Word(row);
      if (word == "end") return;
      if (word == "nested") {
        level.nested.push_back(std::make_unique<Level>());
        level.nested.back()->search = std::make_unique<Search>(Word(row));
        ReadColumns(*level.nested.back(), row);
        continue;
      }
      TableColumn& column = level.columns.emplace_back();
      column.cell = cells_++;
      if (word == "ordinality") continue;
      column.kind = word == "exists"  ? TableColumn::Kind::kExists
                    : word == "value" ? TableColumn::Kind::kValue
                                      : TableColumn::Kind::kQuery;
      column.search = std::make_unique<Search>(Word(row));
      if (column.kind != TableColumn::Kind::kExists) column.clauses.on_empty = Keep(Word(row));
      column.clauses.on_error = Keep(Word(row));
      if (column.kind == TableColumn::Kind::kExists) continue;
      column.empty_default = next_++;
      column.error_default = next_++;
      if (column.kind == TableColumn::Kind::kValue) continue;
      column.clauses.wrapper = Keep(Word(row));
      column.clauses.keeps_quotes = Word(row) == "keep";
    }
  }
  std::string_view Keep(std::string_view word) { return words_.emplace_back(word); }

  std::optional<std::string_view> Maybe(size_t argument) const {
    if (views_[argument].IsNull(row_)) return std::nullopt;
    return TextAt(views_[argument], row_);
  }

  std::optional<std::string> CellOf(TableColumn& column, const JsonDocument& item, size_t number) {
    if (column.kind == TableColumn::Kind::kOrdinality) return std::to_string(number);
    const Evaluator::Result result = column.search->Run(item, variables_, found_);
    if (column.kind == TableColumn::Kind::kExists) {
      const std::optional<bool> answer = jsonpath::ExistsAnswer(result, found_, column.clauses.on_error);
      return answer ? std::optional<std::string>(*answer ? "true" : "false") : std::nullopt;
    }
    column.clauses.empty_default = Maybe(column.empty_default);
    column.clauses.error_default = Maybe(column.error_default);
    return column.kind == TableColumn::Kind::kValue ? jsonpath::ValueAnswer(result, found_, column.clauses)
                                                    : jsonpath::QueryAnswer(result, found_, column.clauses);
  }

  // Adds the level's rows, with the cells of the levels around it, and says whether there were any.
  bool Expand(Level& level, const JsonDocument& document, Cells& cells) {
    std::vector<Item> items;
    const Evaluator::Result result = level.search->Run(document, variables_, items);
    if (result == Evaluator::Result::kError) {
      if (throws_) throw jsonpath::FailedPath();
      return false;
    }
    std::vector<std::string> texts;
    texts.reserve(items.size());
    for (const Item& item : items) jsonpath::AppendItem(item, texts.emplace_back());
    for (size_t i = 0; i < texts.size(); ++i) {
      const JsonDocument item(texts[i]);
      for (TableColumn& column : level.columns) cells[column.cell] = CellOf(column, item, i + 1);
      // Siblings follow each other; each has NULLs where the others have their columns.
      bool any = false;
      for (const auto& nested : level.nested) any = Expand(*nested, item, cells) || any;
      if (!any) rows_.push_back(cells);
    }
    for (const TableColumn& column : level.columns) cells[column.cell].reset();
    return !texts.empty();
  }

  std::vector<ColumnView> views_;
  size_t next_ = 0;   // argument of the program
  size_t cells_ = 0;  // per row
  Level root_;
  std::string path_;
  std::deque<std::string> words_;
  DocumentCache documents_, variable_documents_;
  const JsonDocument* variables_ = nullptr;
  bool throws_ = false;
  size_t row_ = 0;
  std::vector<Item> found_;
  std::vector<Cells> rows_;
};

ColumnPtr TableKernel(const KernelArgs& args) {
  std::optional<JsonTable> table;
  return BuildRows(args, [&](size_t row, ColumnBuilder& out) {
    if (!table) table.emplace(args, row);
    const std::vector<Cells> rows = table->Rows(row);
    ColumnBuilder& lists = out.child(0);
    for (const Cells& cells : rows) {
      for (const std::optional<std::string>& cell : cells) {
        if (cell) {
          lists.child(0).AppendString(*cell);
        } else {
          lists.child(0).AppendNull();
        }
      }
      lists.CloseRow();
    }
    out.CloseRow();
  });
}

}  // namespace

void RegisterJsonTable(Registry& registry) {
  Family family(registry, "json");
  family.Add(
      "sql_json_table", "The rows of JSON_TABLE(document, path PASSING ... COLUMNS (...)), as lists of texts.",
      "sql_json_table('[{\"a\": 1}, {}]', '$[*]', '{}', 'empty', 'ordinality', 'value', '$.a', 'null', 'null', "
      "NULL, NULL)",
      "{{1,1},{2,NULL}}",
      {Variadic(SeesNulls(Partial({kJson, kText, kJson, kText, kText}, Type::List(Type::List(kText)), TableKernel)))});
}

}  // namespace weir
