#include "service/api/pooled_handler.h"

#include <memory>
#include <utility>

#include "foundation/base/exception_error.h"
#include "service/http/error_answer.h"

namespace arc::api {

namespace {

using Work = std::function<http::Response(http::Request&)>;

// An exception of a library that nobody has caught is this request's error.
http::Response AnswerOf(const Work& work, http::Request& request) {
  try {
    return work(request);
  } catch (...) {
    LogExceptionOf("http", "caught an exception of a handler");
    return http::ErrorAnswer(ErrorOfException());
  }
}

}  // namespace

http::Handler Pooled(TaskPool& pool, std::function<http::Response(http::Request&)> work) {
  return [&pool, work = std::move(work)](http::Request request, http::Responder responder) {
    // Tasks are copyable, what they carry here is not.
    struct Job {
      http::Request request;
      http::Responder responder;
    };
    auto job = std::make_shared<Job>(Job{std::move(request), std::move(responder)});
    auto submitted =
        pool.Submit([job, work] { job->responder.Send(AnswerOf(work, job->request)); });
    if (!submitted.ok()) job->responder.Send(http::ErrorAnswer(submitted.error()));
  };
}

http::Route PooledAdminRoute(TaskPool& pool, const char* method, const char* pattern,
                             std::function<http::Response(http::Request&)> work) {
  return {method, pattern, auth::Permission::kAdmin, http::BodyMode::kMemory,
          Pooled(pool, std::move(work))};
}

}  // namespace arc::api
