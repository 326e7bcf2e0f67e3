#include "sql/binder/scope.h"

#include <algorithm>

namespace weir {

void Scope::AddCorrelated(ColumnId id) {
  if (std::find(correlated_.begin(), correlated_.end(), id) == correlated_.end()) correlated_.push_back(id);
}

bool Scope::Has(ColumnId id) const {
  return std::any_of(columns_.begin(), columns_.end(), [&](const ScopeColumn& column) { return column.id == id; });
}

std::vector<ColumnId> Scope::OwnOf(const std::vector<ColumnId>& ids) const {
  std::vector<ColumnId> own;
  for (const ColumnId id : ids) {
    if (Has(id)) own.push_back(id);
  }
  return own;
}

namespace {

bool Matches(const ScopeColumn& column, ast::List<ast::Name> parts) {
  const size_t n = parts.size();
  if (column.name != parts[n - 1]) return false;
  if (n == 1) return !column.hidden;
  if (column.relation != parts[n - 2]) return false;
  return n == 2 || column.schema == parts[n - 3];
}

std::string Join(ast::List<ast::Name> parts) {
  std::string out;
  for (const std::string_view part : parts) out += (out.empty() ? "" : ".") + std::string(part);
  return out;
}

}  // namespace

std::optional<ScopeColumn> Scope::FindHere(ast::List<ast::Name> parts, int64_t position) const {
  const ScopeColumn* found = nullptr;
  for (const ScopeColumn& column : columns_) {
    if (!Matches(column, parts)) continue;
    if (found != nullptr && found->id != column.id) {
      throw Error::User(sqlstate::kAmbiguousColumn, "column reference \"{}\" is ambiguous", Join(parts))
          .WithPosition(position);
    }
    found = &column;
  }
  if (found == nullptr && parts.size() == 1) {
    for (const ScopeColumn& column : columns_) {
      if (column.whole_row && column.name == parts[0]) found = &column;
    }
  }
  if (found == nullptr) return std::nullopt;
  return *found;
}

std::optional<ScopeColumn> Scope::Find(ast::List<ast::Name> parts, int64_t position) {
  std::vector<Scope*> passed;
  for (Scope* level = this; level != nullptr; level = level->outer_) {
    if (auto found = level->FindHere(parts, position)) {
      for (Scope* inner : passed) inner->AddCorrelated(found->id);
      return found;
    }
    passed.push_back(level);
  }
  return std::nullopt;
}

bool Scope::HasRelation(std::string_view name) const {
  return std::any_of(columns_.begin(), columns_.end(), [&](const ScopeColumn& c) { return c.relation == name; });
}

std::vector<std::string> Scope::VisibleNames() const {
  std::vector<std::string> names;
  names.reserve(columns_.size());
  for (const ScopeColumn& column : columns_) names.push_back(column.name);
  return names;
}

}  // namespace weir
