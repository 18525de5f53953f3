// Takes the Parquet files of another Arc server into the catalog where they lie. Nothing below the
// folder is written, renamed or deleted, now or later: file_name.h, IsOwnPath. docs/adopting.md is
// for people.

#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>

#include "data/adoption/adoption_walk.h"
#include "data/buffer/live_tables.h"
#include "data/catalog/catalog.h"
#include "foundation/base/result.h"
#include "foundation/fs/file_system.h"
#include "foundation/model/ingest_limits.h"

namespace arc::adoption {

struct AdoptReport {
  std::uint64_t file_count = 0;  // adopted, with their rows and bytes
  std::uint64_t row_count = 0;
  std::uint64_t byte_count = 0;
  std::uint64_t known_count = 0;    // were in the catalog already
  std::uint64_t refused_count = 0;  // each was told to the listener
};

struct AdoptListener {
  OnRefused on_refused = [](std::string_view, const Error&) {};
  // After each file.
  std::function<void(const AdoptReport&)> on_progress = [](const AdoptReport&) {};
};

// Threads: one; nobody else writes to the measurements meanwhile.
class Adopter {
 public:
  struct Limits {
    IngestLimits ingest;
    // Files that become visible together.
    std::size_t commit_files_max = 1000;
  };

  // `root` is where the catalog's relative paths begin. What is given outlives this.
  Adopter(Limits limits, std::string root, fs::FileSystem& file_system, catalog::Catalog& catalog,
          buffer::LiveTables& tables);

  // Adopts what is below `folder` and can be read, file by file: each is whole in the catalog or
  // not at all, so an interrupted run is finished by another one. Paths below the root become
  // relative, others absolute. Fails as WalkForAdoption does, or with what the catalog fails with.
  Result<AdoptReport> Adopt(const std::string& folder, const AdoptListener& listener);

 private:
  class Measurement;

  const Limits limits_;
  const std::string root_;
  fs::FileSystem& file_system_;
  catalog::Catalog& catalog_;
  buffer::LiveTables& tables_;
};

}  // namespace arc::adoption
