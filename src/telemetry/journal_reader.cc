#include "telemetry/journal_reader.h"

#include <algorithm>
#include <charconv>
#include <cstdlib>

#include <systemd/sd-journal.h>

#include "base/error.h"

namespace weir {

namespace {

void Check(int result, std::string_view what) {
  if (result >= 0) return;
  throw Error::FromErrno(-result, what);
}

int64_t NumberOr(std::string_view text, int64_t otherwise) {
  int64_t value = otherwise;
  std::from_chars(text.data(), text.data() + text.size(), value);
  return value;
}

}  // namespace

JournalReader::JournalReader(Options options) : options_(std::move(options)), cursor_(options_.cursor) {}

JournalReader::~JournalReader() {
  if (journal_ != nullptr) sd_journal_close(journal_);
}

bool JournalReader::Open() {
  if (journal_ != nullptr) return true;
  const int result = options_.folder.empty() ? sd_journal_open(&journal_, SD_JOURNAL_LOCAL_ONLY)
                                             : sd_journal_open_directory(&journal_, options_.folder.c_str(), 0);
  if (result < 0) {
    journal_ = nullptr;
    return false;
  }
  // Asks to be told of new files; sd_journal_process takes note of them.
  sd_journal_get_fd(journal_);
  return true;
}

bool JournalReader::IsThere() {
  if (!Open()) return false;
  uint64_t from = 0, to = 0;
  return sd_journal_get_cutoff_realtime_usec(journal_, &from, &to) > 0;
}

// Finds the first entry to take: the one after this, or this one (is_unread_). False: there is none yet.
bool JournalReader::Position() {
  if (!cursor_.empty()) {
    Check(sd_journal_seek_cursor(journal_, cursor_.c_str()), "could not find the cursor in the journal");
    const int stepped = sd_journal_next(journal_);
    Check(stepped, "could not read the journal");
    if (stepped == 0) return false;
    // Vacuumed away: the nearest entry after it is new.
    is_unread_ = sd_journal_test_cursor(journal_, cursor_.c_str()) <= 0;
    return true;
  }
  Check(sd_journal_seek_tail(journal_), "could not find the end of the journal");
  const uint64_t back = options_.entries_first + 1;
  const int stepped = sd_journal_previous_skip(journal_, back);
  Check(stepped, "could not read the journal");
  if (static_cast<uint64_t>(stepped) < back) Check(sd_journal_seek_head(journal_), "could not read the journal");
  return true;
}

std::string JournalReader::Field(const char* name) const {
  const void* data = nullptr;
  size_t size = 0;
  if (sd_journal_get_data(journal_, name, &data, &size) < 0) return {};
  std::string_view text(static_cast<const char*>(data), size);
  text.remove_prefix(std::min(text.find('=') + 1, text.size()));
  return std::string(text);
}

JournalEntry JournalReader::ReadEntry() const {
  JournalEntry entry;
  uint64_t micros = 0;
  Check(sd_journal_get_realtime_usec(journal_, &micros), "could not read an entry's time");
  entry.time = static_cast<UnixNanos>(micros) * kNanosPerMicro;
  entry.message = Field("MESSAGE");
  entry.priority = static_cast<int>(std::clamp<int64_t>(NumberOr(Field("PRIORITY"), 6), 0, 7));
  entry.program = Field("SYSLOG_IDENTIFIER");
  if (entry.program.empty()) entry.program = Field("_COMM");
  entry.unit = Field("_SYSTEMD_UNIT");
  entry.host = Field("_HOSTNAME");
  entry.process_id = NumberOr(Field("_PID"), NumberOr(Field("SYSLOG_PID"), 0));
  return entry;
}

void JournalReader::Poll(const Take& take) {
  if (!Open()) return;
  sd_journal_process(journal_);
  if (!positioned_) positioned_ = Position();
  std::vector<JournalEntry> entries;
  const auto hand_over = [&] {
    if (entries.empty()) return true;
    char* text = nullptr;
    Check(sd_journal_get_cursor(journal_, &text), "could not tell the place in the journal");
    const std::string cursor(text);
    std::free(text);
    if (!take(entries, cursor)) {
      // Back to before this batch.
      positioned_ = false;
      return false;
    }
    cursor_ = cursor;
    entries.clear();
    return true;
  };
  while (positioned_) {
    if (!std::exchange(is_unread_, false)) {
      const int stepped = sd_journal_next(journal_);
      Check(stepped, "could not read the journal");
      if (stepped == 0) break;
    }
    entries.push_back(ReadEntry());
    if (entries.size() >= options_.entries_batch && !hand_over()) return;
  }
  (void)hand_over();
}

}  // namespace weir
