// The operators of LIKE and ILIKE.

#include "function/scalar/kernel.h"
#include "function/scalar/like_pattern.h"
#include "function/scalar/register.h"
#include "runtime/cancellation_scope.h"

namespace weir {

namespace {

// A chunk of longer texts takes long.
constexpr size_t kLongText = size_t{4} << 10;

// Compiled from constants once; from rows when the pattern changes.
class PatternSource {
 public:
  PatternSource(const void* prepared, bool ignore_case)
      : prepared_(static_cast<const LikePattern*>(prepared)), ignore_case_(ignore_case) {}

  const LikePattern& Get(std::string_view pattern, std::string_view escape) {
    CancellationScope::Check();
    if (prepared_ != nullptr) return *prepared_;
    if (!last_.has_value() || pattern != last_pattern_ || escape != last_escape_) {
      last_.reset();
      last_.emplace(pattern, escape, ignore_case_);
      last_pattern_ = pattern;
      last_escape_ = escape;
    }
    return *last_;
  }

 private:
  const LikePattern* prepared_;
  bool ignore_case_;
  std::optional<LikePattern> last_;
  std::string last_pattern_, last_escape_;
};

template <bool kIgnoreCase, bool kNegate>
std::vector<FunctionOverload> LikeOverloads() {
  const auto prepare = [](std::span<const std::optional<Value>> constants) -> std::shared_ptr<const void> {
    for (size_t i = 1; i < constants.size(); ++i) {
      if (!constants[i].has_value() || constants[i]->is_null()) return nullptr;
    }
    try {
      return std::make_shared<LikePattern>(constants[1]->bytes(), constants.size() > 2 ? constants[2]->bytes() : "\\",
                                           kIgnoreCase);
    } catch (const Error&) {
      return nullptr;  // reported by the rows
    }
  };
  FunctionOverload two = Partial({kText, kText}, TypeKind::kBoolean, [](const KernelArgs& args) {
    PatternSource source(args.state, kIgnoreCase);
    if (args.state != nullptr) {
      const LikePattern& pattern = *static_cast<const LikePattern*>(args.state);
      return ApplyRows<uint8_t, StringRef, StringRef>(args, [&](StringRef text, StringRef) -> uint8_t {
        if (text.size() >= kLongText) [[unlikely]]
          CancellationScope::Check();
        return pattern.Matches(text) != kNegate ? 1 : 0;
      });
    }
    return ApplyRows<uint8_t, StringRef, StringRef>(args, [&](RowOut<uint8_t>& out, StringRef text, StringRef pattern) {
      Guard(out, [&] { out.Set(source.Get(pattern, "\\").Matches(text) != kNegate ? 1 : 0); });
    });
  });
  FunctionOverload three = Partial({kText, kText, kText}, TypeKind::kBoolean, [](const KernelArgs& args) {
    PatternSource source(args.state, kIgnoreCase);
    return ApplyRows<uint8_t, StringRef, StringRef, StringRef>(
        args, [&](RowOut<uint8_t>& out, StringRef text, StringRef pattern, StringRef escape) {
          Guard(out, [&] { out.Set(source.Get(pattern, escape).Matches(text) != kNegate ? 1 : 0); });
        });
  });
  two.prepare = prepare;
  three.prepare = prepare;
  std::vector<FunctionOverload> overloads;
  overloads.push_back(std::move(two));
  overloads.push_back(std::move(three));
  return overloads;
}

}  // namespace

void RegisterLikeFunctions(Registry& registry) {
  Family family(registry, "string");
  family.Add({"~~", {"like"}}, "LIKE: % is any text, _ any character; a third argument is the escape character.",
             "'abc' ~~ '_b%'", "t", LikeOverloads<false, false>());
  family.Add({"!~~", {"notlike"}}, "NOT LIKE.", "'abc' !~~ '_b%'", "f", LikeOverloads<false, true>());
  family.Add("~~*", "ILIKE: LIKE without regard to case.", "'ABC' ~~* '_b%'", "t", LikeOverloads<true, false>());
  family.Add("!~~*", "NOT ILIKE.", "'ABC' !~~* '_b%'", "f", LikeOverloads<true, true>());
  family.Add("like_escape", "The LIKE pattern rewritten from another escape character to the backslash.",
             "like_escape('a#%', '#')", "a\\%",
             {Partial({kText, kText}, kText,
                      RowKernelWith<StringRef, StringRef, StringRef>(
                          [](RowOut<StringRef>& out, StringRef pattern, StringRef escape) {
                            Guard(out, [&] { out.SetString(RewriteLikeEscape(pattern, escape)); });
                          }))});
}

}  // namespace weir
