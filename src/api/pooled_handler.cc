#include "api/pooled_handler.h"

#include <memory>
#include <utility>

#include "http/error_answer.h"

namespace arc::api {

http::Handler Pooled(TaskPool& pool, std::function<http::Response(http::Request&)> work) {
  return [&pool, work = std::move(work)](http::Request request, http::Responder responder) {
    // Tasks are copyable, what they carry here is not.
    struct Job {
      http::Request request;
      http::Responder responder;
    };
    auto job = std::make_shared<Job>(Job{std::move(request), std::move(responder)});
    auto submitted = pool.Submit([job, work] { job->responder.Send(work(job->request)); });
    if (!submitted.ok()) job->responder.Send(http::ErrorAnswer(submitted.error()));
  };
}

}  // namespace arc::api
