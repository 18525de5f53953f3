#include "service/api/database_routes.h"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <optional>
#include <string>
#include <utility>

#include <boost/json.hpp>

#include "foundation/text/json_text.h"
#include "foundation/time/time_text.h"
#include "query/execution/listing.h"
#include "service/api/json_answer.h"
#include "service/api/pooled_handler.h"
#include "service/api/request_parameters.h"
#include "service/http/error_answer.h"

namespace arc::api {
namespace {

using auth::Permission;
using http::BodyMode;

std::string ToJson(const execution::DatabaseListing& database) {
  auto json = fmt::format(R"({{"name":{},"measurement_count":{})", JsonString(database.name),
                          database.measurement_count);
  if (database.created_at) {
    json += fmt::format(R"(,"created_at":"{}")", Rfc3339(*database.created_at));
  }
  return json + "}";
}

http::Response NoSuchDatabase(std::string_view name) {
  return http::ErrorAnswer(
      Error{ErrorCode::kNotFound, fmt::format("Database '{}' not found", name)});
}

// The member "name" of a JSON object.
Result<std::string> NameIn(const std::string& body) {
  const auto object = ObjectIn(body);
  const auto* name = object.ok() ? object.value().if_contains("name") : nullptr;
  if (name == nullptr || !name->is_string()) {
    return Invalid("the body must be a JSON object with the database's name: {\"name\": \"...\"}");
  }
  return std::string(name->get_string());
}

// A disk that refuses is no fault of ours: whoever asks again once it is mended gets what they
// want.
http::Response ChangeRefused(Error error) {
  if (error.code == ErrorCode::kStorageFailed) {
    error.code = ErrorCode::kUnavailable;
    error.message = fmt::format(
        "nothing was changed, as far as is known: the catalog cannot be written ({}). Is its disk "
        "mounted for reading only, or broken? Make it writable, and ask again; /health and the "
        "server's log tell more",
        error.message);
  }
  return http::ErrorAnswer(error);
}

}  // namespace

DatabaseRoutes::DatabaseRoutes(catalog::Catalog& catalog, const buffer::LiveTables& tables,
                               write::Dropper& dropper, Drops drops, TaskPool& pool)
    : catalog_(catalog), tables_(tables), dropper_(dropper), drops_(drops), pool_(pool) {}

std::vector<http::Route> DatabaseRoutes::Routes() {
  const auto get = [&](const char* pattern, Permission permission, auto member) {
    return http::Route{
        "GET", pattern, permission, BodyMode::kMemory,
        Pooled(pool_, [this, member](http::Request& request) { return (this->*member)(request); })};
  };
  const auto drop = [&](const char* pattern, auto member) {
    return http::Route{
        "DELETE",
        pattern,
        Permission::kDataAdmin,
        BodyMode::kMemory,
        Pooled(pool_, [this, member](http::Request& request) { return (this->*member)(request); }),
        ":name"};
  };
  return {
      drop("/api/v1/databases/:name", &DatabaseRoutes::DropDatabase),
      drop("/api/v1/databases/:name/measurements/:measurement", &DatabaseRoutes::DropMeasurement),
      {"GET", "/api/v1/databases", Permission::kToken, BodyMode::kMemory,
       Pooled(pool_, [this](http::Request& request) { return ListDatabases(request); })},
      {"POST", "/api/v1/databases", Permission::kDataAdmin, BodyMode::kMemory,
       Pooled(pool_, [this](http::Request& request) { return CreateDatabase(request); })},
      get("/api/v1/databases/:name", Permission::kToken, &DatabaseRoutes::ShowDatabase),
      get("/api/v1/databases/:name/measurements", Permission::kToken,
          &DatabaseRoutes::ListMeasurementsOf),
      get("/api/v1/measurements", Permission::kRead, &DatabaseRoutes::ListMeasurements),
  };
}

http::Response DatabaseRoutes::ListDatabases(const http::Request& request) const {
  const auto databases = execution::ListDatabases(catalog_, tables_, request.principal);
  return JsonAnswer(http::kOk, fmt::format(R"({{"databases":[{}],"count":{}}})",
                                           JsonItems(databases, ToJson), databases.size()));
}

http::Response DatabaseRoutes::ShowDatabase(const http::Request& request) const {
  const auto name = request.PathParameter("name");
  for (const auto& database : execution::ListDatabases(catalog_, tables_, request.principal)) {
    if (database.name == name) return JsonAnswer(http::kOk, ToJson(database));
  }
  return NoSuchDatabase(name);
}

http::Response DatabaseRoutes::ListMeasurementsOf(const http::Request& request) const {
  const auto name = request.PathParameter("name");
  const auto measurements = execution::ListMeasurements(catalog_, tables_, request.principal, name);
  const bool is_there = catalog_.snapshot()->FindDatabase(name) != nullptr;
  if (measurements.empty() &&
      !(is_there && request.principal.MayInDatabase(Permission::kRead, name))) {
    return NoSuchDatabase(name);
  }
  const auto items = JsonItems(measurements, [](const auto& measurement) {
    return fmt::format(R"({{"name":{},"file_count":{}}})", JsonString(measurement.name),
                       measurement.file_count);
  });
  return JsonAnswer(http::kOk, fmt::format(R"({{"database":{},"measurements":[{}],"count":{}}})",
                                           JsonString(name), items, measurements.size()));
}

http::Response DatabaseRoutes::ListMeasurements(const http::Request& request) const {
  const auto started = std::chrono::steady_clock::now();
  const auto database = request.QueryValue("database").value_or("");
  const auto measurements =
      execution::ListMeasurements(catalog_, tables_, request.principal, database);
  const auto items = JsonItems(measurements, [](const auto& measurement) {
    return fmt::format(R"({{"database":{},"measurement":{},"file_count":{},"total_size_mb":{:.2f},)"
                       R"("storage_path":{}}})",
                       JsonString(measurement.database), JsonString(measurement.name),
                       measurement.file_count, static_cast<double>(measurement.byte_count) / 1e6,
                       JsonString(measurement.database + "/" + measurement.name));
  });
  const std::chrono::duration<double, std::milli> elapsed =
      std::chrono::steady_clock::now() - started;
  return JsonAnswer(
      http::kOk,
      fmt::format(R"({{"success":true,"measurements":[{}],"count":{},"execution_time_ms":{:.3f}}})",
                  items, measurements.size(), elapsed.count()));
}

http::Response DatabaseRoutes::CreateDatabase(const http::Request& request) {
  const auto name = NameIn(request.body);
  if (!name.ok()) return http::ErrorAnswer(name.error());
  auto response = Create(request, name.value());
  response.subject = name.value();
  return response;
}

http::Response DatabaseRoutes::Create(const http::Request& request, const std::string& name) {
  const auto authorized = request.principal.AuthorizeDatabase(Permission::kDataAdmin, name);
  if (!authorized.ok()) return http::AccessErrorAnswer(authorized.error());
  auto allowed = CheckDatabaseName(name);
  if (!allowed.ok()) return http::ErrorAnswer(allowed.error());
  auto created = catalog_.CreateDatabase(name);
  if (!created.ok()) return ChangeRefused(created.error());
  const auto state = catalog_.snapshot()->FindDatabase(name);
  return JsonAnswer(http::kCreated, ToJson({name, 0, state->created_at}));
}

Result<void> DatabaseRoutes::CheckDrop(const http::Request& request) const {
  if (drops_ == Drops::kForbidden) {
    return Error{ErrorCode::kForbidden,
                 "Dropping is disabled: set delete.enabled = true in the configuration"};
  }
  if (request.QueryValue("confirm") != "true") {
    return Invalid("Dropping cannot be undone: add ?confirm=true to the request");
  }
  return {};
}

http::Response DatabaseRoutes::DropDatabase(const http::Request& request) {
  const std::string name(request.PathParameter("name"));
  const auto authorized = request.principal.AuthorizeDatabase(Permission::kDataAdmin, name);
  if (!authorized.ok()) return http::AccessErrorAnswer(authorized.error());
  const auto allowed = CheckDrop(request);
  if (!allowed.ok()) return http::ErrorAnswer(allowed.error());
  const auto dropped = dropper_.DropDatabase(name);
  if (!dropped.ok()) return ChangeRefused(dropped.error());
  return JsonAnswer(http::kOk, fmt::format(R"({{"message":{},"files_deleted":{}}})",
                                           JsonString("Database '" + name + "' deleted"),
                                           dropped.value().file_count));
}

http::Response DatabaseRoutes::DropMeasurement(const http::Request& request) {
  const TableName name{std::string(request.PathParameter("name")),
                       std::string(request.PathParameter("measurement"))};
  const auto authorized =
      request.principal.Authorize(Permission::kDataAdmin, name.database, name.measurement);
  if (!authorized.ok()) return http::AccessErrorAnswer(authorized.error());
  const auto allowed = CheckDrop(request);
  if (!allowed.ok()) return http::ErrorAnswer(allowed.error());
  const auto dropped = dropper_.DropMeasurement(name);
  if (!dropped.ok()) return ChangeRefused(dropped.error());
  return JsonAnswer(http::kOk,
                    fmt::format(R"({{"message":{},"files_deleted":{}}})",
                                JsonString("Measurement '" + name.measurement + "' of database '" +
                                           name.database + "' deleted"),
                                dropped.value().file_count));
}

}  // namespace arc::api
