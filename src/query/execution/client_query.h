// What a client asks for.

#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "access/auth/principal.h"
#include "query/engine/engine.h"

namespace arc::execution {

enum class What {
  kRows,
  kEstimate,  // one row with one number: how many rows there would be; nothing is run
};

struct ClientQuery {
  What what = What::kRows;
  std::string sql;
  std::string database;  // what unqualified names mean; "" is the default database
  auth::Principal principal;
  std::string client_address;
  std::vector<engine::QueryParameter> parameters{};
  std::optional<std::uint64_t> limit{};  // rows after the offset, outside the statement
  std::uint64_t offset = 0;
  bool may_name_databases = true;     // whether the statement may, or only means `database`
  bool allows_missing_files = false;  // as in engine::QueryRequest
  std::string time_zone{};            // of date_trunc and the like; empty: UTC
  std::optional<std::chrono::milliseconds> timeout{};  // instead of the configured one, if less
  // A page of so many rows, and the rest in others after it.
  std::optional<std::uint64_t> page_size{};
  // The page to read: instead of a statement. page_size may change it.
  std::string cursor{};
};

}  // namespace arc::execution
