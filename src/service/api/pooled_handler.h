// Handlers that block, run on a pool instead of the I/O thread.

#pragma once

#include <functional>

#include "foundation/base/task_pool.h"
#include "service/http/route.h"

namespace arc::api {

// A handler that calls `work` on `pool` and sends what it returns; a full pool answers 503. `pool`
// and what `work` captures outlive the http server.
http::Handler Pooled(TaskPool& pool, std::function<http::Response(http::Request&)> work);

// A route of administrators that does so, with its body in memory.
http::Route PooledAdminRoute(TaskPool& pool, const char* method, const char* pattern,
                             std::function<http::Response(http::Request&)> work);

}  // namespace arc::api
