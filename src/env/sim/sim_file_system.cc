#include "env/sim/sim_file_system.h"

#include <algorithm>
#include <cerrno>
#include <utility>

#include "base/error.h"

namespace weir {

struct SimFileSystem::Node {
  bool is_directory = false;
  std::string content;
  std::string durable_content;  // as of the last sync
  int64_t modified_unix_nanos = 0;
};

namespace {

// Writes of a torn file keep whole sectors.
constexpr size_t kSectorBytes = 512;

[[noreturn]] void ThrowMissing(std::string_view path) {
  throw Error::FromErrno(ENOENT, fmt::format("could not open file: {}", path));
}
[[noreturn]] void ThrowFault(std::string_view what, std::string_view path) {
  throw Error::FromErrno(EIO, fmt::format("could not {} file: {}", what, path));
}

}  // namespace

class SimReadFile final : public RandomAccessFile {
 public:
  SimReadFile(SimFileSystem& files, std::shared_ptr<SimFileSystem::Node> node, std::string path)
      : files_(files),
        node_(std::move(node)),
        path_(std::move(path)),
        size_(node_->content.size()),
        generation_(files.generation_) {}

  size_t Read(uint64_t offset, std::span<uint8_t> out) override {
    const std::scoped_lock lock(files_.mutex_);
    ++files_.counts_.reads;
    if (generation_ != files_.generation_ || SimFileSystem::CountDown(files_.faults_.fail_read_in)) {
      ThrowFault("read", path_);
    }
    if (offset >= node_->content.size()) return 0;
    const size_t count = std::min<size_t>(out.size(), node_->content.size() - offset);
    std::copy_n(node_->content.begin() + static_cast<ptrdiff_t>(offset), count, out.begin());
    return count;
  }
  uint64_t size() const override { return size_; }
  const std::string& path() const override { return path_; }

 private:
  SimFileSystem& files_;
  const std::shared_ptr<SimFileSystem::Node> node_;
  const std::string path_;
  const uint64_t size_;
  const uint64_t generation_;
};

class SimWriteFile final : public WritableFile {
 public:
  SimWriteFile(SimFileSystem& files, std::shared_ptr<SimFileSystem::Node> node, std::string path)
      : files_(files), node_(std::move(node)), path_(std::move(path)), generation_(files.generation_) {}

  void Append(ByteSpan bytes) override {
    const std::scoped_lock lock(files_.mutex_);
    ++files_.counts_.writes;
    if (closed_ || generation_ != files_.generation_) ThrowFault("write", path_);
    node_->modified_unix_nanos = files_.clock_.Now();
    if (SimFileSystem::CountDown(files_.faults_.fail_write_in)) {
      node_->content.append(AsText(bytes.first(files_.random_.Below(bytes.size() + 1))));
      ThrowFault("write", path_);
    }
    if (files_.faults_.disk_bytes_max.has_value()) {
      const uint64_t used = files_.UsedLocked();
      const uint64_t left = *files_.faults_.disk_bytes_max - std::min(used, *files_.faults_.disk_bytes_max);
      if (bytes.size() > left) {
        node_->content.append(AsText(bytes.first(left)));
        throw Error::FromErrno(ENOSPC, fmt::format("could not write file: {}", path_));
      }
    }
    node_->content.append(AsText(bytes));
  }
  void Sync() override {
    const std::scoped_lock lock(files_.mutex_);
    ++files_.counts_.syncs;
    if (closed_ || generation_ != files_.generation_ || SimFileSystem::CountDown(files_.faults_.fail_sync_in)) {
      ThrowFault("sync", path_);
    }
    node_->durable_content = node_->content;
  }
  void Close() override {
    const std::scoped_lock lock(files_.mutex_);
    closed_ = true;
  }
  uint64_t size() const override {
    const std::scoped_lock lock(files_.mutex_);
    return node_->content.size();
  }
  const std::string& path() const override { return path_; }

 private:
  SimFileSystem& files_;
  const std::shared_ptr<SimFileSystem::Node> node_;
  const std::string path_;
  const uint64_t generation_;
  bool closed_ = false;
};

class SimFileLock final : public FileLock {
 public:
  SimFileLock(SimFileSystem& files, std::string path)
      : files_(files), path_(std::move(path)), generation_(files.generation_) {}
  ~SimFileLock() override {
    const std::scoped_lock lock(files_.mutex_);
    if (generation_ == files_.generation_) files_.locks_.erase(path_);
  }

 private:
  SimFileSystem& files_;
  const std::string path_;
  const uint64_t generation_;
};

SimFileSystem::SimFileSystem(const Clock& clock, uint64_t seed) : clock_(clock), random_(seed) {
  for (const char* root : {"/", "."}) {
    auto node = std::make_shared<Node>();
    node->is_directory = true;
    names_[root] = durable_names_[root] = node;
  }
}

SimFileSystem::~SimFileSystem() = default;

std::string SimFileSystem::Normal(const std::string& path) {
  std::string out;
  for (const char c : path) {
    if (c != '/' || out.empty() || out.back() != '/') out += c;
  }
  while (out.size() > 1 && out.back() == '/') out.pop_back();
  while (out.starts_with("./")) out.erase(0, 2);
  return out.empty() ? "." : out;
}

SimFileSystem::Node* SimFileSystem::FindLocked(const std::string& path) {
  const auto it = names_.find(path);
  return it == names_.end() ? nullptr : it->second.get();
}

void SimFileSystem::CheckParentLocked(const std::string& path) {
  const Node* parent = FindLocked(ParentPath(path));
  if (parent == nullptr || !parent->is_directory) ThrowMissing(path);
}

uint64_t SimFileSystem::UsedLocked() const {
  uint64_t used = 0;
  for (const auto& [name, node] : names_) used += node->content.size();
  return used;
}

std::unique_ptr<RandomAccessFile> SimFileSystem::OpenForRead(const std::string& path) {
  const std::scoped_lock lock(mutex_);
  const auto it = names_.find(Normal(path));
  if (it == names_.end()) ThrowMissing(path);
  if (it->second->is_directory) throw Error::FromErrno(EISDIR, fmt::format("could not open file: {}", path));
  return std::make_unique<SimReadFile>(*this, it->second, path);
}

std::unique_ptr<WritableFile> SimFileSystem::OpenForWrite(const std::string& path, OpenMode mode) {
  const std::scoped_lock lock(mutex_);
  const std::string name = Normal(path);
  CheckParentLocked(name);
  auto& node = names_[name];
  if (node == nullptr) {
    node = std::make_shared<Node>();
  } else if (node->is_directory) {
    throw Error::FromErrno(EISDIR, fmt::format("could not create file: {}", path));
  } else if (mode == OpenMode::kCreateNew) {
    throw Error::FromErrno(EEXIST, fmt::format("could not create file: {}", path));
  } else if (mode == OpenMode::kTruncate) {
    node->content.clear();
  }
  node->modified_unix_nanos = clock_.Now();
  return std::make_unique<SimWriteFile>(*this, node, path);
}

std::vector<FileInfo> SimFileSystem::List(const std::string& directory) {
  const std::scoped_lock lock(mutex_);
  const std::string parent = Normal(directory);
  const Node* node = FindLocked(parent);
  if (node == nullptr || !node->is_directory) {
    throw Error::FromErrno(node == nullptr ? ENOENT : ENOTDIR, fmt::format("could not list folder: {}", directory));
  }
  std::vector<FileInfo> out;
  for (const auto& [name, child] : names_) {
    if (name == parent || name == "/" || name == "." || ParentPath(name) != parent) continue;
    out.push_back({.path = JoinPath(directory, FileName(name)),
                   .kind = child->is_directory ? FileKind::kDirectory : FileKind::kFile,
                   .size = child->content.size(),
                   .modified_unix_nanos = child->modified_unix_nanos});
  }
  std::ranges::sort(out, {}, &FileInfo::path);
  return out;
}

std::optional<FileInfo> SimFileSystem::Stat(const std::string& path) {
  const std::scoped_lock lock(mutex_);
  const Node* node = FindLocked(Normal(path));
  if (node == nullptr) return std::nullopt;
  return FileInfo{.path = path,
                  .kind = node->is_directory ? FileKind::kDirectory : FileKind::kFile,
                  .size = node->content.size(),
                  .modified_unix_nanos = node->modified_unix_nanos};
}

void SimFileSystem::RenameLocked(const std::string& from, const std::string& to) {
  ++counts_.renames;
  if (CountDown(faults_.fail_rename_in)) ThrowFault("rename", from);
  if (FindLocked(from) == nullptr) ThrowMissing(from);
  CheckParentLocked(to);
  Names moved;
  const std::string below = from + "/";
  for (auto it = names_.begin(); it != names_.end();) {
    if (it->first == from || it->first.starts_with(below)) {
      moved[to + it->first.substr(from.size())] = it->second;
      it = names_.erase(it);
    } else {
      ++it;
    }
  }
  for (auto& [name, node] : moved) names_[name] = std::move(node);
}

void SimFileSystem::Rename(const std::string& from, const std::string& to) {
  const std::scoped_lock lock(mutex_);
  RenameLocked(Normal(from), Normal(to));
}

bool SimFileSystem::RenameIfAbsent(const std::string& from, const std::string& to) {
  const std::scoped_lock lock(mutex_);
  if (FindLocked(Normal(to)) != nullptr) return false;
  RenameLocked(Normal(from), Normal(to));
  return true;
}

bool SimFileSystem::Remove(const std::string& path) {
  const std::scoped_lock lock(mutex_);
  const std::string name = Normal(path);
  const auto it = names_.find(name);
  if (it == names_.end()) return false;
  if (it->second->is_directory) {
    const auto next = names_.lower_bound(name + "/");
    if (next != names_.end() && next->first.starts_with(name + "/")) {
      throw Error::FromErrno(ENOTEMPTY, fmt::format("could not remove file: {}", path));
    }
  }
  names_.erase(it);
  return true;
}

void SimFileSystem::CreateDirectories(const std::string& path) {
  const std::scoped_lock lock(mutex_);
  for (std::string at = Normal(path); at != "." && at != "/"; at = ParentPath(at)) {
    auto& node = names_[at];
    if (node == nullptr) {
      node = std::make_shared<Node>();
      node->is_directory = true;
      node->modified_unix_nanos = clock_.Now();
    } else if (!node->is_directory) {
      throw Error::FromErrno(EEXIST, fmt::format("could not create folder: {}", path));
    }
  }
}

void SimFileSystem::SyncDirectory(const std::string& path) {
  const std::scoped_lock lock(mutex_);
  ++counts_.syncs;
  const std::string parent = Normal(path);
  if (FindLocked(parent) == nullptr) ThrowMissing(path);
  if (CountDown(faults_.fail_sync_in)) ThrowFault("sync", path);
  const auto inside = [&](const auto& entry) { return entry.first != parent && ParentPath(entry.first) == parent; };
  std::erase_if(durable_names_, [&](const auto& entry) { return inside(entry) && !names_.contains(entry.first); });
  for (const auto& entry : names_) {
    if (inside(entry)) durable_names_[entry.first] = entry.second;
  }
}

std::unique_ptr<FileLock> SimFileSystem::TryLock(const std::string& path) {
  const std::scoped_lock lock(mutex_);
  const std::string name = Normal(path);
  CheckParentLocked(name);
  auto& node = names_[name];
  if (node == nullptr) node = std::make_shared<Node>();
  if (!locks_.insert(name).second) return nullptr;
  return std::make_unique<SimFileLock>(*this, name);
}

void SimFileSystem::set_faults(const FileFaults& faults) {
  const std::scoped_lock lock(mutex_);
  faults_ = faults;
}

FileFaults SimFileSystem::faults() const {
  const std::scoped_lock lock(mutex_);
  return faults_;
}

void SimFileSystem::Crash() {
  const std::scoped_lock lock(mutex_);
  ++generation_;
  locks_.clear();
  // A name that is in one picture only may have made it to the disk or not.
  Names survivors;
  const auto keep = [&](const std::string& name) { return name == "/" || name == "." || random_.Chance(0.5); };
  for (const auto& [name, node] : names_) {
    const auto durable = durable_names_.find(name);
    if (durable != durable_names_.end()) {
      survivors[name] = durable->second == node || keep(name) ? node : durable->second;
    } else if (keep(name)) {
      survivors[name] = node;
    }
  }
  for (const auto& [name, node] : durable_names_) {
    if (!names_.contains(name) && keep(name)) survivors[name] = node;
  }
  // Nothing is without its folder.
  for (bool changed = true; changed;) {
    changed = std::erase_if(survivors, [&](const auto& entry) {
                return entry.first != "/" && entry.first != "." && !survivors.contains(ParentPath(entry.first));
              }) > 0;
  }
  std::set<Node*> seen;
  for (const auto& [name, node] : survivors) {
    if (!seen.insert(node.get()).second || node->content == node->durable_content) continue;
    const std::string& old = node->durable_content;
    if (node->content.starts_with(old)) {
      // An append: some of it, in whole sectors, and possibly one torn sector of zeros.
      const size_t added = node->content.size() - old.size();
      size_t kept = random_.Below(added + 1);
      if (random_.Chance(0.5)) kept = std::min(added, kept / kSectorBytes * kSectorBytes);
      std::string after = node->content.substr(0, old.size() + kept);
      if (kept < added && random_.Chance(0.25)) after.append(std::min(added - kept, kSectorBytes), '\0');
      node->content = after;
    } else {
      // Truncated or rewritten: old or new.
      if (random_.Chance(0.5)) node->content = old;
    }
    node->durable_content = node->content;
  }
  names_ = survivors;
  durable_names_ = std::move(survivors);
}

SimFileSystem::Counts SimFileSystem::counts() const {
  const std::scoped_lock lock(mutex_);
  return counts_;
}

uint64_t SimFileSystem::used_bytes() const {
  const std::scoped_lock lock(mutex_);
  return UsedLocked();
}

}  // namespace weir
