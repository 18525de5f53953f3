#include "service/api/database_routes.h"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <optional>
#include <string>
#include <utility>

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

json::object ToJson(const execution::DatabaseListing& database) {
  json::object object{{"name", database.name}, {"measurement_count", database.measurement_count}};
  if (database.created_at) object.emplace("created_at", Rfc3339(*database.created_at));
  return object;
}

http::Response DroppedAnswer(const std::string& what, std::uint64_t file_count) {
  return JsonAnswer({{"message", what + " deleted"}, {"files_deleted", file_count}});
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

DatabaseRoutes::DatabaseRoutes(catalog::Catalog& catalog, const buffer::LiveMeasurements& tables,
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
  return JsonAnswer({{"databases", JsonItems(databases, ToJson)}, {"count", databases.size()}});
}

http::Response DatabaseRoutes::ShowDatabase(const http::Request& request) const {
  const auto name = request.PathParameter("name");
  for (const auto& database : execution::ListDatabases(catalog_, tables_, request.principal)) {
    if (database.name == name) return JsonAnswer(ToJson(database));
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
  auto items = JsonItems(measurements, [](const auto& measurement) {
    return json::object{{"name", measurement.name}, {"file_count", measurement.file_count}};
  });
  return JsonAnswer(
      {{"database", name}, {"measurements", std::move(items)}, {"count", measurements.size()}});
}

http::Response DatabaseRoutes::ListMeasurements(const http::Request& request) const {
  const auto started = std::chrono::steady_clock::now();
  const auto database = request.QueryValue("database").value_or("");
  const auto measurements =
      execution::ListMeasurements(catalog_, tables_, request.principal, database);
  auto items = JsonItems(measurements, [](const auto& measurement) {
    return json::object{
        {"database", measurement.database},
        {"measurement", measurement.name},
        {"file_count", measurement.file_count},
        {"total_size_mb", Rounded(static_cast<double>(measurement.byte_count) / 1e6, 2)},
        {"storage_path", measurement.database + "/" + measurement.name}};
  });
  const auto elapsed = std::chrono::steady_clock::now() - started;
  return JsonAnswer({{"success", true},
                     {"measurements", std::move(items)},
                     {"count", measurements.size()},
                     {"execution_time_ms", RoundedMilliseconds(elapsed)}});
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
  return JsonAnswer(ToJson({name, 0, state->created_at}), http::kCreated);
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
  return DroppedAnswer("Database '" + name + "'", dropped.value().file_count);
}

http::Response DatabaseRoutes::DropMeasurement(const http::Request& request) {
  const MeasurementName name{std::string(request.PathParameter("name")),
                             std::string(request.PathParameter("measurement"))};
  const auto authorized =
      request.principal.Authorize(Permission::kDataAdmin, name.database, name.measurement);
  if (!authorized.ok()) return http::AccessErrorAnswer(authorized.error());
  const auto allowed = CheckDrop(request);
  if (!allowed.ok()) return http::ErrorAnswer(allowed.error());
  const auto dropped = dropper_.DropMeasurement(name);
  if (!dropped.ok()) return ChangeRefused(dropped.error());
  return DroppedAnswer("Measurement '" + name.measurement + "' of database '" + name.database + "'",
                       dropped.value().file_count);
}

}  // namespace arc::api
