// Makes a new catalog from the data files and the write-ahead log, for a server that has lost its
// own. docs/formats/catalog.md, "Made anew", says what that brings back and what it does not.

#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

#include "data/store/start_check.h"
#include "data/store/store.h"
#include "foundation/base/result.h"
#include "foundation/fs/file_system.h"
#include "foundation/time/clock.h"

namespace arc::offline {

enum class OldCatalog : std::uint8_t { kRefuse, kKeepAside };

struct RebuildReport {
  std::uint64_t measurement_count = 0;
  std::uint64_t file_count = 0;
  std::uint64_t row_count = 0;
  std::uint64_t byte_count = 0;
  std::uint64_t import_file_count = 0;
  std::uint64_t in_log_count = 0;      // files whose rows the next start reads from the log
  std::uint64_t left_out_count = 0;    // reported one by one, like the next two
  std::uint64_t incomplete_count = 0;  // flushes with missing files
  std::uint64_t unreadable_count = 0;
  std::uint64_t foreign_count = 0;  // Parquet files of others, to be adopted again
  std::string kept_as;              // where the old catalog is; empty when there was none
};

struct RebuildListener {
  std::function<void(std::string_view path, std::string_view reason)> on_remark;
  std::function<void(std::uint64_t files, std::uint64_t bytes)> on_progress;
};

// No server may run there. The catalog appears as a whole or not at all. Data files stay as they
// are; from the log only those parts are removed that every start removes. An interrupted run can
// be repeated. Fails with kAlreadyExists when there is a catalog and `old_catalog` is kRefuse, with
// kNotFound when there is nothing to make a catalog from, and as the disk fails.
Result<RebuildReport> RebuildCatalog(fs::FileSystem& file_system, const Clock& clock,
                                     const store::StorePaths& paths, OldCatalog old_catalog,
                                     const RebuildListener& listener);

// The same for the machine's own disk; locks the data directory. Fails with kOverloaded while a
// server has the lock.
Result<RebuildReport> RebuildCatalogOf(const store::Store::Options& options, OldCatalog old_catalog,
                                       const RebuildListener& listener);

}  // namespace arc::offline
