#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "env/clock.h"

struct sd_journal;

namespace weir {

// One entry of the system's journal; the texts are the reader's, until the batch has been taken.
struct JournalEntry {
  UnixNanos time = 0;
  int priority = 6;  // syslog's: 0 emergency to 7 debug
  std::string message;
  std::string program;  // syslog identifier, or the command's name
  std::string unit;     // systemd's
  std::string host;
  int64_t process_id = 0;
};

// Follows the journal of systemd-journald with libsystemd: at first the last entries, or those after the cursor of an
// earlier run; then what is new. A machine without a journal has no entries, nothing more. One thread at a time.
class JournalReader {
 public:
  struct Options {
    std::string folder;  // empty: this machine's journal
    std::string cursor;  // where an earlier run has stopped
    uint64_t entries_first = 20'000;
    uint64_t entries_batch = 1000;
  };
  // Takes a batch; `cursor` is where to go on after it. False: it shall come again at the next Poll.
  using Take = std::function<bool(const std::vector<JournalEntry>& entries, const std::string& cursor)>;

  explicit JournalReader(Options options);
  ~JournalReader();
  JournalReader(const JournalReader&) = delete;
  JournalReader& operator=(const JournalReader&) = delete;

  // Whether there is a journal that this process may read, with entries.
  bool IsThere();
  // Hands over all entries that are new. Throws kIoError when the journal cannot be read.
  void Poll(const Take& take);

 private:
  bool Open();
  bool Position();
  JournalEntry ReadEntry() const;
  std::string Field(const char* name) const;

  const Options options_;
  sd_journal* journal_ = nullptr;
  std::string cursor_;  // of the last entry that was taken
  bool positioned_ = false;
  bool is_unread_ = false;  // the entry that it stands on is the next to take
};

}  // namespace weir
