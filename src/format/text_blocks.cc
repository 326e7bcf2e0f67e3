#include "format/text_blocks.h"

#include <algorithm>
#include <cstring>

#include "base/error.h"

namespace weir {

TextBlocks::TextBlocks(std::unique_ptr<RandomAccessFile> file, Divide divide, Options options)
    : file_(std::move(file)), divide_(std::move(divide)), options_(std::move(options)) {}

TextBlocks::~TextBlocks() = default;

// Opens the stream and takes the mark and the lines to skip off its front.
void TextBlocks::Start() {
  started_ = true;
  stream_ = OpenTextStream(*file_, options_.compression);
  left_.resize(std::max<size_t>(options_.block_bytes, 4));
  left_.resize(stream_->Read(left_));
  if (left_.starts_with("\xFF\xFE") || left_.starts_with("\xFE\xFF")) {
    throw Error::User(sqlstate::kCharacterNotInRepertoire, "file is UTF-16: {}", path())
        .WithHint("Convert it to UTF-8 first, for example with iconv.");
  }
  constexpr std::string_view kMark = "\xEF\xBB\xBF";
  if (left_.starts_with(kMark)) left_.erase(0, kMark.size());
  for (size_t skipped = 0; skipped < options_.skip_lines;) {
    const size_t end = left_.find('\n');
    if (end != std::string::npos) {
      left_.erase(0, end + 1);
      ++skipped;
      continue;
    }
    left_.resize(std::max<size_t>(options_.block_bytes, 4));
    left_.resize(stream_->Read(left_));
    if (left_.empty()) break;
  }
  line_ += options_.skip_lines;
}

void TextBlocks::Enlarge(TextBlock& block, size_t used, size_t capacity) {
  if (block.capacity >= capacity) return;
  if (block.reservation.tracker() != nullptr) {
    block.reservation.Resize(static_cast<int64_t>(capacity + TextBlock::kPaddingBytes));
  }
  auto larger = std::make_unique_for_overwrite<char[]>(capacity + TextBlock::kPaddingBytes);
  if (used > 0) std::memcpy(larger.get(), block.data.get(), used);
  block.data = std::move(larger);
  block.capacity = capacity;
}

bool TextBlocks::Next(TextBlock& block, const std::shared_ptr<MemoryTracker>& tracker) {
  const std::lock_guard lock(mutex_);
  block.first = !started_;
  if (at_end_ && left_.empty()) return false;
  // A failure in here is final: the readers of the file must not go on behind it.
  const bool was_at_end = std::exchange(at_end_, true);
  if (!started_) Start();
  if (block.reservation.tracker() != tracker.get()) block.reservation = ScopedReservation(tracker);
  // No more than a small file needs; compressed ones say nothing about their content.
  const size_t wanted = static_cast<size_t>(std::min<uint64_t>(options_.block_bytes, file_->size() + 1));
  std::string left = std::exchange(left_, {});
  Enlarge(block, 0, std::max({wanted, left.size(), size_t{1}}));
  std::memcpy(block.data.get(), left.data(), left.size());
  size_t size = left.size();
  size_t end = 0;
  bool at_end = was_at_end;
  for (;;) {
    if (!at_end && size < block.capacity) {
      const size_t got = stream_->Read({block.data.get() + size, block.capacity - size});
      at_end = got < block.capacity - size;
      size += got;
    }
    if (at_end) {
      end = size;
      break;
    }
    end = divide_({block.data.get(), size}, block.first);
    if (end > 0) break;
    if (size >= options_.record_bytes_max) {
      throw Error::User(sqlstate::kProgramLimitExceeded, "a record of the file is larger than {} bytes: {} line {}",
                        options_.record_bytes_max, path(), line_)
          .WithHint(options_.record_hint);
    }
    Enlarge(block, size, block.capacity * 2);
  }
  left.assign(block.data.get() + end, size - end);
  left_ = std::move(left);
  at_end_ = at_end;
  block.size = end;
  block.last = at_end && left_.empty();
  block.line = line_;
  std::memset(block.data.get() + end, 0, TextBlock::kPaddingBytes);
  line_ += CountLineEnds(block.text());
  return end > 0;
}

size_t TextLanes(uint64_t bytes, bool packed) {
  constexpr uint64_t kLanesMax = 64;
  // Four times is what packed text usually gains.
  if (packed) bytes *= 4;
  return static_cast<size_t>(std::clamp<uint64_t>(bytes / (2 * TextBlocks::kBlockBytes), 1, kLanesMax));
}

uint64_t CountLineEnds(std::string_view text) {
  uint64_t count = 0;
  // Short stretches let the compiler count in bytes.
  while (!text.empty()) {
    const std::string_view part = text.substr(0, 192);
    uint8_t ends = 0;
    for (const char c : part) ends = static_cast<uint8_t>(ends + (c == '\n'));
    count += ends;
    text.remove_prefix(part.size());
  }
  return count;
}

}  // namespace weir
