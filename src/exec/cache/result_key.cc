#include "exec/cache/result_key.h"

#include <unordered_set>

#include "base/bytes.h"
#include "exec/cache/statement_constants.h"
#include "meta/state.h"
#include "plan/plan_codec.h"
#include "plan/plan_exprs.h"

namespace weir {

namespace {

// A file that is written again within a tick of its clock has the same time: wait until that cannot be.
constexpr int64_t kSettledNanos = 2 * kNanosPerSecond;

class KeyMaker {
 public:
  KeyMaker(const QueryServices& services, const SnapshotPtr& snapshot) : services_(services), snapshot_(snapshot) {}

  // False: the plan's answer is not to be kept.
  bool Add(const PhysicalNode& node) {
    if (!seen_.insert(&node).second) return true;
    if (node.kind() == PhysicalKind::kChange) return false;
    if (node.kind() == PhysicalKind::kScan && !AddScan(node.as<PhysicalScan>())) return false;
    for (const PhysicalPtr& child : node.children()) {
      if (!Add(*child)) return false;
    }
    return true;
  }

  ByteWriter& text() { return text_; }
  ResultKey Take() {
    key_.text = text_.Take();
    return std::move(key_);
  }
  bool reads() const { return key_.has_files || !key_.sources.empty(); }

 private:
  bool AddScan(const PhysicalScan& scan) {
    if (const auto* table = std::get_if<TableSource>(&scan.source)) return AddTable(scan, *table);
    if (const auto* files = std::get_if<FileSource>(&scan.source)) return AddFiles(*files);
    return false;
  }

  bool AddTable(const PhysicalScan& scan, const TableSource& source) {
    if (snapshot_ == nullptr || scan.columns.size() != source.column_ordinals.size()) return false;  // ids of rows
    const TableId id(source.table_id);
    const TablePtr def = snapshot_->catalog()->FindTable(id);
    if (def == nullptr) return false;
    const TableState* state = snapshot_->state()->FindTable(id);
    const Version content = state == nullptr ? Version() : state->content_changed;
    key_.sources.push_back({id, content, {}});
    text_.Put(id.value());
    text_.Put(content.value());
    text_.Put(def->changed_version.value());
    return true;
  }

  bool AddFiles(const FileSource& source) {
    if (services_.files == nullptr) return false;
    key_.has_files = true;
    const UnixNanos now = services_.workers.clock().Now();
    for (const std::string& path : source.paths) {
      const std::vector<FileInfo> found = services_.files->Glob(path);
      text_.PutVarint(found.size());
      for (const FileInfo& file : found) {
        if (file.kind != FileKind::kFile || file.modified_unix_nanos + kSettledNanos > now) return false;
        text_.PutString(file.path);
        text_.Put(file.size);
        text_.Put(file.modified_unix_nanos);
        text_.Put(file.inode);
      }
    }
    return true;
  }

  const QueryServices& services_;
  const SnapshotPtr& snapshot_;
  std::unordered_set<const PhysicalNode*> seen_;
  ResultKey key_;
  ByteWriter text_;
};

}  // namespace

std::optional<ResultKey> MakeResultKey(const PhysicalPtr& plan, const QueryServices& services,
                                       const StatementContext& statement, const SnapshotPtr& snapshot) {
  std::optional<ResultKey> out;
  // What cannot be written, or whose files are gone, is the query's own to fail on.
  CatchError([&] {
    KeyMaker maker(services, snapshot);
    if (!maker.Add(*plan) || !maker.reads()) return;
    StatementConstants constants(services.registry, statement);
    bool same = true;
    ForEachPlanExpr(*plan, [&](const ExprPtr& expr) { same = same && constants.Fix(expr) != nullptr; });
    if (!same || constants.moves()) return;
    maker.text().PutString(PlanIdentity(plan));
    maker.text().PutVarint(constants.values().size());
    for (const Value& value : constants.values()) value.Serialize(maker.text());
    StatementConstants::AddStatement(statement, maker.text());
    out = maker.Take();
  });
  return out;
}

}  // namespace weir
