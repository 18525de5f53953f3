#include "server/adopt.h"

#include <memory>
#include <utility>

#include "base/clock.h"
#include "base/metrics.h"
#include "fs/file_system.h"
#include "server/data_directory.h"
#include "server/store.h"
#include "server/store_options.h"

namespace arc {

Result<storage::AdoptReport> AdoptFolder(const Config& config, const std::string& folder,
                                         const storage::AdoptListener& listener) {
  auto& file_system = fs::FileSystem::Local();
  Metrics metrics;
  const auto data_directory =
      TRY(DataDirectory::Open(file_system, config.storage.data_directory.string()));
  auto options = TRY(StoreOptionsOf(config));
  TRY(CheckCatalogIsThere(file_system, Store::PathsOf(options)));
  TRY(data_directory->Mark());
  const auto store = TRY(Store::Open(std::move(options), file_system, Clock::System(), metrics));
  const auto run = [&]() -> Result<storage::AdoptReport> {
    TRY(store->Recover());
    storage::Adopter adopter({config.ingest.max_columns, config.ingest.max_measurements},
                             config.storage.local_path.string(), file_system, store->catalog(),
                             store->tables());
    return adopter.Adopt(folder, listener);
  };
  auto report = run();
  auto closed = store->Close(config.server.shutdown_timeout);
  if (report.ok() && !closed.ok()) return std::move(closed).TakeError();
  return report;
}

}  // namespace arc
