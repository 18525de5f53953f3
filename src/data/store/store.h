// Everything between a decoded request and the disk: log, buffers, files, catalog, and what moves
// rows from one to the next. The part of the server that must survive a crash, without its HTTP and
// SQL, so that tests can crash it at every step.

#pragma once

#include <atomic>
#include <chrono>
#include <cstddef>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "data/buffer/live_measurements.h"
#include "data/catalog/catalog.h"
#include "data/files/file_publisher.h"
#include "data/files/file_remover.h"
#include "data/files/file_stager.h"
#include "data/files/startup_sweep.h"
#include "data/flush/flusher.h"
#include "data/imports/import_file.h"
#include "data/imports/row_import.h"
#include "data/inventory/losses.h"
#include "data/inventory/place_watch.h"
#include "data/inventory/state_file.h"
#include "data/store/ballast.h"
#include "data/store/start_check.h"
#include "data/wal/log.h"
#include "data/write/drop.h"
#include "data/write/sequencer.h"
#include "data/write/wal_keeper.h"
#include "data/write/writer.h"
#include "foundation/base/metrics.h"
#include "foundation/base/result.h"
#include "foundation/fs/file_system.h"
#include "foundation/model/ingest_limits.h"
#include "foundation/time/clock.h"

namespace arc::store {

// Lifetime: opened, then recovered, then closed; what uses it is gone before.
// Threads:  Open, Recover and Close belong to the owner's thread; the parts say theirs.
class Store {
 public:
  enum class Durability : std::uint8_t { kSync, kInterval, kOff };
  struct Options {
    std::string data_directory;  // for arc.state and arc.losses
    std::string files_root;
    std::string catalog_path;
    std::string wal_directory;
    encoding::Compression compression{};
    Durability durability = Durability::kSync;
    std::chrono::milliseconds sync_interval{100};
    std::chrono::milliseconds acknowledge_timeout{30'000};
    std::uint64_t segment_bytes = std::uint64_t{64} << 20;
    std::uint64_t log_bytes_max = std::uint64_t{4} << 30;
    std::uint64_t record_bytes_max = std::uint64_t{1} << 30;
    std::size_t memory_budget = std::size_t{1} << 30;  // of rows in memory
    IngestLimits limits;
    flush::FlushQueue::Policy flush_policy;
    std::size_t flush_workers = 2;
    // Told after rows left the buffers, because they became files or were dropped: readers may keep
    // them. From Recover until Close has returned; must not block.
    std::function<void()> on_rows_let_go = [] {};
    // The process is over its memory limit: writes are refused. Any thread.
    std::function<bool()> is_out_of_memory;
  };

  // Where a store with these options has its things.
  static StorePaths PathsOf(const Options& options);

  // Reads the catalog. Fails, and has made and changed nothing, when there is less than there was
  // (start_check.h). What is given must outlive the store.
  static Result<std::unique_ptr<Store>> Open(Options options, fs::FileSystem& file_system,
                                             const Clock& clock, Metrics& metrics);
  Store(const Store&) = delete;
  Store& operator=(const Store&) = delete;
  ~Store();  // Requires: Close() has been called.

  // Replays the log, then takes writes. Nothing may be asked of the store before but catalog() and
  // tables(). May take seconds; says in the log how far it is.
  Result<void> Recover();

  // From Open on. What the start finds missing besides is added there.
  inventory::Losses& losses() { return *losses_; }
  inventory::StateFile& state() { return *state_; }
  catalog::Catalog& catalog() { return *catalog_; }
  buffer::LiveMeasurements& tables() { return *tables_; }
  flush::Flusher& flusher() { return *flusher_; }
  imports::Importer& importer() { return *importer_; }
  imports::RowImporter& row_importer() { return *row_importer_; }
  write::Writer& writer() { return *writer_; }
  write::Dropper& dropper() { return *dropper_; }
  // Null before Recover, and when there is no log.
  const wal::Log* log() const { return log_.get(); }

  // What is wrong just now, one sentence each, for people.
  std::vector<std::string> Problems() const;

  // Whether everything still is where it was opened; a thread asks each second as well. From the
  // first failure on, kUnavailable, writes fail with it.
  Result<void> Look();

  // Requires: nobody writes or reads any more. Publishes what is queued, flushes what can be
  // flushed within `timeout`, closes everything. Rows that were not flushed are in the log; without
  // one, that is a failure.
  Result<void> Close(std::chrono::milliseconds timeout);

 private:
  Store(Options options, fs::FileSystem& file_system, const Clock& clock, Metrics& metrics);
  Result<void> OpenParts();
  Result<void> OpenCatalog(const inventory::FoundState& found);
  Result<void> OpenInventory(const inventory::FoundState& found);
  Result<void> NoteMissingRecords(const wal::Recovered& recovered);
  Result<void> StartWatch();
  std::optional<std::string> FindMissingOfLog();
  // Whether everything still is where it was opened.
  Result<void> CheckPlaces();
  Result<void> RefusalOfLostPlaces() const;
  void BuildFlushing();
  void OnTrimmed();
  Result<wal::Recovered> ReplayLog();
  Result<void> BeginFlushing();
  Result<void> OpenLog(wal::Recovered recovered);
  void BuildWriting(Lsn last_lsn);
  Result<void> FlushFor(std::chrono::milliseconds timeout);
  double OldestUnflushedSeconds() const;
  void AddGauges();

  const Options options_;
  fs::FileSystem& file_system_;
  const Clock& clock_;
  Metrics& metrics_;

  Ballast ballast_;

  const StorePaths paths_;
  std::unique_ptr<inventory::StateFile> state_;
  bool has_known_state_ = false;  // at the start; constant after Open
  std::unique_ptr<inventory::Losses> losses_;
  std::unique_ptr<inventory::PlaceWatch> watch_;
  std::atomic<inventory::PlaceWatch*> open_watch_{nullptr};  // set once, when it is started

  // In the order of the data's way. Members are destroyed in the opposite order; Close() has closed
  // by then what has to be closed.
  std::unique_ptr<catalog::Catalog> catalog_;
  std::unique_ptr<buffer::LiveMeasurements> tables_;
  std::unique_ptr<wal::Log> log_;
  std::unique_ptr<files::FileStager> stager_;
  std::unique_ptr<files::FileRemover> remover_;
  std::unique_ptr<files::FileComparison> comparison_;
  std::unique_ptr<files::FilePublisher> publisher_;
  std::unique_ptr<flush::Flusher> flusher_;
  std::unique_ptr<imports::Importer> importer_;
  std::unique_ptr<imports::RowImporter> row_importer_;
  std::unique_ptr<write::WalKeeper> keeper_;
  std::unique_ptr<write::Sequencer> sequencer_;
  std::unique_ptr<write::Writer> writer_;
  std::unique_ptr<write::Dropper> dropper_;
  std::size_t quarantined_count_ = 0;  // constant after Recover

  // What flushes need that begin before, during the replay.
  std::atomic<wal::Log*> open_log_{nullptr};
  std::atomic<write::WalKeeper*> open_keeper_{nullptr};
  // What /health asks, which answers while the rest is built.
  std::atomic<write::Sequencer*> open_sequencer_{nullptr};
};

}  // namespace arc::store
