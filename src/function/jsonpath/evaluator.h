#pragma once

#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "function/jsonpath/datetime.h"
#include "function/jsonpath/path.h"
#include "types/json_document.h"

namespace weir::jsonpath {

// One value that a path finds: a node of a document, or one that was computed.
struct Item {
  enum class Kind : uint8_t { kNull, kBoolean, kNumber, kString, kArray, kObject, kDatetime };
  Kind kind = Kind::kNull;
  const JsonDocument* document = nullptr;
  const JsonDocument::Node* node = nullptr;  // null where it was computed
  bool boolean = false;
  JsonNumber number;  // of computed ones; see Evaluator::NumberOf
  std::string text;   // the same
  Datetime datetime;

  bool is_container() const { return kind == Kind::kArray || kind == Kind::kObject; }
};

// Appends the item as JSON, as it is written in its document.
void AppendItem(const Item& item, std::string& out);

// Runs a path over one document after the other. Belongs to one thread.
class Evaluator {
 public:
  // `time_zone` is empty unless dates with and without zones may meet. Silent: errors of the document's shape and
  // values end the search instead of being thrown.
  Evaluator(const Path& path, std::string_view time_zone, bool silent)
      : path_(path), time_zone_(time_zone), silent_(silent) {}

  enum class Result : uint8_t { kFound, kNothing, kError };
  // All items. `variables` is an object, or null. What it finds lives until the next call, as long as the documents.
  Result Query(const JsonDocument& document, const JsonDocument* variables, std::vector<Item>& found);
  // Whether there is any.
  Result Exists(const JsonDocument& document, const JsonDocument* variables);

 private:
  using Found = std::vector<Item>*;
  enum class Truth : uint8_t { kFalse, kTrue, kUnknown };

  Result Start(const JsonDocument& document, const JsonDocument* variables, Found found);
  bool is_lax() const { return !path_.strict; }

  Result Run(const Node& node, const Item& item, Found found) { return RunUnwrapping(node, item, found, is_lax()); }
  Result RunUnwrapping(const Node& node, const Item& item, Found found, bool unwrap);
  Result RunNext(const Node& node, const Item& item, Found found);
  // Over the elements of an array, which are not unwrapped again.
  Result RunElements(const Node& node, const Item& array, Found found);
  // `next` is run on (or null: every child is a result) the children from level first to last.
  Result RunChildren(const Node* next, const Item& item, Found found, uint32_t level, uint32_t first, uint32_t last,
                     bool ignore_structure, bool unwrap_next);
  // Lists with arrays taken apart in lax mode.
  Result Collect(const Node& node, const Item& item, bool unwrap, std::vector<Item>& out);
  Result CollectQuietly(const Node& node, const Item& item, bool unwrap, std::vector<Item>* out);

  Result RunKey(const Node& node, const Item& item, Found found, bool unwrap);
  Result RunIndices(const Node& node, const Item& item, Found found);
  Result RunAnyDepth(const Node& node, const Item& item, Found found);
  Result RunArithmetic(const Node& node, const Item& item, Found found);
  Result RunSign(const Node& node, const Item& item, Found found);
  Result RunMethod(const Node& node, const Item& item, Found found, bool unwrap);
  Result RunNumberMethod(const Node& node, const Item& item, Found found);
  Result RunDouble(const Node& node, const Item& item, Found found);
  Result RunDatetime(const Node& node, const Item& item, Found found);
  Result RunKeyValue(const Node& node, const Item& item, Found found);
  bool IndexOf(const Node& node, const Item& item, int64_t& out);
  Item Variable(const Node& node) const;

  Truth Test(const Node& node, const Item& item);
  Truth TestPairs(const Node& node, const Item& item);
  Truth TestPair(const Node& node, const Item& left, const Item& right) const;
  Truth TestExists(const Node& node, const Item& item);
  Truth Compare(NodeKind op, const Item& a, const Item& b) const;

  // Throws unless errors are silent here.
  template <typename... Args>
  Result Fail(std::string_view code, fmt::format_string<Args...> format, Args&&... args) const {
    if (throws_) throw Error::User(code, format, std::forward<Args>(args)...);
    return Result::kError;
  }

  const Path& path_;
  std::string_view time_zone_;
  bool silent_;

  const JsonDocument* document_ = nullptr;
  const JsonDocument* variables_ = nullptr;
  bool throws_ = false;
  bool ignores_structure_ = false;
  const Item* current_ = nullptr;
  int64_t innermost_array_size_ = -1;
  std::deque<std::pair<std::string, std::unique_ptr<JsonDocument>>> made_;  // what .keyvalue() makes
};

}  // namespace weir::jsonpath
