#pragma once

#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <vector>

#include "env/object_store.h"
#include "env/random.h"
#include "meta/commit.h"

namespace weir {

// The objects that writers are making or have made without their commit having succeeded yet: they look like orphans
// but are not. Threads: any.
class PendingSegments : public std::enable_shared_from_this<PendingSegments> {
 public:
  // Both must outlive this and all its files.
  PendingSegments(ObjectStore& objects, Random& random) : objects_(objects), random_(random) {}

  // "<prefix>/seg_<uuid>.parquet", noted as pending.
  std::string NewPath(const std::string& prefix);
  // A holder for the paths of one delta: forgets them when committed, deletes their objects when destroyed before.
  class Files final : public PendingFiles {
   public:
    explicit Files(std::shared_ptr<PendingSegments> of) : of_(std::move(of)) {}
    ~Files() override;
    void Add(std::string path) { paths_.push_back(std::move(path)); }
    void Committed() noexcept override;

   private:
    const std::shared_ptr<PendingSegments> of_;
    std::vector<std::string> paths_;
  };
  std::shared_ptr<Files> NewFiles() { return std::make_shared<Files>(shared_from_this()); }
  bool IsPending(const std::string& path) const;

 private:
  void Forget(const std::vector<std::string>& paths) noexcept;

  ObjectStore& objects_;
  mutable std::mutex mutex_;  // guards the below
  Random& random_;
  std::set<std::string> paths_;
};

}  // namespace weir
