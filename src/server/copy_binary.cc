#include "server/copy_binary.h"

#include "base/bytes.h"

namespace weir {

namespace {

constexpr size_t kSignatureBytes = 11;
constexpr uint32_t kRowBytesMax = 256U << 20;

template <typename T>
bool TakeNumber(std::string_view& rest, T& out) {
  if (rest.size() < sizeof(T)) return false;
  out = LoadBigEndian<T>(rest.data());
  rest.remove_prefix(sizeof(T));
  return true;
}

}  // namespace

Error BinaryCopyIn::BadFormat(std::string_view what) const {
  return Error::User(sqlstate::kBadCopyFileFormat, "{}", what)
      .WithDetail(fmt::format("COPY {}, row {}", rows_.table().name, row_));
}

bool BinaryCopyIn::TakeHeader(std::string_view& rest) {
  const std::string_view signature = kCopyBinaryHeader.substr(0, kSignatureBytes);
  if (rest.substr(0, signature.size()) != signature.substr(0, rest.size())) {
    throw BadFormat("COPY file signature not recognized");
  }
  std::string_view in = rest;
  in.remove_prefix(std::min(in.size(), signature.size()));
  uint32_t flags = 0;
  uint32_t extension = 0;
  if (!TakeNumber(in, flags) || !TakeNumber(in, extension)) return false;
  if ((flags >> 16) != 0) throw BadFormat("unrecognized critical flags in COPY file header");
  if (extension > kRowBytesMax) throw BadFormat("invalid COPY file header (wrong length)");
  if (in.size() < extension) return false;
  in.remove_prefix(extension);
  rest = in;
  return true;
}

bool BinaryCopyIn::TakeRow(std::string_view& rest) {
  std::string_view in = rest;
  int16_t count = 0;
  if (!TakeNumber(in, count)) return false;
  if (count == -1) {
    ended_ = true;
    rest = {};
    return true;
  }
  if (count < 0 || static_cast<size_t>(count) != rows_.column_count()) {
    throw BadFormat(fmt::format("row field count is {}, expected {}", count, rows_.column_count()));
  }
  fields_.clear();
  for (int16_t i = 0; i < count; ++i) {
    int32_t size = 0;
    if (!TakeNumber(in, size)) return false;
    if (size < -1 || size > static_cast<int64_t>(kRowBytesMax)) throw BadFormat("invalid field size");
    if (size == -1) {
      fields_.emplace_back();
      continue;
    }
    if (in.size() < static_cast<size_t>(size)) return false;
    fields_.push_back(in.substr(0, static_cast<size_t>(size)));
    in.remove_prefix(static_cast<size_t>(size));
  }
  for (size_t i = 0; i < fields_.size(); ++i) {
    ColumnBuilder& builder = rows_.builder(i);
    if (fields_[i].data() == nullptr) {
      builder.AppendNull();
      continue;
    }
    try {
      builder.AppendValue(read_value_(fields_[i], builder.type(), rows_.text_options()));
    } catch (const Error& error) {
      throw Error(error).WithDetail(
          fmt::format("COPY {}, row {}, column {}", rows_.table().name, row_, rows_.column(i).name));
    }
  }
  rows_.EndRow();
  ++row_;
  rest = in;
  return true;
}

void BinaryCopyIn::Write(std::string_view bytes) {
  if (ended_) {
    if (!bytes.empty()) throw BadFormat("received copy data after EOF marker");
    return;
  }
  input_ += bytes;
  std::string_view rest = input_;
  if (!begun_) begun_ = TakeHeader(rest);
  while (begun_ && !ended_ && TakeRow(rest)) {
  }
  if (rest.size() > kRowBytesMax) throw BadFormat("row is too long");
  input_.erase(0, input_.size() - rest.size());
}

uint64_t BinaryCopyIn::Finish() {
  // A client may leave the end mark out; what it must not leave is half a row.
  if (!begun_) throw BadFormat("COPY file signature not recognized");
  if (!ended_ && !input_.empty()) throw BadFormat("unexpected EOF in COPY data");
  return rows_.Finish();
}

}  // namespace weir
