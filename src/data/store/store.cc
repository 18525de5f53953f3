#include "data/store/store.h"

#include <fmt/format.h>

#include <algorithm>
#include <unordered_set>
#include <utility>

#include "data/files/orphan_sweep.h"
#include "data/files/publication_list.h"
#include "data/wal/recovery.h"
#include "data/write/replay.h"
#include "foundation/base/check.h"
#include "foundation/base/log.h"

namespace arc::store {
namespace {

using std::chrono::milliseconds;

// Of the memory budget, what may wait for the sequencer: it never keeps rows, it only hands on.
constexpr std::size_t kSequencerDivisor = 4;
// Of the memory budget, what one measurement may fill before it is flushed.
constexpr std::size_t kMeasurementDivisor = 4;
// Of the memory budget, what is flushed early when memory runs short.
constexpr std::size_t kReliefDivisor = 4;
// For a flush that makes room during the replay of a log larger than the memory budget.
constexpr milliseconds kMakeRoomTimeout{600'000};

void RestoreTables(const catalog::Snapshot& snapshot, buffer::LiveMeasurements& tables) {
  for (const auto& database : snapshot.Databases()) {
    for (const auto& state : snapshot.Measurements(database->name)) {
      tables.Restore(state->id, state->name, state->schema, state->flushed_lsn);
    }
  }
}

// The log was durable up to it: every flush syncs it first. Drops take an LSN, but write none.
Lsn GreatestFlushed(const catalog::Snapshot& snapshot) {
  auto greatest = kLsnZero;
  for (const auto& database : snapshot.Databases()) {
    for (const auto& state : snapshot.Measurements(database->name)) {
      greatest = std::max(greatest, state->flushed_lsn);
    }
  }
  return greatest;
}

double Mebibytes(std::uint64_t bytes) { return static_cast<double>(bytes) / (1 << 20); }

}  // namespace

Store::Store(Options options, fs::FileSystem& file_system, const Clock& clock, Metrics& metrics)
    : options_(std::move(options)),
      file_system_(file_system),
      clock_(clock),
      metrics_(metrics),
      ballast_(fs::ParentOf(options_.catalog_path) + "/ballast", file_system),
      paths_(PathsOf(options_)) {}

Store::~Store() = default;

Result<std::unique_ptr<Store>> Store::Open(Options options, fs::FileSystem& file_system,
                                           const Clock& clock, Metrics& metrics) {
  std::unique_ptr<Store> store(new Store(std::move(options), file_system, clock, metrics));
  auto opened = store->OpenParts();
  if (opened.ok()) return store;
  IgnoreFailure(store->Close(milliseconds(0)), "nothing was written yet");
  return std::move(opened).TakeError();
}

StorePaths Store::PathsOf(const Options& options) {
  return {options.data_directory, options.catalog_path, options.files_root, options.wal_directory};
}

Result<void> Store::OpenParts() {
  TRY(CheckCatalogIsThere(file_system_, paths_));
  const auto found = TRY(inventory::ReadState(file_system_, paths_.state()));
  TRY(OpenCatalog(found));
  TRY(file_system_.CreateDirectories(options_.files_root));
  TRY(file_system_.CreateDirectories(options_.wal_directory));
  // What an earlier run left unsynced is visible, but a power cut could still take it back: names
  // of folders, rows of the log. It becomes durable before anything is built on it.
  for (const auto& path :
       {options_.files_root, fs::ParentOf(options_.catalog_path), options_.wal_directory}) {
    TRY(file_system_.SyncFileSystem(path));
  }
  TRY(OpenInventory(found));
  ballast_.Fill();
  tables_ = std::make_unique<buffer::LiveMeasurements>(catalog_->greatest_measurement_id(),
                                                       catalog_->greatest_lsn());
  RestoreTables(*catalog_->snapshot(), *tables_);
  const auto swept = TRY(files::SweepStaging(file_system_, options_.files_root));
  if (swept > 0) LogInfo("start: {} unfinished files of an earlier run removed", swept);
  const auto unpublished =
      TRY(files::SweepUnpublished(file_system_, options_.files_root, *catalog_));
  if (unpublished > 0) {
    LogInfo("start: {} files removed of imports that a crash cut short", unpublished);
  }
  stager_ = TRY(files::FileStager::Open(options_.files_root, file_system_, options_.compression));
  BuildFlushing();
  return {};
}

Result<void> Store::OpenCatalog(const inventory::FoundState& found) {
  TRY(file_system_.CreateDirectories(fs::ParentOf(options_.catalog_path)));
  catalog::Catalog::Options options;
  options.path = options_.catalog_path;
  options.on_committed = [this](std::uint64_t generation) {
    state_->Note({.catalog_generation = generation});
  };
  options.may_commit = [this] { return CheckPlaces(); };
  if (!TRY(file_system_.Exists(options_.catalog_path))) {
    LogInfo("start: new data directory {}: no catalog, data file or log was there",
            options_.data_directory);
  }
  auto opened = catalog::Catalog::Open(std::move(options), file_system_, clock_);
  if (!opened.ok()) return CatalogUnreadable(std::move(opened).TakeError(), paths_);
  catalog_ = std::move(opened).TakeValue();
  auto checked = CheckCatalogIsNewest(catalog_->generation(), found, paths_);
  if (checked.ok()) checked = CheckFilesAreThere(file_system_, *catalog_->snapshot(), paths_);
  if (!checked.ok()) catalog_->CloseAsItIs();
  return checked;
}

// Nothing has been committed yet, and nothing logged.
Result<void> Store::OpenInventory(const inventory::FoundState& found) {
  losses_ = TRY(inventory::Losses::Open(file_system_, clock_, paths_.losses()));
  if (!found.state && catalog_->generation() > 0) {
    TRY(losses_->Add(fmt::format(
        "{} {}: whether the catalog is the newest and the write-ahead log whole is not known",
        paths_.state(), found.is_damaged ? "could not be read" : "was missing")));
  }
  has_known_state_ = found.state.has_value();
  auto state = found.state.value_or(inventory::State{});
  state.Raise({.catalog_generation = catalog_->generation()});
  state_ = TRY(inventory::StateFile::Open(file_system_, paths_.state(), found, state));
  return {};
}

void Store::BuildFlushing() {
  remover_ =
      std::make_unique<files::FileRemover>(options_.files_root, file_system_, *catalog_, clock_);
  publisher_ = std::make_unique<files::FilePublisher>(options_.files_root, file_system_, *catalog_);
  const imports::ImportLimits limits{.ingest = options_.limits};
  importer_ =
      std::make_unique<imports::Importer>(limits, file_system_, *stager_, *publisher_, *tables_);
  row_importer_ =
      std::make_unique<imports::RowImporter>(limits, file_system_, *stager_, *publisher_, *tables_);
  flush::Flusher::Options options;
  options.policy = options_.flush_policy;
  options.policy.measurement_bytes_max = options_.memory_budget / kMeasurementDivisor;
  options.worker_count = options_.flush_workers;
  options.before_flush = [this](Lsn last_lsn) -> Result<void> {
    auto* log = open_log_.load(std::memory_order_acquire);
    return log == nullptr ? Result<void>() : log->SyncTo(last_lsn);
  };
  options.on_trimmed = [this] { OnTrimmed(); };
  flusher_ = std::make_unique<flush::Flusher>(std::move(options), *stager_, *publisher_, *tables_,
                                              clock_, metrics_);
}

void Store::OnTrimmed() {
  if (auto* keeper = open_keeper_.load(std::memory_order_acquire)) keeper->OnTrimmed();
  options_.on_rows_let_go();
}

Result<void> Store::Recover() {
  auto recovered = TRY(ReplayLog());
  const auto last_lsn = std::max({catalog_->greatest_lsn(), recovered.greatest_lsn,
                                  tables_->visible_lsn(), state_->state().log.durable});
  tables_->AdvanceVisible(last_lsn);
  comparison_ = std::make_unique<files::FileComparison>(file_system_, options_.files_root,
                                                        *catalog_, stager_->ids());
  TRY(OpenLog(std::move(recovered)));
  BuildWriting(last_lsn);
  AddGauges();
  return StartWatch();
}

// What was lost is accounted for once: it stays listed until a person accepts it.
Result<void> Store::NoteMissingRecords(const wal::Recovered& recovered) {
  if (!has_known_state_) {
    // Of a server that did not keep it, or lost: what is there is all that anybody knows.
    const auto first = Next(recovered.first_previous.value_or(kLsnZero));
    return state_->Record({.log = {.needed_from = first}});
  }
  const auto missing = wal::FindMissing(recovered, state_->state().log);
  if (missing.empty()) return {};
  for (const auto& [first, last] : missing) {
    const auto added = losses_->Add(
        fmt::format("the write-ahead log in {} lacks requests {} to {}: their rows that were in no "
                    "file are lost",
                    options_.wal_directory, ToNumber(first), ToNumber(last)));
    if (added.ok()) continue;
    // The disk is full, perhaps: this start lists it, and the next one finds it again.
    LogError("start: {} cannot be written: {}", paths_.losses(), LogText(added.error()));
    return {};
  }
  return state_->Record({.log = {.needed_from = Next(missing.back().last)}});
}

Result<void> Store::StartWatch() {
  inventory::PlaceWatch::Options options;
  options.places = {{"the data directory", options_.data_directory},
                    {"the folder of the data files", options_.files_root},
                    {"the catalog", options_.catalog_path}};
  if (log_ != nullptr) {
    options.places.push_back({"the folder of the write-ahead log", options_.wal_directory});
  }
  options.find_missing = [this] { return FindMissingOfLog(); };
  options.on_lost = [this](const Error& error) {
    if (log_ != nullptr) log_->Refuse(error);
  };
  options.on_looked = [this] { losses_->Refresh(); };
  watch_ = TRY(inventory::PlaceWatch::Start(std::move(options), file_system_));
  open_watch_ = watch_.get();
  return {};
}

std::optional<std::string> Store::FindMissingOfLog() {
  if (log_ == nullptr) return std::nullopt;
  const auto needed = log_->NeededFiles();
  const auto listed = file_system_.List(options_.wal_directory);
  if (!listed.ok()) return std::nullopt;  // should the folder be gone, the next look tells
  std::unordered_set<std::string> there;
  for (const auto& entry : listed.value()) there.insert(entry.name);
  for (const auto& name : needed) {
    if (there.contains(name)) continue;
    const auto still_needed = log_->NeededFiles();
    if (std::find(still_needed.begin(), still_needed.end(), name) == still_needed.end()) continue;
    return fmt::format("the write-ahead log's {}/{} is not there any more", options_.wal_directory,
                       name);
  }
  return std::nullopt;
}

Result<void> Store::Look() {
  auto* watch = open_watch_.load(std::memory_order_acquire);
  return watch == nullptr ? Result<void>() : watch->LookFurther();
}

// As far as somebody has looked already.
Result<void> Store::RefusalOfLostPlaces() const {
  auto* watch = open_watch_.load(std::memory_order_acquire);
  if (watch == nullptr) return {};
  if (auto lost = watch->failure()) return *std::move(lost);
  return {};
}

Result<void> Store::CheckPlaces() {
  auto* watch = open_watch_.load(std::memory_order_acquire);
  return watch == nullptr ? Result<void>() : watch->Check();
}

Result<wal::Recovered> Store::ReplayLog() {
  write::Replay::Options options;
  options.buffered_bytes_max = options_.memory_budget;
  for (const auto& [id, lsn] : *catalog_->tombstones()) options.dropped.insert(id);
  write::Replay replay(
      std::move(options), *tables_, clock_, [](const auto&) {},
      [this]() -> Result<void> {
        TRY(BeginFlushing());
        return flusher_->FlushAll(kMakeRoomTimeout);
      });
  const auto started = clock_.NowSteady();
  auto recovered = TRY(wal::Recover(
      file_system_, options_.wal_directory,
      std::max(GreatestFlushed(*catalog_->snapshot()), state_->state().log.durable),
      [&](const wal::RecoveredRecord& record) { return replay.Apply(record); },
      [](std::uint64_t done, std::uint64_t total) {
        LogInfo("start: replayed {:.0f} of {:.0f} MiB of the write-ahead log", Mebibytes(done),
                Mebibytes(total));
      }));
  const std::chrono::duration<double> took = clock_.NowSteady() - started;
  if (recovered.record_count > 0) {
    LogInfo("start: {} records, {:.1f} MiB, {} rows put back from the write-ahead log in {:.2f} s",
            recovered.record_count, Mebibytes(recovered.byte_count), replay.row_count(),
            took.count());
  }
  quarantined_count_ = recovered.quarantined_count;
  TRY(NoteMissingRecords(recovered));
  recovered.greatest_segment =
      std::max(recovered.greatest_segment, state_->state().log.last_segment);
  TRY(BeginFlushing());
  return recovered;
}

// No row that the log has put back is flushed before: afterwards nothing could tell what a crash
// left of an earlier flush of it.
Result<void> Store::BeginFlushing() {
  const auto swept = TRY(
      files::SweepOrphans(file_system_, options_.files_root, *catalog_, *tables_, stager_->ids()));
  if (swept > 0) {
    LogInfo("start: {} files removed that a crash kept from the catalog: their rows are in the log",
            swept);
  }
  for (const auto& live : tables_->ListUnflushed(tables_->visible_lsn())) {
    flusher_->OnPublished(live);
  }
  return {};
}

// Without durability the log takes nothing, but keeps what an earlier run left until it is in
// files.
Result<void> Store::OpenLog(wal::Recovered recovered) {
  if (options_.durability == Durability::kOff && recovered.segments.empty() &&
      !recovered.checkpoint) {
    return catalog_->ForgetTombstones(catalog_->greatest_lsn());
  }
  wal::Log::Options options;
  options.directory = options_.wal_directory;
  options.segment_bytes = options_.segment_bytes;
  options.total_bytes_max = options_.log_bytes_max;
  options.sync_each_group = options_.durability == Durability::kSync;
  options.sync_seconds =
      &metrics_.AddHistogram("arc_wal_sync_seconds", "Syncs of the write-ahead log.");
  options.clock = &clock_;
  options.note_extent = [this](const wal::LogExtent& extent) { state_->Note({.log = extent}); };
  options.record_extent = [this](const wal::LogExtent& extent) -> Result<void> {
    TRY(CheckPlaces());
    return state_->Record({.log = extent});
  };
  log_ = TRY(wal::Log::Open(std::move(options), file_system_, std::move(recovered)));
  write::WalKeeper::Options keeping;
  if (options_.durability == Durability::kInterval) keeping.sync_interval = options_.sync_interval;
  keeping.log_bytes_max = options_.log_bytes_max;
  write::WalKeeper::Hooks hooks;
  hooks.flush_older_than = [this](Lsn last_lsn, std::size_t rows_min) {
    return flusher_->FlushOlderThan(last_lsn, rows_min);
  };
  hooks.on_released = [this](Lsn first) {
    const auto forgotten = catalog_->ForgetTombstones(Lsn{ToNumber(first) - 1});
    if (!forgotten.ok()) LogWarning("wal: tombstones stay: {}", LogText(forgotten.error()));
  };
  keeper_ = std::make_unique<write::WalKeeper>(keeping, *log_, *tables_, clock_, std::move(hooks));
  open_log_ = log_.get();
  open_keeper_ = keeper_.get();
  return {};
}

void Store::BuildWriting(Lsn last_lsn) {
  write::Sequencer::Options options{options_.memory_budget / kSequencerDivisor,
                                    std::min(options_.record_bytes_max, options_.log_bytes_max),
                                    options_.acknowledge_timeout, last_lsn};
  write::Sequencer::Listeners listeners;
  listeners.published = [this](const auto& live) { flusher_->OnPublished(live); };
  listeners.logged = [this] { keeper_->OnWritten(); };
  auto* log = options_.durability == Durability::kOff ? nullptr : log_.get();
  sequencer_ =
      std::make_unique<write::Sequencer>(options, log, *tables_, clock_, std::move(listeners));
  open_sequencer_ = sequencer_.get();
  const write::WriteLimits limits{options_.limits, options_.memory_budget};
  write::Writer::MemoryHooks memory{
      .relieve = [this] { flusher_->RelieveMemory(options_.memory_budget / kReliefDivisor); },
      .is_out = options_.is_out_of_memory};
  writer_ =
      std::make_unique<write::Writer>(limits, *tables_, *sequencer_, metrics_, std::move(memory),
                                      [this] { return RefusalOfLostPlaces(); });
  write::Dropper::ForgetListener on_forgotten = [this](MeasurementId id) {
    flusher_->Forget(id);
    OnTrimmed();
  };
  dropper_ = std::make_unique<write::Dropper>(
      *catalog_, *tables_, *sequencer_, std::move(on_forgotten), write::Dropper::kBarrierTimeout,
      [this] { return ballast_.Release(); });
}

std::vector<std::string> Store::Problems() const {
  std::vector<std::string> problems;
  auto* watch = open_watch_.load(std::memory_order_acquire);
  const auto lost = watch == nullptr ? std::nullopt : watch->failure();
  if (lost) {
    problems.push_back(fmt::format(
        "{}: writes are refused until it is put back and the server started again", lost->detail));
  }
  for (const auto& loss : losses_->List()) {
    problems.push_back(
        fmt::format("missing at a start: {} (remove {} to accept)", loss, paths_.losses()));
  }
  const auto failing = flusher_->failing_measurement_count();
  if (failing > 0) {
    problems.push_back(
        fmt::format("{} measurements cannot be flushed: their rows stay in memory{}; see the log",
                    failing, log_ != nullptr ? " and in the write-ahead log" : ""));
  }
  if (quarantined_count_ > 0) {
    problems.push_back(fmt::format(
        "{} damaged places of the write-ahead log were set aside at the start: see {}/quarantine",
        quarantined_count_, options_.wal_directory));
  }
  const auto* sequencer = open_sequencer_.load(std::memory_order_acquire);
  if (sequencer != nullptr && sequencer->is_broken()) {
    problems.push_back(
        "an exception, for want of memory most likely, cut a write short: writes are refused until "
        "a restart reads the write-ahead log; see the log of the server");
  }
  if (log_ == nullptr) return problems;
  if (log_->is_out_of_space()) {
    problems.push_back("no space left on the device of the write-ahead log: writes are refused");
  }
  const auto failure = log_->failure();
  if (failure && !lost) {
    problems.push_back("the write-ahead log has failed, writes are refused until a restart: " +
                       failure->message);
  }
  return problems;
}

double Store::OldestUnflushedSeconds() const {
  const auto oldest = tables_->oldest_unflushed_lsn();
  if (!oldest) return 0;
  const auto now = clock_.NowSteady();
  auto published = now;
  for (const auto& live : tables_->ListUnflushed(*oldest)) {
    published = std::min(published, live->usage().oldest.value_or(now));
  }
  return std::chrono::duration<double>(now - published).count();
}

void Store::AddGauges() {
  const auto count = [](auto number) { return static_cast<double>(number); };
  const auto add = [&](const char* name, const char* help, auto read) {
    metrics_.AddGauge(name, help, [=] { return count(read()); });
  };
  add("arc_buffer_bytes", "Memory of rows that are not trimmed after a flush yet.",
      [this] { return tables_->buffered_bytes(); });
  add("arc_reader_held_bytes", "Memory of flushed rows that only queries still hold.",
      [this] { return tables_->reader_held_bytes(); });
  add("arc_buffer_queue_depth", "Measurements that wait for a flush thread.",
      [this] { return flusher_->queued_count(); });
  add("arc_flush_failing_measurements", "Measurements whose last flush failed.",
      [this] { return flusher_->failing_measurement_count(); });
  add("arc_catalog_transactions_total", "SQLite transactions since the start.",
      [this] { return catalog_->transaction_count(); });
  add("arc_visible_lsn", "Requests up to this number are visible.",
      [this] { return ToNumber(tables_->visible_lsn()); });
  add("arc_oldest_unflushed_seconds", "Age of the oldest row that is in no file.",
      [this] { return OldestUnflushedSeconds(); });
  add("arc_missing_at_start", "Losses that starts found and nobody accepted (arc.losses).",
      [this] { return losses_->List().size(); });
  add("arc_data_vanished", "1 when a folder or file vanished under the server.",
      [this] { return RefusalOfLostPlaces().ok() ? 0 : 1; });
  add("arc_wal_quarantined_total", "Damaged places of the log set aside at the start.",
      [this] { return quarantined_count_; });
  if (log_ == nullptr) return;
  add("arc_wal_bytes", "Bytes of the log on disk.", [this] { return log_->total_bytes(); });
  add("arc_wal_segments", "Segments of the log.", [this] { return log_->segments().size(); });
  add("arc_wal_appended_bytes_total", "Bytes appended to the log.",
      [this] { return log_->appended_bytes(); });
  add("arc_wal_groups_total", "Groups of requests appended to the log.",
      [this] { return log_->group_count(); });
  add("arc_wal_syncs_total", "Syncs of the log.", [this] { return log_->sync_count(); });
  add("arc_wal_is_failed", "1 when the log refuses writes until a restart.",
      [this] { return log_->failure() ? 1 : 0; });
}

Result<void> Store::FlushFor(milliseconds timeout) {
  if (flusher_ == nullptr) return {};
  if (auto placed = CheckPlaces(); !placed.ok()) {
    flusher_->Close();
    return placed;
  }
  auto flushed = flusher_->FlushAll(timeout);
  flusher_->Close();
  if (flushed.ok() || open_log_ == nullptr || options_.durability == Durability::kOff) {
    return flushed;
  }
  LogInfo("stop: {} bytes of rows stay in the write-ahead log: {}", tables_->buffered_bytes(),
          LogText(flushed.error()));
  return {};
}

Result<void> Store::Close(milliseconds timeout) {
  if (sequencer_ != nullptr) sequencer_->Close();
  if (watch_ != nullptr) watch_->Close();
  auto closed = FlushFor(timeout);
  if (publisher_ != nullptr) publisher_->Close();
  if (keeper_ != nullptr) keeper_->Close();
  const auto note = [&closed](Result<void> outcome) {
    if (closed.ok()) closed = std::move(outcome);
  };
  // A log with a write that was cut short must not say that it ended well: a restart looks closely.
  const bool is_broken = sequencer_ != nullptr && sequencer_->is_broken();
  if (log_ != nullptr && !is_broken) {
    note(log_->Close());
    if (closed.ok())
      note(state_->Record({.catalog_generation = catalog_->generation(), .log = log_->extent()}));
  }
  if (comparison_ != nullptr) comparison_->Close();
  if (remover_ != nullptr) remover_->Close();
  if (catalog_ != nullptr) note(catalog_->Close());
  return closed;
}

}  // namespace arc::store
