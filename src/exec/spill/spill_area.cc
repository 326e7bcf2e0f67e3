#include "exec/spill/spill_area.h"

#include <utility>

#include "base/bytes.h"
#include "base/error.h"
#include "column/serialize.h"
#include "runtime/fail_point.h"

namespace weir {

namespace {

// Before every chunk: its length.
constexpr size_t kLengthBytes = sizeof(uint32_t);

}  // namespace

SpillArea::SpillArea(FileSystem& files, std::string directory, int64_t bytes_max)
    : files_(files), directory_(std::move(directory)), bytes_max_(bytes_max) {}

SpillArea::~SpillArea() {
  if (!prepared_) return;
  // Only tidiness: the next process does it too.
  CatchError([&] { files_.RemoveRecursively(directory_); });
}

std::string SpillArea::NewPath() {
  const std::scoped_lock lock(mutex_);
  if (!prepared_) {
    if (files_.Exists(directory_)) files_.RemoveRecursively(directory_);
    files_.CreateDirectories(directory_);
    prepared_ = true;
  }
  return JoinPath(directory_, fmt::format("{}.spill", next_++));
}

void SpillArea::Reserve(int64_t bytes) {
  const int64_t used = used_bytes_.fetch_add(bytes, std::memory_order_relaxed) + bytes;
  if (bytes_max_ == 0 || used <= bytes_max_) return;
  Release(bytes);
  throw Error::Operational(sqlstate::kDiskFull, "queries would spill more than {} bytes", bytes_max_)
      .WithHint("Raise --spill-limit, or the memory limit, or make the query smaller.");
}

SpillFile::SpillFile(SpillArea& area) : area_(area), path_(area.NewPath()) {}

SpillFile::~SpillFile() {
  out_.reset();
  in_.reset();
  CatchError([&] { area_.files().Remove(path_); });
  area_.Release(static_cast<int64_t>(bytes_));
}

void SpillFile::Append(const Chunk& chunk) {
  WEIR_FAIL_POINT(exec_spill_write);
  if (out_ == nullptr) out_ = area_.files().OpenForWrite(path_, OpenMode::kCreateNew);
  buffer_.assign(kLengthBytes, '\0');
  SerializeChunk(chunk, ChunkCompression::kLz4, buffer_);
  StoreUnaligned(buffer_.data(), static_cast<uint32_t>(buffer_.size() - kLengthBytes));
  area_.Reserve(static_cast<int64_t>(buffer_.size()));
  bytes_ += buffer_.size();
  rows_ += chunk.row_count();
  out_->AppendText(buffer_);
}

void SpillFile::Finish() {
  buffer_ = {};
  if (out_ == nullptr) return;
  // Not synced: it need not outlive the process.
  out_->Close();
  out_.reset();
  in_ = area_.files().OpenForRead(path_);
}

std::optional<Chunk> SpillFile::Read(uint64_t& offset) const {
  if (offset == bytes_) return std::nullopt;
  const std::string length = in_->ReadString(offset, kLengthBytes);
  const auto size = LoadUnaligned<uint32_t>(length.data());
  const std::string bytes = in_->ReadString(offset + kLengthBytes, size);
  offset += kLengthBytes + size;
  // Asked for now, so that it is there when it is read.
  if (offset < bytes_) in_->Prefetch(offset, std::min<uint64_t>(bytes_ - offset, uint64_t{2} * size));
  return DeserializeChunk(bytes);
}

}  // namespace weir
