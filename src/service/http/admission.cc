#include "service/http/admission.h"

#include "service/http/credentials.h"
#include "service/http/error_answer.h"
#include "service/http/origin.h"
#include "service/http/target.h"

namespace arc::http {
namespace {

// The refusal, if there is one; otherwise the principal is set.
std::optional<Response> Identify(Request& request, const ServerState& state) {
  auto* const limits = state.options.limits;
  const std::string token = TokenOf(request);
  auto principal = state.authenticator.Authenticate(token);
  if (!principal.ok()) {
    // Who sends no token has tried none.
    if (limits != nullptr && !token.empty() &&
        principal.error().code == ErrorCode::kUnauthenticated) {
      if (const auto refusal = limits->CountFailure(request.client_address)) {
        return TooManyRequests(*refusal);
      }
    }
    Error error = std::move(principal).TakeError();
    if (token.empty() && error.code == ErrorCode::kUnauthenticated) {
      error.message = "Authentication required";
    }
    return AccessErrorAnswer(error);
  }
  request.principal = std::move(principal).TakeValue();
  return std::nullopt;
}

std::optional<Response> CheckPermission(auth::Permission permission, const Request& request) {
  if (request.principal.Has(permission)) return std::nullopt;
  return AccessErrorAnswer(
      {ErrorCode::kForbidden,
       "Permission denied: " + std::string(auth::NameOf(permission)) + " required"});
}

std::optional<Response> CheckAccess(auth::Permission permission, Request& request,
                                    const ServerState& state) {
  if (permission == auth::Permission::kNone) return std::nullopt;
  if (auto refusal = Identify(request, state)) return refusal;
  if (auto* const limits = state.options.limits) {
    if (const auto refusal = limits->CountRequest(request.principal, request.client_address)) {
      return TooManyRequests(*refusal);
    }
  }
  return CheckPermission(permission, request);
}

Response NoSuchRoute(const Request& request, std::string_view target, const RouteMatch& match) {
  if (match.allowed_methods.empty()) {
    return ErrorAnswer(
        {ErrorCode::kNotFound, "Cannot " + request.method + " " + std::string(RawPath(target))});
  }
  Response response = ErrorAnswer(kMethodNotAllowed, "Method Not Allowed");
  response.headers.push_back({"Allow", match.allowed_methods});
  return response;
}

}  // namespace

Admission Admit(std::string_view target, Request& request, const ServerState& state) {
  auto parsed = ParseTarget(target);
  if (!parsed.ok()) return {.answer = ErrorAnswer(parsed.error())};
  request.path = parsed.value().Path();
  request.query = std::move(parsed.value().query);
  if (auto refusal = RefuseForeignOrigin(request, state.options.origins)) {
    return {.answer = std::move(refusal)};
  }

  RouteMatch match = state.router().Find(request.method, parsed.value().path_parts);
  if (match.route == nullptr && state.is_starting()) {
    return {.answer = ErrorAnswer({ErrorCode::kOverloaded, "The server is starting: retry later"}),
            .has_influx_errors = true};
  }
  // A browser asks before it sends the real request, and without credentials.
  if (match.route == nullptr && request.method == "OPTIONS") {
    return {.answer = Response{.status = kNoContent}};
  }
  const auto permission = match.route != nullptr ? match.route->permission : match.least_permission;
  const bool has_influx_errors = match.route != nullptr && match.route->has_influx_errors;
  if (auto refusal = CheckAccess(permission, request, state)) {
    return {.answer = std::move(refusal), .has_influx_errors = has_influx_errors};
  }
  if (match.route == nullptr) return {.answer = NoSuchRoute(request, target, match)};
  request.path_parameters = std::move(match.path_parameters);
  return {.answer = std::nullopt, .route = match.route, .has_influx_errors = has_influx_errors};
}

std::optional<Response> AdmitAgain(const Route& route, Request& request, const ServerState& state) {
  if (route.permission == auth::Permission::kNone) return std::nullopt;
  if (auto refusal = Identify(request, state)) return refusal;
  return CheckPermission(route.permission, request);
}

Result<std::unique_ptr<BodySink>> OpenBodySink(const Route& route,
                                               std::optional<std::uint64_t> content_length,
                                               ServerState& state) {
  const std::uint64_t announced = content_length.value_or(0);
  if (route.body_mode == BodyMode::kSpool) {
    const std::uint64_t bytes_max = state.options.spooled_body_bytes_max;
    if (announced > bytes_max) return BodyTooLarge(bytes_max);
    return SpoolSink::Open(state.file_system,
                           SpoolPath(state.options.spool_directory, state.spool_count++),
                           bytes_max);
  }
  const std::uint64_t bytes_max = state.options.body_bytes_max;
  if (announced > bytes_max) return BodyTooLarge(bytes_max);
  if (!state.body_budget->HasRoomFor(announced)) return BodiesOverBudget();
  return std::unique_ptr<BodySink>(
      std::make_unique<MemorySink>(bytes_max, content_length, state.body_budget));
}

}  // namespace arc::http
