// The words of access control: what a route, a token or a role can name.

#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace arc::auth {

// What a request needs. Of the last five, each but kAdmin may be had for some data and not for
// other.
enum class Permission : std::uint8_t {
  kNone,   // open to everyone: health, readiness, metrics
  kToken,  // any authenticated principal
  kRead,
  kWrite,
  kDelete,
  kDataAdmin,  // imports, drops: admin of the data that the request names
  kAdmin,      // of the server
};

// "read"; "admin" for both kinds.
std::string_view NameOf(Permission permission);

// What a token or a role has.
struct Permissions {
  bool read = false;
  bool write = false;
  bool remove = false;
  bool admin = false;  // implies the others

  bool Include(Permission permission) const;
  bool operator==(const Permissions&) const = default;
};

// "read,write", in the contract's order; empty for none.
std::string ToText(const Permissions& permissions);
// The other way; unknown words are left out.
Permissions PermissionsIn(std::string_view text);
// Adds the one that `word` names ("read", "write", "delete", "admin"); false for another word.
bool AddPermission(std::string_view word, Permissions& permissions);

}  // namespace arc::auth
