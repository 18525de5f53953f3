// Has the stored files compared with what was written, and tells what came of it.

#pragma once

#include <vector>

#include "base/task_pool.h"
#include "http/route.h"
#include "integrity/damaged_files.h"
#include "integrity/verifier.h"

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
