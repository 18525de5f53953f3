#include "service/api/flush_routes.h"

#include <chrono>

#include "service/api/json_answer.h"
#include "service/api/pooled_handler.h"
#include "service/http/error_answer.h"

namespace arc::api {
namespace {

constexpr std::chrono::minutes kFlushDeadline{5};

}  // namespace

FlushRoutes::FlushRoutes(flush::Flusher& flusher, TaskPool& pool)
    : flusher_(flusher), pool_(pool) {}

std::vector<http::Route> FlushRoutes::Routes() {
  return {{"POST", "/api/v1/write/line-protocol/flush", auth::Permission::kAdmin,
           http::BodyMode::kMemory, Pooled(pool_, [this](http::Request&) { return Flush(); })}};
}

http::Response FlushRoutes::Flush() {
  const auto flushed = flusher_.FlushAll(kFlushDeadline);
  if (!flushed.ok()) {
    auto error = flushed.error();
    error.message = "Flush failed: " + error.message;
    return http::ErrorAnswer(error);
  }
  return JsonAnswer({{"status", "success"}, {"message", "All buffers flushed"}});
}

}  // namespace arc::api
