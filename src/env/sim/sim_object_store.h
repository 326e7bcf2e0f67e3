#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>

#include "env/clock.h"
#include "env/object_store.h"
#include "env/random.h"

namespace weir {

// How often requests of a simulated store go wrong, each from 0 to 1.
struct ObjectFaults {
  double request_fails = 0;          // nothing happened; retryable
  double write_succeeds_unseen = 0;  // it happened, but the answer was lost: an error all the same
  double list_is_stale = 0;          // a listing misses the newest object
};

// Objects in memory behind a network that fails at the seed's will. Any thread; every call takes one lock.
class SimObjectStore final : public ObjectStore {
 public:
  // `delay`, when given, is called for every request, outside of the lock: to advance a clock or to run others.
  explicit SimObjectStore(const Clock& clock, uint64_t seed = 1, std::function<void()> delay = nullptr)
      : clock_(clock), delay_(std::move(delay)), random_(seed) {}

  void Put(const std::string& key, ByteSpan content) override;
  bool PutIfAbsent(const std::string& key, ByteSpan content) override;
  std::unique_ptr<ObjectWriter> OpenForWrite(const std::string& key) override;
  std::unique_ptr<RandomAccessFile> OpenForRead(const std::string& key) override;
  std::optional<ObjectInfo> Head(const std::string& key) override;
  std::vector<ObjectInfo> List(const std::string& prefix) override;
  void Delete(const std::string& key) override;

  void set_faults(const ObjectFaults& faults);
  int64_t requests() const;

 private:
  friend class SimObjectFile;
  struct Object {
    std::shared_ptr<const std::string> content;
    int64_t modified_unix_nanos;
    uint64_t sequence;
  };
  // Counts, delays and possibly fails a request.
  void Request(const char* what, const std::string& key);
  void MaybeLoseAnswer(const char* what, const std::string& key);

  const Clock& clock_;
  const std::function<void()> delay_;
  mutable std::mutex mutex_;  // guards the below
  Xoshiro256 random_;
  ObjectFaults faults_;
  int64_t requests_ = 0;
  uint64_t next_sequence_ = 1;
  std::map<std::string, Object> objects_;
};

}  // namespace weir
