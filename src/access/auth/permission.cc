#include "access/auth/permission.h"

namespace arc::auth {

std::string_view NameOf(Permission permission) {
  switch (permission) {
    case Permission::kNone:
      return "no";
    case Permission::kToken:
      return "any";
    case Permission::kRead:
      return "read";
    case Permission::kWrite:
      return "write";
    case Permission::kDelete:
      return "delete";
    case Permission::kDataAdmin:
    case Permission::kAdmin:
      return "admin";
  }
  return "unknown";
}

bool Permissions::Include(Permission permission) const {
  switch (permission) {
    case Permission::kNone:
    case Permission::kToken:
      return true;
    case Permission::kRead:
      return read || admin;
    case Permission::kWrite:
      return write || admin;
    case Permission::kDelete:
      return remove || admin;
    case Permission::kDataAdmin:
    case Permission::kAdmin:
      return admin;
  }
  return false;
}

std::string ToText(const Permissions& permissions) {
  std::string text;
  const auto add = [&](bool has, std::string_view word) {
    if (!has) return;
    if (!text.empty()) text += ',';
    text += word;
  };
  add(permissions.read, "read");
  add(permissions.write, "write");
  add(permissions.remove, "delete");
  add(permissions.admin, "admin");
  return text;
}

Permissions PermissionsIn(std::string_view text) {
  Permissions permissions;
  while (!text.empty()) {
    const auto end = text.find(',');
    AddPermission(text.substr(0, end), permissions);
    text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
  }
  return permissions;
}

bool AddPermission(std::string_view word, Permissions& permissions) {
  if (word == "read") return permissions.read = true;
  if (word == "write") return permissions.write = true;
  if (word == "delete") return permissions.remove = true;
  if (word == "admin") return permissions.admin = true;
  return false;
}

}  // namespace arc::auth
