// The query endpoint: SQL in, JSON rows out.

#pragma once

#include <vector>

#include "base/clock.h"
#include "http/route.h"
#include "query/query_service.h"

namespace arc::api {

// Lifetime: outlives the http server whose routes it made; outlived by what it is given.
// Threads:  handlers only queue; answers are sent by query threads.
class QueryRoutes {
 public:
  QueryRoutes(query::QueryService& queries, const Clock& clock);

  std::vector<http::Route> Routes();

 private:
  void Query(http::Request request, http::Responder responder);

  query::QueryService& queries_;
  const Clock& clock_;
};

}  // namespace arc::api
