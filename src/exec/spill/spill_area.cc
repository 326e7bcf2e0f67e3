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

SpillArea::SpillArea(FileSystem& files, std::string directory, uint64_t tag, int64_t bytes_max)
    : files_(files), directory_(std::move(directory)), tag_(tag), bytes_max_(bytes_max) {}

SpillArea::~SpillArea() {
  if (made_directory_) CatchError([&] { files_.Remove(directory_); });
}

SpillArea::Ends SpillArea::NewFile() {
  std::string path;
  {
    const std::scoped_lock lock(mutex_);
    if (next_ == 0 && !files_.Exists(directory_)) {
      files_.CreateDirectories(directory_);
      made_directory_ = true;
    }
    path = JoinPath(directory_, fmt::format("{:016x}-{}.spill", tag_, next_++));
  }
  Ends ends;
  ends.in = files_.OpenForWrite(path, OpenMode::kCreateNew);
  ends.out = files_.OpenForRead(path);
  files_.Remove(path);
  return ends;
}

void SpillArea::Reserve(int64_t bytes) {
  const int64_t used = used_bytes_.fetch_add(bytes, std::memory_order_relaxed) + bytes;
  if (bytes_max_ == 0 || used <= bytes_max_) return;
  Release(bytes);
  throw Error::Operational(sqlstate::kDiskFull, "queries would spill more than {} bytes", bytes_max_)
      .WithHint("Raise --spill-limit, or the memory limit, or make the query smaller.");
}

SpillFile::~SpillFile() {
  area_.Release(static_cast<int64_t>(bytes_));
}

void SpillFile::Append(const Chunk& chunk) {
  WEIR_FAIL_POINT(exec_spill_write);
  if (file_.in == nullptr) file_ = area_.NewFile();
  buffer_.assign(kLengthBytes, '\0');
  SerializeChunk(chunk, ChunkCompression::kLz4, buffer_);
  StoreUnaligned(buffer_.data(), static_cast<uint32_t>(buffer_.size() - kLengthBytes));
  area_.Reserve(static_cast<int64_t>(buffer_.size()));
  bytes_ += buffer_.size();
  rows_ += chunk.row_count();
  file_.in->AppendText(buffer_);
}

void SpillFile::Finish() {
  buffer_ = {};
  // Not synced: it need not outlive the process.
  if (file_.in != nullptr) file_.in->Close();
}

std::optional<Chunk> SpillFile::Read(uint64_t& offset) const {
  if (offset == bytes_) return std::nullopt;
  const std::string length = file_.out->ReadString(offset, kLengthBytes);
  const auto size = LoadUnaligned<uint32_t>(length.data());
  const std::string bytes = file_.out->ReadString(offset + kLengthBytes, size);
  offset += kLengthBytes + size;
  // Asked for now, so that it is there when it is read.
  if (offset < bytes_) file_.out->Prefetch(offset, std::min<uint64_t>(bytes_ - offset, uint64_t{2} * size));
  return DeserializeChunk(bytes);
}

}  // namespace weir
