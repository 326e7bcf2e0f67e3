#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace weir {

// Paths with wildcards, as shells know them:
//   *      any run of characters but '/'        ?       one character but '/'
//   [a-z]  one of a set, [!a-z] or [^a-z] none of it
//   {a,b}  either of the alternatives           **      as a whole part: any number of folders, also none
//   \x     the character x itself
// Names that start with a dot match only a part that does, too.
bool HasGlob(std::string_view pattern);
// Takes the backslashes away from a pattern without wildcards.
std::string UnescapeGlob(std::string_view pattern);
bool GlobMatches(std::string_view pattern, std::string_view path);

// A compiled pattern, for walking folders. Immutable.
class GlobPattern {
 public:
  // Throws kInvalidParameterValue for an unclosed bracket or brace.
  explicit GlobPattern(std::string_view pattern);
  bool Matches(std::string_view path) const;
  // False when nothing below this folder can match.
  bool MayMatchBelow(std::string_view directory) const;
  // The folder above the first part with a wildcard: where a walk begins. Empty for the working directory.
  const std::string& fixed_directory() const { return fixed_directory_; }

 private:
  using Parts = std::vector<std::string>;
  std::vector<Parts> alternatives_;  // braces are expanded
  std::string fixed_directory_;
};

}  // namespace weir
