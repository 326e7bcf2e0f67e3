#include "catalog/shredding.h"

#include <algorithm>

#include "base/error.h"

namespace weir {

namespace {

struct Entry {
  std::string column;
  std::string key;
};

std::string_view Trim(std::string_view text) {
  while (!text.empty() && text.front() == ' ') text.remove_prefix(1);
  while (!text.empty() && text.back() == ' ') text.remove_suffix(1);
  return text;
}

// "column=key, column=key"; what has no "=" has an empty key.
std::vector<Entry> ParseEntries(std::string_view text) {
  std::vector<Entry> out;
  while (!text.empty()) {
    const size_t end = std::min(text.find(','), text.size());
    const std::string_view pair = Trim(text.substr(0, end));
    const size_t equals = std::min(pair.find('='), pair.size());
    out.push_back(
        {std::string(Trim(pair.substr(0, equals))), std::string(Trim(pair.substr(std::min(equals + 1, pair.size()))))});
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return out;
}

std::string FormatEntries(const std::vector<Entry>& entries) {
  std::string out;
  for (const Entry& entry : entries) out += fmt::format("{}{}={}", out.empty() ? "" : ", ", entry.column, entry.key);
  return out;
}

bool IsTextMap(const Type& type) {
  return type.is(TypeKind::kMap) && type.key().is(TypeKind::kVarchar) && type.value().is(TypeKind::kVarchar);
}

bool IsShreddedProperty(std::string_view key) {
  return key.starts_with(kShreddedPrefix);
}

}  // namespace

std::vector<ShreddedColumn> ShreddedColumns(const TableDef& table) {
  std::vector<ShreddedColumn> out;
  for (auto at = table.properties.lower_bound(std::string(kShreddedPrefix));
       at != table.properties.end() && IsShreddedProperty(at->first); ++at) {
    const ColumnDef* map = table.FindColumn(std::string_view(at->first).substr(kShreddedPrefix.size()));
    if (map == nullptr) continue;
    for (Entry& entry : ParseEntries(at->second)) {
      const ColumnDef* column = table.FindColumn(entry.column);
      if (column == nullptr) continue;
      out.push_back({static_cast<size_t>(map - table.columns.data()),
                     static_cast<size_t>(column - table.columns.data()), std::move(entry.key)});
    }
  }
  return out;
}

void CheckShredding(const TableDef& table) {
  const auto refuse = [&](std::string_view key, std::string_view why, std::string_view what) {
    throw Error::User(sqlstate::kInvalidTableDefinition, "property {} of table {}: {}: {}", key, table.name, why, what)
        .WithHint("Example: 'shredded.attributes' = 'attr_host=host.name, attr_route=http.route'");
  };
  std::vector<std::string> taken;
  for (const auto& [key, text] : table.properties) {
    if (!IsShreddedProperty(key)) continue;
    const std::string map_name = key.substr(kShreddedPrefix.size());
    const ColumnDef* map = table.FindColumn(map_name);
    if (map == nullptr) refuse(key, "no such column", map_name);
    if (!IsTextMap(map->type)) refuse(key, "column is not a map of text to text", map_name);
    for (const Entry& entry : ParseEntries(text)) {
      const ColumnDef* column = table.FindColumn(entry.column);
      if (column == nullptr) refuse(key, "no such column", entry.column);
      if (entry.key.empty()) refuse(key, "key is missing for column", entry.column);
      if (!(column->type == map->type.value()))
        refuse(key, "column has not the type of the map's values", entry.column);
      const bool is_key =
          std::find(table.key_columns.begin(), table.key_columns.end(), column->id) != table.key_columns.end();
      if (!column->nullable || is_key) refuse(key, "column must be able to be NULL, and no key", entry.column);
      if (std::find(taken.begin(), taken.end(), entry.column) != taken.end()) {
        refuse(key, "column is named twice", entry.column);
      }
      taken.push_back(entry.column);
    }
  }
}

void DropFromShredding(TableDef& table, std::string_view column) {
  table.properties.erase(std::string(kShreddedPrefix) + std::string(column));
  for (auto& [key, text] : table.properties) {
    if (!IsShreddedProperty(key)) continue;
    std::vector<Entry> entries = ParseEntries(text);
    if (std::erase_if(entries, [&](const Entry& entry) { return entry.column == column; }) == 0) continue;
    text = FormatEntries(entries);
  }
}

void RenameInShredding(TableDef& table, std::string_view column, std::string_view new_name) {
  const std::string prefix(kShreddedPrefix);
  if (auto moved = table.properties.extract(prefix + std::string(column)); !moved.empty()) {
    moved.key() = prefix + std::string(new_name);
    table.properties.insert(std::move(moved));
  }
  for (auto& [key, text] : table.properties) {
    if (!IsShreddedProperty(key)) continue;
    std::vector<Entry> entries = ParseEntries(text);
    bool changed = false;
    for (Entry& entry : entries) {
      if (entry.column != column) continue;
      entry.column = new_name;
      changed = true;
    }
    if (changed) text = FormatEntries(entries);
  }
}

}  // namespace weir
