// What the roles of a token allow, by database and measurement.

#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "access/auth/permission.h"

namespace arc::auth {

// Whether `name` is as `pattern` says, where '*' stands for any characters, also none. O(both).
bool MatchesPattern(std::string_view pattern, std::string_view name);
// 1 to 128 of the characters of names, and '*'.
bool IsPattern(std::string_view text);

struct Grant {
  std::string database_pattern;
  std::optional<std::string> measurement_pattern;  // none: the database, with all that is in it
  Permissions permissions;
  std::string source;  // "team/role number", for the reader

  bool operator==(const Grant&) const = default;
};

// Allows what one of its grants allows, and nothing else. Immutable. Each question is O(grants),
// without allocation.
class Grants {
 public:
  explicit Grants(std::vector<Grant> list) : list_(std::move(list)) {}

  // For some data; kAdmin is for all of it: a grant on the whole of every database.
  bool Have(Permission permission) const;
  bool Allow(Permission permission, std::string_view database, std::string_view measurement) const;
  // For the database with everything that is, or will be, in it.
  bool AllowDatabase(Permission permission, std::string_view database) const;

  const std::vector<Grant>& list() const { return list_; }
  bool operator==(const Grants&) const = default;

 private:
  std::vector<Grant> list_;
};

}  // namespace arc::auth
