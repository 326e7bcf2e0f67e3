#include "format/parquet/writer_levels.h"

#include <utility>

namespace weir::parquet {

namespace {

constexpr uint32_t kNone = UINT32_MAX;

// The entries on their way down: where each is in the column at hand (kNone once it has ended in a NULL or an empty
// list above), and its levels so far.
struct Slots {
  std::vector<uint32_t> rows;
  std::vector<uint32_t> definitions;
  std::vector<uint32_t> repetitions;
};

[[noreturn]] void ThrowNull(const WriterSchema& schema, size_t leaf) {
  std::string path;
  for (const std::string& part : schema.leaves[leaf].path) path += (path.empty() ? "" : ".") + part;
  throw Error::User(sqlstate::kNotNullViolation, "null value where none is allowed: {}", path);
}

size_t FirstLeaf(const WriterNode& node) {
  return node.children.empty() ? node.leaf : FirstLeaf(node.children[0]);
}

struct Shredder {
  const WriterSchema& schema;
  const std::function<void(size_t, LeafBatch&)>& each;

  // Turns rows of `column` into rows of its flat base, and accounts for its NULLs.
  void ResolveNulls(const WriterNode& node, const ColumnView& view, Slots& slots) const {
    for (size_t i = 0; i < slots.rows.size(); ++i) {
      const uint32_t row = slots.rows[i];
      if (row == kNone) continue;
      if (view.IsNull(row)) {
        if (!node.nullable) ThrowNull(schema, FirstLeaf(node));
        slots.rows[i] = kNone;
        continue;
      }
      if (node.nullable) ++slots.definitions[i];
    }
  }

  void Shred(const WriterNode& node, const Column& column, Slots slots) const {
    const ColumnView view(column);
    ResolveNulls(node, view, slots);
    if (node.children.empty()) {
      LeafBatch batch;
      batch.column = &column;
      batch.entries = slots.rows.size();
      for (const uint32_t row : slots.rows) {
        if (row != kNone) batch.rows.push_back(row);
      }
      const WriterLeaf& leaf = schema.leaves[node.leaf];
      if (leaf.definition_max > 0) batch.definitions = std::move(slots.definitions);
      if (leaf.repetition_max > 0) batch.repetitions = std::move(slots.repetitions);
      each(node.leaf, batch);
      return;
    }
    const Column& base = view.base();
    if (node.repetition == 0) {  // struct
      for (uint32_t& row : slots.rows) {
        if (row != kNone) row = static_cast<uint32_t>(view.Index(row));
      }
      for (size_t i = 0; i < node.children.size(); ++i) Shred(node.children[i], *base.child(i), slots);
      return;
    }
    Slots elements;
    const auto add = [&](uint32_t row, uint32_t definition, uint32_t repetition) {
      elements.rows.push_back(row);
      elements.definitions.push_back(definition);
      elements.repetitions.push_back(repetition);
    };
    for (size_t i = 0; i < slots.rows.size(); ++i) {
      const ListEntry entry = slots.rows[i] == kNone ? ListEntry{} : view.At<ListEntry>(slots.rows[i]);
      if (entry.length == 0) add(kNone, slots.definitions[i], slots.repetitions[i]);
      for (uint32_t k = 0; k < entry.length; ++k) {
        add(entry.offset + k, slots.definitions[i] + 1,
            k == 0 ? slots.repetitions[i] : static_cast<uint32_t>(node.repetition));
      }
    }
    for (size_t i = 0; i < node.children.size(); ++i) Shred(node.children[i], *base.child(i), elements);
  }
};

}  // namespace

void ShredColumn(const WriterSchema& schema, const WriterNode& node, const Column& column, const RowSet& rows,
                 const std::function<void(size_t leaf, LeafBatch& batch)>& each) {
  const size_t count = rows.count();
  if (node.children.empty()) {
    // Flat: no lists to take apart.
    const ColumnView view(column);
    LeafBatch batch;
    batch.column = &column;
    batch.entries = count;
    batch.rows.reserve(count);
    if (!view.may_have_nulls()) {
      rows.ForEach([&](size_t row) { batch.rows.push_back(static_cast<uint32_t>(row)); });
      if (node.nullable) batch.definitions.assign(count, 1);
    } else {
      if (node.nullable) batch.definitions.reserve(count);
      rows.ForEach([&](size_t row) {
        const bool valid = view.IsValid(row);
        if (valid) batch.rows.push_back(static_cast<uint32_t>(row));
        if (node.nullable) {
          batch.definitions.push_back(valid ? 1 : 0);
        } else if (!valid) {
          ThrowNull(schema, node.leaf);
        }
      });
    }
    each(node.leaf, batch);
    return;
  }
  Slots slots;
  slots.rows.reserve(count);
  rows.ForEach([&](size_t row) { slots.rows.push_back(static_cast<uint32_t>(row)); });
  slots.definitions.assign(count, 0);
  slots.repetitions.assign(count, 0);
  Shredder{schema, each}.Shred(node, column, std::move(slots));
}

}  // namespace weir::parquet
