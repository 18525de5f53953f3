// `arc token`: the tokens of a running server, over its HTTP API.

#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "service/cli/client_connection.h"
#include "service/cli/console.h"

namespace arc::cli {

struct TokenArguments {
  ConnectionArguments connection;
  std::string name;      // of `create`; of the others the name or the id of a token
  std::string new_name;  // of `change`; this and those below: empty leaves it as it is
  std::string description;
  std::vector<std::string> permissions;  // empty: read and write
  std::string expires_in;                // such as "90d"; empty, and of `change` "never": never
  std::vector<std::int64_t> teams;
  bool is_scoped = false;  // no permissions of its own: teams give them
};

enum class TokenAction { kList, kCreate, kShow, kChange, kRotate, kRevoke, kDelete };

// Returns how the process ends. A new token is all that `create` and `rotate` write to standard
// output, so that a script can take it.
int RunToken(TokenAction action, const TokenArguments& arguments, const Console& console);

}  // namespace arc::cli
