#include "storage/pending_segments.h"

#include "base/error.h"
#include "obs/log.h"

namespace weir {

std::string PendingSegments::NewPath(const std::string& prefix) {
  const std::scoped_lock lock(mutex_);
  // A random (version 4) UUID.
  const uint64_t high = (random_.Next() & ~uint64_t{0xF000}) | 0x4000;
  const uint64_t low = (random_.Next() & ~(uint64_t{3} << 62)) | (uint64_t{2} << 62);
  std::string path = fmt::format("{}/seg_{:08x}-{:04x}-{:04x}-{:04x}-{:012x}.parquet", prefix, high >> 32,
                                 (high >> 16) & 0xFFFF, high & 0xFFFF, low >> 48, low & 0xFFFF'FFFF'FFFF);
  paths_.insert(path);
  return path;
}

bool PendingSegments::IsPending(const std::string& path) const {
  const std::scoped_lock lock(mutex_);
  return paths_.contains(path);
}

void PendingSegments::Forget(const std::vector<std::string>& paths) noexcept {
  const std::scoped_lock lock(mutex_);
  for (const std::string& path : paths) paths_.erase(path);
}

void PendingSegments::Files::Committed() noexcept {
  of_->Forget(paths_);
  paths_.clear();
}

PendingSegments::Files::~Files() {
  for (const std::string& path : paths_) {
    const auto error = CatchError([&] { of_->objects_.Delete(path); });
    if (error == nullptr) continue;
    // The sweeper finds it later.
    obs::Log(obs::Severity::kWarn, "storage", "abandoned segment was not deleted",
             {{"path", path}, {"error", error->message()}});
  }
  of_->Forget(paths_);
}

}  // namespace weir
