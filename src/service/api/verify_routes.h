// Has the stored files compared with what was written, and tells what came of it.

#pragma once

#include <vector>

#include "data/integrity/damaged_files.h"
#include "data/integrity/verifier.h"
#include "foundation/base/task_pool.h"
#include "service/http/route.h"

namespace arc::api {

// Lifetime: outlives the http server whose routes it made; outlived by what it is given.
class VerifyRoutes {
 public:
  VerifyRoutes(integrity::Verifier& verifier, const integrity::DamagedFiles& damaged_files,
               TaskPool& pool);

  std::vector<http::Route> Routes();

 private:
  http::Response Begin();
  http::Response Tell() const;

  integrity::Verifier& verifier_;
  const integrity::DamagedFiles& damaged_files_;
  TaskPool& pool_;
};

}  // namespace arc::api
