// Unicode normal forms.

#include <cstdlib>
#include <memory>

#include <utf8proc.h>

#include "function/scalar/kernel.h"
#include "function/scalar/register.h"
#include "function/scalar/utf8.h"

namespace weir {

namespace {

std::string Normalize(std::string_view text, std::string_view form) {
  const std::string name = FoldCase(form);
  int options = UTF8PROC_STABLE;
  if (name == "nfc")
    options |= UTF8PROC_COMPOSE;
  else if (name == "nfd")
    options |= UTF8PROC_DECOMPOSE;
  else if (name == "nfkc")
    options |= UTF8PROC_COMPOSE | UTF8PROC_COMPAT;
  else if (name == "nfkd")
    options |= UTF8PROC_DECOMPOSE | UTF8PROC_COMPAT;
  else
    throw Error::User(sqlstate::kInvalidParameterValue, "invalid normalization form: {}", form);
  if (IsAscii(text)) return std::string(text);
  utf8proc_uint8_t* raw = nullptr;
  const utf8proc_ssize_t size =
      utf8proc_map(reinterpret_cast<const utf8proc_uint8_t*>(text.data()), static_cast<utf8proc_ssize_t>(text.size()),
                   &raw, static_cast<utf8proc_option_t>(options));
  const std::unique_ptr<utf8proc_uint8_t, decltype(&std::free)> owner(raw, &std::free);
  if (size < 0) {
    throw Error::User(sqlstate::kCharacterNotInRepertoire, "invalid byte sequence for encoding \"UTF8\"");
  }
  return {reinterpret_cast<const char*>(raw), static_cast<size_t>(size)};
}

}  // namespace

void RegisterNormalizeFunctions(Registry& registry) {
  Family family(registry, "string");
  family.Add("normalize", "The text in a Unicode normal form: NFC (the default), NFD, NFKC or NFKD.",
             "length(normalize('é', 'NFD'))", "2",
             {Partial({kText}, kText, RowKernelWith<StringRef, StringRef>([](RowOut<StringRef>& out, StringRef text) {
                        Guard(out, [&] { out.SetString(Normalize(text, "NFC")); });
                      })),
              Partial({kText, kText}, kText,
                      RowKernelWith<StringRef, StringRef, StringRef>(
                          [](RowOut<StringRef>& out, StringRef text, StringRef form) {
                            Guard(out, [&] { out.SetString(Normalize(text, form)); });
                          }))});
  family.Add(
      "is_normalized", "Whether the text is in a Unicode normal form.", "is_normalized('é')", "t",
      {Partial({kText}, TypeKind::kBoolean, RowKernelWith<uint8_t, StringRef>([](RowOut<uint8_t>& out, StringRef text) {
                 Guard(out, [&] { out.Set(Normalize(text, "NFC") == text.view() ? 1 : 0); });
               })),
       Partial({kText, kText}, TypeKind::kBoolean,
               RowKernelWith<uint8_t, StringRef, StringRef>([](RowOut<uint8_t>& out, StringRef text, StringRef form) {
                 Guard(out, [&] { out.Set(Normalize(text, form) == text.view() ? 1 : 0); });
               }))});
  family.Add("pg_collation_for", "The collation of a text.", "pg_collation_for('a'::text)", "\"default\"",
             {Total({kText}, kText,
                    [](const KernelArgs& args) { return Column::Constant(Value::String("\"default\""), args.size); })});
}

}  // namespace weir
