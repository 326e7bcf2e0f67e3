#include "server/transaction_commit.h"

#include <algorithm>
#include <map>

#include "storage/snapshot.h"

namespace weir {

namespace {

constexpr int kAttemptsMax = 20;

using Moves = std::map<TableId, TableId>;

bool Creates(const CatalogChange& change) {
  return std::holds_alternative<CreateTable>(change) || std::holds_alternative<CreateView>(change);
}

// Of the object that a change has created, or found; none for other changes.
std::optional<TableId> CreatedId(const CatalogChange& change, const Catalog& after) {
  const auto find = [&](const auto& create) -> std::optional<TableId> {
    const CatalogSchema* schema = after.FindSchema(create.database, create.schema);
    if (schema == nullptr) return std::nullopt;
    if (const auto table = schema->tables.find(create.def.name); table != schema->tables.end()) {
      return table->second->id;
    }
    if (const auto view = schema->views.find(create.def.name); view != schema->views.end()) return view->second->id;
    return std::nullopt;
  };
  if (const auto* table = std::get_if<CreateTable>(&change)) return find(*table);
  if (const auto* view = std::get_if<CreateView>(&change)) return find(*view);
  return std::nullopt;
}

void Move(CatalogChange& change, const Moves& moves) {
  std::visit(
      [&](auto& of) {
        if constexpr (requires { of.table = TableId(); }) {
          if (const auto to = moves.find(of.table); to != moves.end()) of.table = to->second;
        }
      },
      change);
}

// Goes through the definitions in both catalogs, step by step, to see where ids part.
void Rebase(CommitRequest& request, CatalogPtr seen, CatalogPtr now) {
  Moves moves;
  for (CatalogChange& change : request.ddl) {
    const CatalogChange as_seen = change;
    Move(change, moves);
    seen = seen->Apply(as_seen, seen->version());
    now = now->Apply(change, now->version());
    const std::optional<TableId> from = CreatedId(as_seen, *seen), to = CreatedId(change, *now);
    if (from.has_value() && to.has_value()) moves.insert_or_assign(*from, *to);
  }
  for (TableDelta& delta : request.tables) {
    const auto to = moves.find(delta.table);
    if (to == moves.end()) continue;
    delta.table = to->second;
    for (const auto& segment : delta.added) segment->table = to->second;
  }
}

}  // namespace

void CommitTransaction(Storage& storage, CommitRequest changes, const SnapshotPtr& seen) {
  changes.catalog_seen = seen->catalog()->version();
  if (std::none_of(changes.ddl.begin(), changes.ddl.end(), Creates)) {
    storage.Commit(std::move(changes));
    return;
  }
  for (int attempt = 1;; ++attempt) {
    CommitRequest request = changes;
    const CatalogPtr now = storage.snapshot()->catalog();
    if (now->version() != request.catalog_seen) {
      request.catalog_seen = now->version();
      Rebase(request, seen->catalog(), now);
    }
    try {
      storage.Commit(std::move(request));
      return;
    } catch (const Error& error) {
      if (error.sqlstate() != sqlstate::kSerializationFailure || attempt == kAttemptsMax) throw;
    }
  }
}

}  // namespace weir
