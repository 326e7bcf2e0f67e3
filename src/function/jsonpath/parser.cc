#include <charconv>
#include <optional>

#include "base/error.h"
#include "function/jsonpath/lexer.h"
#include "function/jsonpath/path.h"
#include "types/text_scan.h"

namespace weir::jsonpath {

namespace {

constexpr int kDepthMax = 500;

std::optional<Method> FindMethod(std::string_view name) {
  if (name == "type") return Method::kType;
  if (name == "size") return Method::kSize;
  if (name == "abs") return Method::kAbs;
  if (name == "floor") return Method::kFloor;
  if (name == "ceiling") return Method::kCeiling;
  if (name == "double") return Method::kDouble;
  if (name == "datetime") return Method::kDatetime;
  if (name == "keyvalue") return Method::kKeyValue;
  return std::nullopt;
}

// The flags of like_regex in RegexpPattern's letters.
std::string RegexpFlags(std::string_view flags) {
  bool ignores_case = false, dot_all = false, lines = false, quoted = false;
  for (const char flag : flags) {
    switch (flag) {
      case 'i':
        ignores_case = true;
        break;
      case 's':
        dot_all = true;
        break;
      case 'm':
        lines = true;
        break;
      case 'q':
        quoted = true;
        break;
      case 'x':
        throw Error::Unsupported("Leave the spaces out of the pattern.",
                                 "XQuery \"x\" flag (expanded regular expressions) is not implemented");
      default:
        throw Error::User(sqlstate::kSyntaxError, "invalid input syntax for type jsonpath")
            .WithDetail(fmt::format("Unrecognized flag character \"{}\" in LIKE_REGEX predicate.", flag));
    }
  }
  std::string out;
  if (ignores_case) out += 'i';
  if (quoted) return out + 'q';
  // PostgreSQL's letters: p makes the dot stop at line ends, w lets ^ and $ match there, n both.
  if (lines) {
    out += dot_all ? 'w' : 'n';
  } else if (!dot_all) {
    out += 'p';
  }
  return out;
}

class Parser {
 public:
  explicit Parser(std::string_view text) : lexer_(text) {}

  Path Parse() {
    Path path;
    if (IsWord("strict") || IsWord("lax")) {
      path.strict = IsWord("strict");
      lexer_.Next();
    }
    path.root = Expression();
    if (lexer_.token().kind != Token::Kind::kEnd) lexer_.Bad();
    return path;
  }

 private:
  bool IsSymbol(std::string_view text) const {
    return lexer_.token().kind == Token::Kind::kSymbol && lexer_.token().text == text;
  }
  bool IsWord(std::string_view text) const {
    return lexer_.token().kind == Token::Kind::kWord && lexer_.token().text == text;
  }
  bool Accept(std::string_view symbol) {
    if (!IsSymbol(symbol)) return false;
    lexer_.Next();
    return true;
  }
  bool AcceptWord(std::string_view word) {
    if (!IsWord(word)) return false;
    lexer_.Next();
    return true;
  }
  void Expect(std::string_view symbol) {
    if (!Accept(symbol)) lexer_.Bad();
  }
  void ExpectWord(std::string_view word) {
    if (!AcceptWord(word)) lexer_.Bad();
  }

  static NodePtr Make(NodeKind kind, NodePtr left = nullptr, NodePtr right = nullptr) {
    auto node = std::make_unique<Node>(kind);
    node->left = std::move(left);
    node->right = std::move(right);
    return node;
  }
  // Predicates where values are wanted, and the other way round, are errors. A predicate in parentheses with accessors
  // behind it is a value.
  NodePtr WantPredicate(NodePtr node) const {
    if (!node->is_predicate() || node->next != nullptr) lexer_.Bad();
    return node;
  }
  NodePtr WantValue(NodePtr node) const {
    if (node->is_predicate() && node->next == nullptr) lexer_.Bad();
    return node;
  }

  class Nesting {
   public:
    explicit Nesting(int& depth) : depth_(depth) {
      if (++depth_ > kDepthMax) {
        throw Error::User(sqlstate::kStatementTooComplex, "jsonpath nested deeper than {} levels", kDepthMax);
      }
    }
    ~Nesting() { --depth_; }
    Nesting(const Nesting&) = delete;
    Nesting& operator=(const Nesting&) = delete;

   private:
    int& depth_;
  };

  // A value or a predicate.
  NodePtr Expression() {
    const Nesting nesting(depth_);
    NodePtr left = Conjunction();
    while (IsSymbol("||")) {
      left = WantPredicate(std::move(left));
      lexer_.Next();
      NodePtr right = WantPredicate(Conjunction());
      left = Make(NodeKind::kOr, std::move(left), std::move(right));
      Deepen();
    }
    return left;
  }

  NodePtr Conjunction() {
    NodePtr left = Comparison();
    while (IsSymbol("&&")) {
      left = WantPredicate(std::move(left));
      lexer_.Next();
      NodePtr right = WantPredicate(Comparison());
      left = Make(NodeKind::kAnd, std::move(left), std::move(right));
      Deepen();
    }
    return left;
  }

  NodePtr Comparison() {
    if (Accept("!")) {
      const bool exists = IsWord("exists");
      if (!exists && !IsSymbol("(")) lexer_.Bad();
      const Nesting nesting(depth_);
      NodePtr operand = WantPredicate(Unary());
      return Make(NodeKind::kNot, std::move(operand));
    }
    NodePtr left = Sum();
    static constexpr std::pair<std::string_view, NodeKind> kComparisons[] = {
        {"==", NodeKind::kEqual},     {"!=", NodeKind::kNotEqual},     {"<>", NodeKind::kNotEqual},
        {"<=", NodeKind::kLessEqual}, {">=", NodeKind::kGreaterEqual}, {"<", NodeKind::kLess},
        {">", NodeKind::kGreater},
    };
    for (const auto& [symbol, kind] : kComparisons) {
      if (!IsSymbol(symbol)) continue;
      left = WantValue(std::move(left));
      lexer_.Next();
      NodePtr right = WantValue(Sum());
      return Make(kind, std::move(left), std::move(right));
    }
    if (IsWord("starts")) {
      left = WantValue(std::move(left));
      lexer_.Next();
      ExpectWord("with");
      NodePtr right;
      if (lexer_.token().kind == Token::Kind::kString || lexer_.token().kind == Token::Kind::kVariable) {
        right = Make(lexer_.token().kind == Token::Kind::kString ? NodeKind::kString : NodeKind::kVariable);
        right->text = lexer_.token().text;
        lexer_.Next();
      } else {
        lexer_.Bad();
      }
      return Make(NodeKind::kStartsWith, std::move(left), std::move(right));
    }
    if (IsWord("like_regex")) {
      left = WantValue(std::move(left));
      lexer_.Next();
      NodePtr node = Make(NodeKind::kLikeRegex, std::move(left));
      node->text = TakeString();
      std::string flags;
      if (AcceptWord("flag")) flags = TakeString();
      node->regexp = std::make_unique<RegexpPattern>(node->text, RegexpFlags(flags));
      return node;
    }
    return left;
  }

  std::string TakeString() {
    if (lexer_.token().kind != Token::Kind::kString) lexer_.Bad();
    std::string text = lexer_.token().text;
    lexer_.Next();
    return text;
  }

  NodePtr Sum() {
    NodePtr left = Product();
    while (IsSymbol("+") || IsSymbol("-")) {
      const NodeKind kind = IsSymbol("+") ? NodeKind::kAdd : NodeKind::kSubtract;
      left = WantValue(std::move(left));
      lexer_.Next();
      NodePtr right = WantValue(Product());
      left = Make(kind, std::move(left), std::move(right));
      Deepen();
    }
    return left;
  }

  NodePtr Product() {
    NodePtr left = Unary();
    while (IsSymbol("*") || IsSymbol("/") || IsSymbol("%")) {
      const NodeKind kind = IsSymbol("*") ? NodeKind::kMultiply : IsSymbol("/") ? NodeKind::kDivide : NodeKind::kModulo;
      left = WantValue(std::move(left));
      lexer_.Next();
      NodePtr right = WantValue(Unary());
      left = Make(kind, std::move(left), std::move(right));
      Deepen();
    }
    return left;
  }

  NodePtr Unary() {
    if (IsSymbol("+") || IsSymbol("-")) {
      const Nesting nesting(depth_);
      const NodeKind kind = IsSymbol("+") ? NodeKind::kPlus : NodeKind::kMinus;
      lexer_.Next();
      NodePtr operand = WantValue(Unary());
      // A sign before a number is the number's own.
      if (operand->kind == NodeKind::kNumber && operand->next == nullptr) {
        if (kind == NodeKind::kMinus) operand->number = operand->number.Negated();
        return operand;
      }
      return Make(kind, std::move(operand));
    }
    NodePtr node = Primary();
    Accessors(*node);
    return node;
  }

  NodePtr Primary() {
    const Token& token = lexer_.token();
    NodePtr node;
    switch (token.kind) {
      case Token::Kind::kString:
        node = Make(NodeKind::kString);
        node->text = token.text;
        break;
      case Token::Kind::kNumber:
        node = Make(NodeKind::kNumber);
        node->number = JsonNumber::Parse(token.text);
        break;
      case Token::Kind::kVariable:
        node = Make(NodeKind::kVariable);
        node->text = token.text;
        break;
      case Token::Kind::kWord:
        return Word();
      case Token::Kind::kSymbol:
        if (token.text == "(") return Parenthesised();
        if (token.text == "$") {
          node = Make(NodeKind::kRoot);
        } else if (token.text == "@") {
          if (filters_ == 0) throw Error::User(sqlstate::kSyntaxError, "@ is not allowed in root expressions");
          node = Make(NodeKind::kCurrent);
        } else {
          lexer_.Bad();
        }
        break;
      default:
        lexer_.Bad();
    }
    lexer_.Next();
    return node;
  }

  NodePtr Word() {
    const std::string word = lexer_.token().text;
    if (word == "exists") {
      lexer_.Next();
      Expect("(");
      NodePtr node = Make(NodeKind::kExists, WantValue(Expression()));
      Expect(")");
      return node;
    }
    NodePtr node;
    if (word == "null") {
      node = Make(NodeKind::kNull);
    } else if (word == "true") {
      node = Make(NodeKind::kTrue);
    } else if (word == "false") {
      node = Make(NodeKind::kFalse);
    } else if (word == "last") {
      if (subscripts_ == 0) throw Error::User(sqlstate::kSyntaxError, "LAST is allowed only in array subscripts");
      node = Make(NodeKind::kLast);
    } else {
      lexer_.Bad();
    }
    lexer_.Next();
    return node;
  }

  NodePtr Parenthesised() {
    lexer_.Next();
    NodePtr node = Expression();
    Expect(")");
    if (node->is_predicate() && node->next == nullptr && AcceptWord("is")) {
      ExpectWord("unknown");
      return Make(NodeKind::kIsUnknown, std::move(node));
    }
    return node;
  }

  void Accessors(Node& head) {
    Node* tail = &head;
    while (tail->next != nullptr) tail = tail->next.get();
    for (;;) {
      NodePtr accessor;
      if (Accept("[")) {
        accessor = Brackets();
      } else if (Accept("?")) {
        Expect("(");
        ++filters_;
        accessor = Make(NodeKind::kFilter, WantPredicate(Expression()));
        --filters_;
        Expect(")");
      } else if (Accept(".")) {
        accessor = AfterDot();
      } else {
        return;
      }
      Deepen();
      tail->next = std::move(accessor);
      tail = tail->next.get();
    }
  }

  NodePtr Brackets() {
    if (Accept("*")) {
      Expect("]");
      return Make(NodeKind::kAnyArray);
    }
    NodePtr node = Make(NodeKind::kIndices);
    ++subscripts_;
    do {
      Subscript subscript;
      subscript.from = WantValue(Expression());
      if (AcceptWord("to")) subscript.to = WantValue(Expression());
      node->subscripts.push_back(std::move(subscript));
    } while (Accept(","));
    --subscripts_;
    Expect("]");
    return node;
  }

  uint32_t Level() {
    if (AcceptWord("last")) return kDepthLast;
    const Token& token = lexer_.token();
    uint32_t level = 0;
    if (token.kind != Token::Kind::kNumber || !token.integer ||
        std::from_chars(token.text.data(), token.text.data() + token.text.size(), level).ec != std::errc()) {
      lexer_.Bad();
    }
    lexer_.Next();
    return level;
  }

  NodePtr AfterDot() {
    if (Accept("**")) {
      NodePtr node = Make(NodeKind::kAnyDepth);
      node->depth_last = kDepthLast;
      if (Accept("{")) {
        node->depth_first = Level();
        node->depth_last = AcceptWord("to") ? Level() : node->depth_first;
        Expect("}");
      }
      return node;
    }
    if (Accept("*")) return Make(NodeKind::kAnyKey);
    const Token token = lexer_.token();
    if (token.kind == Token::Kind::kVariable) {
      // Keys may begin with a dollar.
      NodePtr node = Make(NodeKind::kKey);
      node->text = "$" + token.text;
      lexer_.Next();
      return node;
    }
    if (token.kind != Token::Kind::kWord && token.kind != Token::Kind::kString) lexer_.Bad();
    lexer_.Next();
    const std::optional<Method> method = token.kind == Token::Kind::kWord ? FindMethod(token.text) : std::nullopt;
    if (!method || !Accept("(")) {
      NodePtr node = Make(NodeKind::kKey);
      node->text = token.text;
      return node;
    }
    NodePtr node = Make(NodeKind::kMethod);
    node->method = *method;
    if (*method == Method::kDatetime && lexer_.token().kind == Token::Kind::kString) {
      node->text = TakeString();
      node->has_text = true;
    }
    Expect(")");
    return node;
  }

  // Chains of operators and accessors are as deep as they are long.
  void Deepen() const {
    if (++operators_ > kDepthMax * 4) {
      throw Error::User(sqlstate::kStatementTooComplex, "too many operators in a jsonpath: {}", operators_);
    }
  }

  Lexer lexer_;
  int depth_ = 0;
  int filters_ = 0;
  int subscripts_ = 0;
  mutable int operators_ = 0;
};

}  // namespace

Path ParsePath(std::string_view text) {
  if (TrimSpace(text).empty()) {
    throw Error::User(sqlstate::kInvalidTextRepresentation, "invalid input syntax for type jsonpath: \"{}\"", text);
  }
  return Parser(text).Parse();
}

std::string_view OperatorName(NodeKind kind) {
  switch (kind) {
    case NodeKind::kAdd:
    case NodeKind::kPlus:
      return "+";
    case NodeKind::kSubtract:
    case NodeKind::kMinus:
      return "-";
    case NodeKind::kMultiply:
      return "*";
    case NodeKind::kDivide:
      return "/";
    default:
      return "%";
  }
}

std::string_view MethodName(Method method) {
  constexpr std::string_view kNames[] = {"type", "size", "abs", "floor", "ceiling", "double", "datetime", "keyvalue"};
  return kNames[static_cast<size_t>(method)];
}

}  // namespace weir::jsonpath
