#include "data/offline/adopt.h"

#include <memory>
#include <utility>

#include "data/store/data_directory.h"
#include "data/store/store.h"
#include "foundation/base/metrics.h"
#include "foundation/fs/file_system.h"
#include "foundation/time/clock.h"

namespace arc::offline {

Result<adoption::AdoptReport> AdoptFolder(const store::Store::Options& options,
                                          const std::string& folder,
                                          std::chrono::milliseconds close_timeout,
                                          const adoption::AdoptListener& listener) {
  auto& file_system = fs::FileSystem::Local();
  Metrics metrics;
  const auto data_directory = TRY(store::DataDirectory::Open(file_system, options.data_directory));
  TRY(store::CheckCatalogIsThere(file_system, store::Store::PathsOf(options)));
  TRY(data_directory->Mark());
  const auto store = TRY(store::Store::Open(options, file_system, Clock::System(), metrics));
  const auto run = [&]() -> Result<adoption::AdoptReport> {
    TRY(store->Recover());
    adoption::Adopter adopter({options.limits}, options.files_root, file_system, store->catalog(),
                              store->tables());
    return adopter.Adopt(folder, listener);
  };
  auto report = run();
  auto closed = store->Close(close_timeout);
  if (report.ok() && !closed.ok()) return std::move(closed).TakeError();
  return report;
}

}  // namespace arc::offline
