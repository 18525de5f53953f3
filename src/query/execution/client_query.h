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
  kEstimate,  // one row with one number: an estimate of the rows; the query is not run
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
  std::string time_zone{};            // for date_trunc and the like; empty: UTC
  std::optional<std::chrono::milliseconds> timeout{};  // counts if shorter than the configured one
  // Send a page of so many rows, and keep a cursor for the rest.
  std::optional<std::uint64_t> page_size{};
  // Names the page to read, instead of a statement. page_size may change the size of the pages.
  std::string cursor{};
};

}  // namespace arc::execution
