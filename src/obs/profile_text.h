#pragma once

#include <string>

#include "obs/profile.h"

namespace weir::obs {

// What of a profile is shown. Without `times` and `resources` the text of one plan over the same rows is the same each
// time.
struct ProfileTextOptions {
  bool times = true;      // also drivers and waits
  bool resources = true;  // memory, bytes, spills, units read, extras
  bool estimates = true;
};

// Indented lines for terminals.
std::string ProfileText(const ProfileNode::Snapshot& profile, const ProfileTextOptions& options = {});

}  // namespace weir::obs
