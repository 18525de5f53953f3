// The query endpoints: SQL in, rows out; and what runs, to see and to stop.

#pragma once

#include <optional>
#include <vector>

#include "access/auth/request_limits.h"
#include "foundation/time/clock.h"
#include "query/execution/query_service.h"
#include "query/format/result_format.h"
#include "query/format/spool.h"
#include "service/api/query_request.h"
#include "service/http/route.h"

namespace arc::api {

// Lifetime: outlives the http server whose routes it made; outlived by what it is given.
// Threads:  handlers only queue; answers are sent by query threads.
class QueryRoutes {
 public:
  QueryRoutes(execution::QueryService& queries, format::Spool& spool, auth::RequestLimits& limits,
              const Clock& clock);

  std::vector<http::Route> Routes();

 private:
  void Query(http::Request request, http::Responder responder, format::FormatName preset);
  void ReadTable(http::Request request, http::Responder responder, format::FormatName format);
  // The number of a query that may run; nothing once it is answered that it may not.
  std::optional<execution::QueryId> Begin(const execution::ClientQuery& query,
                                          http::Responder& responder);
  void Run(QueryCall call, http::Responder responder);
  void Estimate(http::Request request, http::Responder responder);
  http::Response CloseCursor(const http::Request& request);
  http::Response ListActive() const;
  http::Response ListHistory(const http::Request& request) const;
  http::Response Show(const http::Request& request) const;
  http::Response Cancel(const http::Request& request);

  execution::QueryService& queries_;
  format::Spool& spool_;
  auth::RequestLimits& limits_;
  const Clock& clock_;
};

}  // namespace arc::api
