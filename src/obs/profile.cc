#include "obs/profile.h"

#include <utility>

#include "obs/profile_text.h"

namespace weir::obs {

void ProfileCounters::Add(const ProfileCounters& other) {
  rows_in += other.rows_in;
  rows_out += other.rows_out;
  chunks_out += other.chunks_out;
  bytes_out += other.bytes_out;
  cpu_nanos += other.cpu_nanos;
  blocked_nanos += other.blocked_nanos;
  memory_bytes_peak += other.memory_bytes_peak;
  spilled_bytes += other.spilled_bytes;
  spills += other.spills;
  units_pruned += other.units_pruned;
  units_read += other.units_read;
}

ProfileNode& ProfileNode::AddChild(std::string name, int64_t id) {
  auto child = std::make_unique<ProfileNode>(std::move(name), id);
  const std::scoped_lock lock(mutex_);
  return *children_.emplace_back(std::move(child));
}

ProfileNode* ProfileNode::Find(int64_t id) {
  if (id_ == id) return this;
  std::vector<ProfileNode*> children;
  {
    const std::scoped_lock lock(mutex_);
    for (const auto& child : children_) children.push_back(child.get());
  }
  for (ProfileNode* child : children) {
    if (ProfileNode* found = child->Find(id)) return found;
  }
  return nullptr;
}

void ProfileNode::Merge(const ProfileCounters& counters) {
  const std::scoped_lock lock(mutex_);
  counters_.Add(counters);
}

void ProfileNode::AddExtra(std::string_view name, int64_t value, ProfileUnit unit, ProfileMerge merge) {
  const std::scoped_lock lock(mutex_);
  const auto it = extras_.find(name);
  if (it == extras_.end()) {
    extras_.emplace(name, Extra{std::string(name), value, unit, merge});
  } else if (merge == ProfileMerge::kMax) {
    it->second.value = std::max(it->second.value, value);
  } else {
    it->second.value += value;
  }
}

void ProfileNode::SetInfo(std::string_view name, std::string_view value) {
  const std::scoped_lock lock(mutex_);
  info_.insert_or_assign(std::string(name), std::string(value));
}

ProfileNode::Snapshot ProfileNode::Take() const {
  Snapshot out{.name = name_, .id = id_, .drivers = drivers_.load(std::memory_order_relaxed)};
  const std::scoped_lock lock(mutex_);
  out.counters = counters_;
  for (const auto& [name, extra] : extras_) out.extras.push_back(extra);
  out.info.assign(info_.begin(), info_.end());
  for (const auto& child : children_) out.children.push_back(child->Take());
  return out;
}

void ProfileNode::MergeSnapshot(const Snapshot& other) {
  Merge(other.counters);
  drivers_.fetch_add(other.drivers, std::memory_order_relaxed);
  for (const Extra& extra : other.extras) AddExtra(extra.name, extra.value, extra.unit, extra.merge);
  for (const auto& [name, value] : other.info) SetInfo(name, value);
  for (size_t i = 0; i < other.children.size(); ++i) {
    const Snapshot& from = other.children[i];
    ProfileNode* into = nullptr;
    {
      const std::scoped_lock lock(mutex_);
      if (i < children_.size() && children_[i]->name_ == from.name) into = children_[i].get();
    }
    if (into == nullptr) into = &AddChild(from.name, from.id);
    into->MergeSnapshot(from);
  }
}

int64_t ProfileNode::Snapshot::TotalCpuNanos() const {
  int64_t total = counters.cpu_nanos;
  for (const Snapshot& child : children) total += child.TotalCpuNanos();
  return total;
}

std::string ProfileNode::Snapshot::ToText() const {
  return ProfileText(*this);
}

}  // namespace weir::obs
