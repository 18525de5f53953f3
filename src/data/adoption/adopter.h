// Adds the Parquet files of another Arc server to the catalog; they stay where they are. Nothing
// below the folder is written, renamed or deleted, neither now nor later: file_name.h, IsOwnPath.
// docs/adopting.md is for people.
//
// The files are taken measurement by measurement. A path that the catalog has already is only
// compared by length. A new file is checked in two steps: do its columns join the schema, and can
// all its rows be read? Then it waits. After commit_files_max files, and at the end of the
// measurement, the waiting files become visible with one transaction of the catalog, together with
// the schema that they need.
//
// A file that fails a check is reported and passed over. When the run is interrupted or the catalog
// fails, the files that wait are forgotten; the next run checks them again.

#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>

#include "data/adoption/adoption_walk.h"
#include "data/buffer/live_measurements.h"
#include "data/catalog/catalog.h"
#include "foundation/base/result.h"
#include "foundation/fs/file_system.h"
#include "foundation/model/ingest_limits.h"

namespace arc::adoption {

struct AdoptReport {
  std::uint64_t file_count = 0;  // adopted, with their rows and bytes
  std::uint64_t row_count = 0;
  std::uint64_t byte_count = 0;
  std::uint64_t known_count = 0;    // in the catalog already
  std::uint64_t refused_count = 0;  // each was reported to the listener
};

struct AdoptListener {
  OnRefused on_refused = [](std::string_view, const Error&) {};
  // Called after each file.
  std::function<void(const AdoptReport&)> on_progress = [](const AdoptReport&) {};
};

// Threads: one; nobody else writes to the measurements meanwhile.
class Adopter {
 public:
  struct Limits {
    IngestLimits ingest;
    // How many files become visible together.
    std::size_t commit_files_max = 1000;
  };

  // `root` is where the catalog's relative paths begin. The references must outlive this.
  Adopter(Limits limits, std::string root, fs::FileSystem& file_system, catalog::Catalog& catalog,
          buffer::LiveMeasurements& tables);

  // Adopts the files below `folder` that can be read. Each file is in the catalog as a whole or not
  // at all, so another run can finish an interrupted one. Paths below the root become relative,
  // others absolute. Fails as WalkForAdoption or the catalog fails.
  Result<AdoptReport> Adopt(const std::string& folder, const AdoptListener& listener);

 private:
  class Measurement;

  const Limits limits_;
  const std::string root_;
  fs::FileSystem& file_system_;
  catalog::Catalog& catalog_;
  buffer::LiveMeasurements& tables_;
};

}  // namespace arc::adoption
