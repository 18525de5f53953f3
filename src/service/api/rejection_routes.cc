#include "service/api/rejection_routes.h"

#include "service/api/json_answer.h"
#include "service/api/pooled_handler.h"

namespace arc::api {

std::vector<http::Route> RejectionRoutes::Routes() {
  return {{"GET", "/api/v1/rejections", auth::Permission::kAdmin, http::BodyMode::kMemory,
           Pooled(pool_, [this](http::Request&) { return JsonAnswer(rejections_.ToJson()); })}};
}

}  // namespace arc::api
