#include "access/auth/grants.h"

#include <algorithm>

namespace arc::auth {
namespace {

constexpr std::size_t kPatternCharactersMax = 128;
constexpr std::string_view kAll = "*";

bool IsPatternCharacter(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
         c == '-' || c == '*';
}

bool IsWholeDatabase(const Grant& grant) {
  return !grant.measurement_pattern || *grant.measurement_pattern == kAll;
}

}  // namespace

// Greedy, back to the last star at a mismatch: the star that came last can take over whatever an
// earlier one would have.
bool MatchesPattern(std::string_view pattern, std::string_view name) {
  std::size_t p = 0, n = 0;
  std::optional<std::size_t> star;
  std::size_t star_end = 0;  // in the name: what the last star has taken ends here
  while (n < name.size()) {
    if (p < pattern.size() && pattern[p] == '*') {
      star = p++;
      star_end = n;
    } else if (p < pattern.size() && pattern[p] == name[n]) {
      p++;
      n++;
    } else if (star) {
      p = *star + 1;
      n = ++star_end;
    } else {
      return false;
    }
  }
  return pattern.find_first_not_of('*', p) == std::string_view::npos;
}

bool IsPattern(std::string_view text) {
  return !text.empty() && text.size() <= kPatternCharactersMax &&
         std::all_of(text.begin(), text.end(), IsPatternCharacter);
}

bool Grants::Have(Permission permission) const {
  return std::any_of(list_.begin(), list_.end(), [permission](const Grant& grant) {
    if (!grant.permissions.Include(permission)) return false;
    return permission != Permission::kAdmin ||
           (grant.database_pattern == kAll && IsWholeDatabase(grant));
  });
}

bool Grants::Allow(Permission permission, std::string_view database,
                   std::string_view measurement) const {
  return std::any_of(list_.begin(), list_.end(), [&](const Grant& grant) {
    return grant.permissions.Include(permission) &&
           MatchesPattern(grant.database_pattern, database) &&
           (!grant.measurement_pattern || MatchesPattern(*grant.measurement_pattern, measurement));
  });
}

bool Grants::AllowDatabase(Permission permission, std::string_view database) const {
  return std::any_of(list_.begin(), list_.end(), [&](const Grant& grant) {
    return grant.permissions.Include(permission) && IsWholeDatabase(grant) &&
           MatchesPattern(grant.database_pattern, database);
  });
}

}  // namespace arc::auth
