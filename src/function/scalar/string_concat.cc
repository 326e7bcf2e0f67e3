// Joining texts and values of other types: concat, ||, format, quoting.

#include <algorithm>

#include "base/int128.h"
#include "expr/cast_rules.h"
#include "function/scalar/kernel.h"
#include "function/scalar/quote.h"
#include "function/scalar/register.h"
#include "function/scalar/utf8.h"
#include "types/decimal.h"

namespace weir {

namespace {

constexpr TypePattern::Kind kAny = TypePattern::Kind::kAny;
constexpr TypePattern::Kind kAnyList = TypePattern::Kind::kAnyList;

std::vector<ColumnView> Views(const KernelArgs& args) {
  std::vector<ColumnView> views;
  for (const ColumnPtr& column : args.columns) views.emplace_back(*column);
  return views;
}

ColumnPtr Concat(const KernelArgs& args) {
  const std::vector<ColumnView> views = Views(args);
  const TextOptions options = TextOptionsOf(args.context.statement());
  FlatWriter<StringRef> out(args.result_type, args.size);
  std::string scratch;
  args.rows.ForEach([&](size_t row) {
    scratch.clear();
    for (const ColumnView& view : views) {
      if (view.IsValid(row)) AppendColumnText(view, row, options, scratch);
    }
    out.SetString(row, scratch);
  });
  return out.Finish();
}

// text || boolean spells the boolean out, as the cast to text does.
template <size_t kBoolean>
ColumnPtr JoinBoolean(const KernelArgs& args) {
  const ColumnView booleans(*args.columns[kBoolean]), texts(*args.columns[1 - kBoolean]);
  FlatWriter<StringRef> out(args.result_type, args.size);
  args.rows.ForEach([&](size_t row) {
    const std::string_view word = booleans.At<uint8_t>(row) != 0 ? "true" : "false";
    const std::string_view text = texts.At<StringRef>(row).view();
    std::string joined(kBoolean == 0 ? word : text);
    joined += kBoolean == 0 ? text : word;
    out.SetString(row, joined);
  });
  return out.Finish();
}

ColumnPtr ConcatWithSeparator(const KernelArgs& args) {
  const std::vector<ColumnView> views = Views(args);
  const TextOptions options = TextOptionsOf(args.context.statement());
  FlatWriter<StringRef> out(args.result_type, args.size);
  std::string scratch;
  args.rows.ForEach([&](size_t row) {
    if (views[0].IsNull(row)) {
      out.SetNull(row);
      return;
    }
    scratch.clear();
    bool first = true;
    for (size_t i = 1; i < views.size(); ++i) {
      if (views[i].IsNull(row)) continue;
      if (!first) scratch += views[0].values<StringRef>()[views[0].Index(row)].view();
      first = false;
      AppendColumnText(views[i], row, options, scratch);
    }
    out.SetString(row, scratch);
  });
  return out.Finish();
}

// text || text without going through a scratch string.
ColumnPtr Join(const KernelArgs& args) {
  return ApplyRows<StringRef, StringRef, StringRef>(args, [](RowOut<StringRef>& out, StringRef a, StringRef b) {
    const size_t size = size_t{a.size()} + b.size();
    char inline_buffer[StringRef::kInlineMax];
    Guard(out, [&] {
      char* to = size <= StringRef::kInlineMax ? inline_buffer : out.heap().Allocate(size);
      std::memcpy(to, a.data(), a.size());
      std::memcpy(to + a.size(), b.data(), b.size());
      out.Set(StringRef(to, static_cast<uint32_t>(size)));
    });
  });
}

// list || list, list || element, element || list; either side may be NULL.
ColumnPtr JoinLists(const KernelArgs& args) {
  const std::vector<ColumnView> views = Views(args);
  const bool list_at[2] = {args.columns[0]->type() == args.result_type, args.columns[1]->type() == args.result_type};
  return BuildRows(args, [&](size_t row, ColumnBuilder& out) {
    if (list_at[0] && list_at[1] && views[0].IsNull(row) && views[1].IsNull(row)) {
      out.AppendNull();
      return;
    }
    for (size_t side = 0; side < 2; ++side) {
      const ColumnView& view = views[side];
      if (!list_at[side]) {
        out.child(0).AppendRow(view.base(), view.Index(row));
      } else if (view.IsValid(row)) {
        const auto entry = view.At<ListEntry>(row);
        for (uint32_t i = 0; i < entry.length; ++i) out.child(0).AppendRow(*view.base().child(0), entry.offset + i);
      }
    }
    out.CloseRow();
  });
}

ResolvedCall ResolveJoinLists(std::span<const Type> types, size_t list_side) {
  const Type& list = types[list_side];
  const std::optional<Type> element = UnifyTypes(list.element(), types[1 - list_side]);
  if (!element) {
    throw Error::User(sqlstate::kUndefinedFunction, "operator does not exist: {} || {}", types[0].Name(),
                      types[1].Name());
  }
  ResolvedCall call;
  call.result_type = Type::List(*element);
  call.argument_types = {call.result_type, call.result_type};
  call.argument_types[1 - list_side] = *element;
  return call;
}

// ---- format()

struct FormatDirective {
  int64_t width = 0;
  bool left = false;
  char kind = 's';
};

Error BadFormat(std::string_view what) {
  return Error::User(sqlstate::kInvalidParameterValue, "{}", what);
}

class Formatter {
 public:
  Formatter(const std::vector<ColumnView>& views, const TextOptions& options) : views_(views), options_(options) {}

  void Format(std::string_view pattern, size_t row, std::string& out) const {
    size_t next = 1;
    for (size_t at = 0; at < pattern.size(); ++at) {
      if (pattern[at] != '%') {
        out += pattern[at];
        continue;
      }
      if (++at >= pattern.size()) throw BadFormat("unterminated format() type specifier");
      if (pattern[at] == '%') {
        out += '%';
        continue;
      }
      FormatDirective directive;
      size_t argument = 0;
      const auto number = [&]() -> size_t {
        size_t value = 0;
        while (at < pattern.size() && pattern[at] >= '0' && pattern[at] <= '9' && value < 1'000'000) {
          value = value * 10 + static_cast<size_t>(pattern[at++] - '0');
        }
        return value;
      };
      const size_t start = at;
      const size_t leading = number();
      if (at > start && at < pattern.size() && pattern[at] == '$') {
        if (leading == 0) throw BadFormat("format specifies argument 0, but arguments are numbered from 1");
        argument = leading;
        ++at;
      } else {
        at = start;
      }
      if (at < pattern.size() && pattern[at] == '-') {
        directive.left = true;
        ++at;
      }
      if (at < pattern.size() && pattern[at] == '*') {
        ++at;
        const size_t width_start = at;
        size_t width_argument = number();
        if (at > width_start && at < pattern.size() && pattern[at] == '$')
          ++at;
        else
          width_argument = next;
        next = width_argument + 1;
        directive.width = Width(width_argument, row);
      } else {
        directive.width = static_cast<int64_t>(number());
      }
      if (at >= pattern.size()) throw BadFormat("unterminated format() type specifier");
      directive.kind = pattern[at];
      if (directive.kind != 's' && directive.kind != 'I' && directive.kind != 'L') {
        throw Error::User(sqlstate::kInvalidParameterValue, "unrecognized format() type specifier \"{}\"",
                          directive.kind);
      }
      if (argument == 0)
        argument = next++;
      else
        next = argument + 1;
      Append(directive, argument, row, out);
    }
  }

 private:
  int64_t Width(size_t argument, size_t row) const {
    if (argument >= views_.size()) throw BadFormat("too few arguments for format()");
    if (views_[argument].IsNull(row)) return 0;
    std::string text;
    AppendColumnText(views_[argument], row, options_, text);
    return static_cast<int64_t>(ParseInteger(text, TypeKind::kInt32));
  }

  void Append(FormatDirective directive, size_t argument, size_t row, std::string& out) const {
    if (argument >= views_.size()) throw BadFormat("too few arguments for format()");
    std::string text;
    const bool null = views_[argument].IsNull(row);
    if (!null) AppendColumnText(views_[argument], row, options_, text);
    if (directive.kind == 'I') {
      if (null)
        throw Error::User(sqlstate::kNullValueNotAllowed, "null values cannot be formatted as an SQL identifier");
      text = QuoteIdentifier(text);
    } else if (directive.kind == 'L') {
      text = null ? "NULL" : QuoteLiteral(text);
    }
    if (directive.width < 0) {
      directive.left = true;
      directive.width = -directive.width;
    }
    const auto size = static_cast<int64_t>(CountCharacters(text));
    const auto fill = static_cast<size_t>(std::max<int64_t>(directive.width - size, 0));
    if (!directive.left) out.append(fill, ' ');
    out += text;
    if (directive.left) out.append(fill, ' ');
  }

  const std::vector<ColumnView>& views_;
  const TextOptions& options_;
};

ColumnPtr FormatKernel(const KernelArgs& args) {
  const std::vector<ColumnView> views = Views(args);
  const TextOptions options = TextOptionsOf(args.context.statement());
  const Formatter formatter(views, options);
  FlatWriter<StringRef> out(args.result_type, args.size);
  std::string scratch;
  ForEachRow(args, [&](size_t row) {
    if (views[0].IsNull(row)) {
      out.SetNull(row);
      return;
    }
    scratch.clear();
    formatter.Format(views[0].values<StringRef>()[views[0].Index(row)].view(), row, scratch);
    out.SetString(row, scratch);
  });
  return out.Finish();
}

// "1,234.57"
template <typename T>
std::string Money(T value) {
  int128_t cents;
  if constexpr (std::is_same_v<T, double>) {
    const std::optional<int128_t> decimal = DoubleToDecimal(value, 2);
    if (!decimal.has_value()) throw Error::User(sqlstate::kNumericValueOutOfRange, "money_format: out of range");
    cents = *decimal;
  } else {
    cents = value;
  }
  std::string digits;
  AppendDecimal(cents < 0 ? -cents : cents, 2, digits);
  for (size_t at = digits.size() - 3; at > 3;) digits.insert(at -= 3, ",");
  return (cents < 0 ? "-" : "") + digits;
}

void AddConcat(Family& family) {
  family.Add("concat", "The texts of all arguments one after the other; NULLs are left out.",
             "concat('a', 2, NULL, 'b')", "a2b", {Variadic(SeesNulls(Total({kAny}, kText, Concat)))});
  family.Add("concat_ws", "The texts of all arguments but the first, which goes between them; NULLs are left out.",
             "concat_ws(',', 'abc', 2, NULL, 22)", "abc,2,22",
             {Variadic(SeesNulls(Total({kText, kAny}, kText, ConcatWithSeparator)))});
  family.Add("||", "Joins two texts, bytea or lists, or a list and an element.", "'Post' || 'greSQL'", "PostgreSQL",
             {Partial({kText, kText}, kText, Join),
              Partial({TypeKind::kVarbinary, TypeKind::kVarbinary}, TypeKind::kVarbinary, Join),
              Total({kText, TypeKind::kBoolean}, kText, JoinBoolean<1>),
              Total({TypeKind::kBoolean, kText}, kText, JoinBoolean<0>), Total({kText, kAny}, kText, Concat),
              Total({kAny, kText}, kText, Concat), SeesNulls(Total({kAnyList, kAnyList}, kAnyList, JoinLists)),
              Resolving(SeesNulls(Total({kAnyList, kAny}, kAnyList, JoinLists)),
                        [](std::span<const Type> types, auto) { return ResolveJoinLists(types, 0); }),
              Resolving(SeesNulls(Total({kAny, kAnyList}, kAnyList, JoinLists)),
                        [](std::span<const Type> types, auto) { return ResolveJoinLists(types, 1); })});
  family.Add("format",
             "Fills arguments into a pattern: %s text, %I quoted identifier, %L quoted literal, %1$s by number.",
             "format('Hello %s, %1$s', 'World')", "Hello World, World",
             {SeesNulls(Partial({kText}, kText, FormatKernel)),
              Variadic(SeesNulls(Partial({kText, kAny}, kText, FormatKernel)))});
  family.Add(
      "money_format", "The number with two decimals and commas between thousands.", "money_format(17014116.4)",
      "17,014,116.40",
      {Partial({TypeKind::kInt64}, kText, RowKernelWith<StringRef, int64_t>([](RowOut<StringRef>& out, int64_t value) {
                 out.SetString(Money(static_cast<int128_t>(value) * 100));
               })),
       Partial({TypeKind::kDouble}, kText, RowKernelWith<StringRef, double>([](RowOut<StringRef>& out, double value) {
                 Guard(out, [&] { out.SetString(Money(value)); });
               }))});
}

void AddQuoting(Family& family) {
  const auto identifier = RowKernelWith<StringRef, StringRef>(
      [](RowOut<StringRef>& out, StringRef text) { out.SetString(QuoteIdentifier(text)); });
  family.Add("quote_ident", "The text as an SQL identifier, in quotes where it needs them.", "quote_ident('Foo bar')",
             "\"Foo bar\"", {Total({kText}, kText, identifier)});
  family.Add("quote_literal", "The text as an SQL string literal.", "quote_literal(E'O\\'Reilly')", "'O''Reilly'",
             {Total({kText}, kText, RowKernelWith<StringRef, StringRef>([](RowOut<StringRef>& out, StringRef text) {
                      out.SetString(QuoteLiteral(text));
                    })),
              Total({kAny}, kText, [](const KernelArgs& args) {
                const ColumnView view(*args.columns[0]);
                const TextOptions options = TextOptionsOf(args.context.statement());
                FlatWriter<StringRef> out(args.result_type, args.size);
                args.rows.ForEach([&](size_t row) {
                  std::string text;
                  AppendColumnText(view, row, options, text);
                  out.SetString(row, QuoteLiteral(text));
                });
                return out.Finish();
              })});
  family.Add("quote_nullable", "The text as an SQL string literal, or NULL as a word.", "quote_nullable(NULL)", "NULL",
             {SeesNulls(Total({kAny}, kText, [](const KernelArgs& args) {
               const ColumnView view(*args.columns[0]);
               const TextOptions options = TextOptionsOf(args.context.statement());
               FlatWriter<StringRef> out(args.result_type, args.size);
               args.rows.ForEach([&](size_t row) {
                 std::string text;
                 if (!view.IsNull(row)) AppendColumnText(view, row, options, text);
                 out.SetString(row, view.IsNull(row) ? "NULL" : QuoteLiteral(text));
               });
               return out.Finish();
             }))});
}

}  // namespace

void RegisterStringConcatFunctions(Registry& registry) {
  Family family(registry, "string");
  AddConcat(family);
  AddQuoting(family);
}

}  // namespace weir
