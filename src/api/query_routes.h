// The query endpoints: SQL in, rows out; and what runs, to see and to stop.

#pragma once

#include <optional>
#include <vector>

#include "api/query_request.h"
#include "auth/request_limits.h"
#include "base/clock.h"
#include "format/result_format.h"
#include "format/spool.h"
#include "http/route.h"
#include "query/query_service.h"

namespace arc::api {

// Lifetime: outlives the http server whose routes it made; outlived by what it is given.
// Threads:  handlers only queue; answers are sent by query threads.
class QueryRoutes {
 public:
  QueryRoutes(query::QueryService& queries, format::Spool& spool, auth::RequestLimits& limits,
              const Clock& clock);

  std::vector<http::Route> Routes();

 private:
  void Query(http::Request request, http::Responder responder, format::FormatName preset);
  void ReadTable(http::Request request, http::Responder responder, format::FormatName format);
  // The number of a query that may run; nothing once it is answered that it may not.
  std::optional<query::QueryId> Begin(const query::ClientQuery& query, http::Responder& responder);
  void Run(QueryCall call, http::Responder responder);
  void Estimate(http::Request request, http::Responder responder);
  http::Response CloseCursor(const http::Request& request);
  http::Response ListActive() const;
  http::Response ListHistory(const http::Request& request) const;
  http::Response Show(const http::Request& request) const;
  http::Response Cancel(const http::Request& request);

  query::QueryService& queries_;
  format::Spool& spool_;
  auth::RequestLimits& limits_;
  const Clock& clock_;
};

}  // namespace arc::api
