#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "catalog/catalog.h"

namespace weir {

// Makes the next catalog out of one: copies what it changes, once, and shares the rest. Used for one change.
class CatalogEditor {
 public:
  CatalogEditor(const Catalog& before, Version version);
  // The new catalog, or nullptr when nothing changed.
  CatalogPtr Take();

  void operator()(const CreateDatabase& change);
  void operator()(const DropDatabase& change);
  void operator()(const CreateSchema& change);
  void operator()(const DropSchema& change);
  void operator()(const CreateTable& change);
  void operator()(const DropTable& change);
  void operator()(const RenameTable& change);
  void operator()(const CreateView& change);
  void operator()(const DropView& change);
  void operator()(const AddColumn& change);
  void operator()(const DropColumn& change);
  void operator()(const RenameColumn& change);
  void operator()(const AlterColumn& change);
  void operator()(const SetProperty& change);
  void operator()(const SetTableComment& change);
  void operator()(const AddPartition& change);
  void operator()(const DropPartition& change);
  void operator()(const PutObject& change);
  void operator()(const DropObject& change);
  // edit_types.cc
  void operator()(const PutType& change);
  void operator()(const DropType& change);
  void operator()(const PutCollation& change);
  void operator()(const DropCollation& change);

 private:
  // Copies for writing; throw 3D000 and 3F000.
  CatalogDatabase& EditDatabase(std::string_view name);
  CatalogSchema& EditSchema(std::string_view database, std::string_view schema);
  std::map<TableId, Catalog::Location>& EditLocations();
  // Throws 42P07 when the name is taken; true when it is and `if_not_exists` makes that fine.
  bool NameTaken(const CatalogSchema& schema, std::string_view name, bool if_not_exists) const;
  // The table as it is, and a new definition in its place.
  TableDef CopyTable(TableId table) const;
  void ReplaceTable(TableDef table);
  Catalog::Objects& EditObjects();
  // The new definition of a user's type in every table, view and type that uses it.
  void ReplaceTypeEverywhere(const UserType& type);
  void ReplaceTypeInFunctions(const UserType& type);
  // Types and collations of the schema.
  bool HasTypes(std::string_view database, std::string_view schema) const;
  void ForgetTypes(std::string_view database, std::string_view schema);
  void ForgetSchema(const CatalogSchema& schema);
  void ForgetTable(TableId table);

  const Catalog& before_;
  const Version version_;
  std::shared_ptr<Catalog> after_;
  bool changed_ = false;
};

}  // namespace weir
