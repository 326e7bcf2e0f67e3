#pragma once

#include <string>
#include <utility>
#include <vector>

#include "expr/registry.h"

namespace weir {

// A short way to write the specs of aggregates.
struct AggregateNames {
  AggregateNames(const char* name) : name(name) {}  // NOLINT(google-explicit-constructor)
  AggregateNames(std::string name, std::vector<std::string> aliases = {})
      : name(std::move(name)), aliases(std::move(aliases)) {}
  std::string name;
  std::vector<std::string> aliases;
};

// `example` is a select item and what follows it, `result` its text output.
inline void AddAggregate(Registry& registry, AggregateNames names, std::string description, std::string example,
                         std::string result, std::vector<AggregateOverload> overloads) {
  AggregateSpec spec;
  spec.name = std::move(names.name);
  spec.aliases = std::move(names.aliases);
  spec.description = std::move(description);
  spec.example = std::move(example);
  spec.example_result = std::move(result);
  spec.overloads = std::move(overloads);
  registry.Add(std::move(spec));
}

}  // namespace weir
