#include "auth/token_info.h"

namespace arc::auth {

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

bool AddPermission(std::string_view word, Permissions& permissions) {
  if (word == "read") return permissions.read = true;
  if (word == "write") return permissions.write = true;
  if (word == "delete") return permissions.remove = true;
  if (word == "admin") return permissions.admin = true;
  return false;
}

}  // namespace arc::auth
