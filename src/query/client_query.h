// What a client asks for.

#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "auth/principal.h"
#include "engine/engine.h"

namespace arc::query {

struct ClientQuery {
  std::string sql;
  std::string database;  // what unqualified names mean; "" is the default database
  auth::Principal principal;
  std::string client_address;
  std::vector<engine::QueryParameter> parameters{};
  std::optional<std::uint64_t> limit{};  // rows after the offset, outside the statement
  std::uint64_t offset = 0;
  std::optional<std::chrono::milliseconds> timeout{};  // instead of the configured one, if less
};

}  // namespace arc::query
