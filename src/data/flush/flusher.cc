#include "data/flush/flusher.h"

#include <utility>

#include "foundation/base/check.h"
#include "foundation/base/exception_error.h"
#include "foundation/base/log.h"

namespace arc::flush {
namespace {

// Staged flushes wait for others only while more are queued, and only up to these: many files share
// a sync and a transaction, and large ones gain nothing by waiting.
constexpr std::size_t kStagedTogetherMax = 512;
constexpr std::uint64_t kStagedBytesTogetherMax = 64u << 20;

}  // namespace

Flusher::Flusher(Options options, files::FileStager& stager, files::FilePublisher& publisher,
                 buffer::LiveMeasurements& live_measurements, const Clock& clock, Metrics& metrics)
    : stager_(stager),
      publisher_(publisher),
      live_measurements_(live_measurements),
      before_flush_(std::move(options.before_flush)),
      on_trimmed_(std::move(options.on_trimmed)),
      queue_(options.policy, live_measurements, clock),
      rows_written_(
          metrics.AddCounter("arc_buffer_records_written_total", "Rows flushed to files")),
      flushes_(metrics.AddCounter("arc_buffer_flushes_total", "Flushes of a measurement")),
      flush_failures_(
          metrics.AddCounter("arc_buffer_flush_failures_total", "Flushes that failed")) {
  for (std::size_t i = 0; i < options.worker_count; i++) {
    workers_.emplace_back("flush-" + std::to_string(i), [this] { WorkUntilClosed(); });
  }
  scheduler_ = Thread("flush-schedule", [this] { queue_.ScheduleUntilClosed(); });
}

Flusher::~Flusher() { CHECK(!scheduler_.joinable(), "a flusher was not closed"); }

void Flusher::Close() {
  queue_.Close();
  if (scheduler_.joinable()) scheduler_.Join();
  for (auto& worker : workers_) {
    if (worker.joinable()) worker.Join();
  }
  MutexLock lock(mutex_);
  while (in_flight_count_ > 0) finished_.Wait(lock);
}

void Flusher::WorkUntilClosed() {
  while (const auto live = queue_.TakeDue()) {
    StageOrFail(live);
    std::vector<files::Publication> together;
    {
      MutexLock lock(mutex_);
      if (queue_.queued_count() > 0 && staged_.size() < kStagedTogetherMax &&
          staged_bytes_ < kStagedBytesTogetherMax) {
        continue;
      }
      together.swap(staged_);
      staged_bytes_ = 0;
    }
    HandOver(std::move(together));
  }
  std::vector<files::Publication> rest;
  {
    MutexLock lock(mutex_);
    rest.swap(staged_);
  }
  HandOver(std::move(rest));
}

void Flusher::HandOver(std::vector<files::Publication> staged) {
  if (!staged.empty()) publisher_.Publish(std::move(staged));
}

// An exception is the flush's failure: its rows stay where they are.
void Flusher::StageOrFail(const Live& live) {
  try {
    Stage(live);
  } catch (...) {
    Finish(live, kLsnZero, ErrorOfException());
  }
}

void Flusher::Stage(const Live& live) {
  auto after_writing = files::AfterWriting::kKeepOpen;
  {
    MutexLock lock(mutex_);
    in_flight_count_++;
    if (in_flight_count_ > files::FilePublisher::kSyncEachFilesMax)
      after_writing = files::AfterWriting::kClose;
  }
  live->TrimFlushed(publisher_.CommittedLsn(live->name(), live->id()));
  const auto last_lsn = live_measurements_.visible_lsn();
  auto prefix = live->PeekPrefix(last_lsn);
  if (!prefix) {
    if (on_trimmed_) on_trimmed_();
    return Finish(live, last_lsn, {});
  }
  PrepareLog(live, prefix->flushed_to);
  const encoding::FileLabels labels{live->id(), Next(prefix->flushed_from), prefix->flushed_to};
  auto files =
      stager_.Stage({live->name(), labels, *prefix->schema, prefix->slices, after_writing});
  if (!files.ok()) return Finish(live, prefix->flushed_to, std::move(files).TakeError());

  files::Publication publication;
  publication.files = std::move(files).TakeValue();
  try {
    KeepStaged(live, last_lsn, *prefix, publication);
  } catch (...) {
    stager_.Discard(publication.files);
    throw;
  }
}

// When it throws, `publication` has its files still.
void Flusher::KeepStaged(const Live& live, Lsn last_lsn,
                         const buffer::LiveMeasurement::Prefix& prefix,
                         files::Publication& publication) {
  auto& change = publication.changes.emplace_back();
  change.id = live->id();
  change.name = live->name();
  change.schema = prefix.schema;
  change.added_files = files::EntriesOf(publication.files);
  change.flushed = {prefix.flushed_from, prefix.flushed_to};
  publication.completion = [this, live, last_lsn, flushed_to = prefix.flushed_to,
                            row_count = prefix.row_count](Result<void> outcome) {
    if (outcome.ok()) {
      rows_written_.Add(row_count);
      flushes_.Add();
      TrimAndTell(live, flushed_to);
    }
    Finish(live, last_lsn, std::move(outcome));
  };
  MutexLock lock(mutex_);
  for (const auto& file : publication.files) staged_bytes_ += file.entry.byte_count;
  staged_.push_back(std::move(publication));
}

// What an exception leaves in memory although it is in files, the next flush forgets.
void Flusher::TrimAndTell(const Live& live, Lsn flushed_to) noexcept {
  try {
    live->TrimFlushed(flushed_to);
    if (on_trimmed_) on_trimmed_();
  } catch (...) {
    LogExceptionOf("flush", "could not forget rows that are in files");
  }
}

void Flusher::PrepareLog(const Live& live, Lsn last_lsn) {
  if (!before_flush_) return;
  const auto prepared = before_flush_(last_lsn);
  if (prepared.ok()) return;
  LogError("flush: {} goes on, but the log is not known to have its rows: {}",
           live->name().ToString(), LogText(prepared.error()));
}

void Flusher::Finish(const Live& live, Lsn flushed_to, Result<void> outcome) noexcept {
  // The catalog refuses what it has dropped, a moment before the buffers know that it succeeded.
  const bool is_gone = !outcome.ok() && outcome.error().code == ErrorCode::kNotFound &&
                       (live->is_dropping() || live->is_dropped());
  if (is_gone) outcome = {};
  if (!outcome.ok()) {
    flush_failures_.Add();
    LogError("flush: {}.{} failed and will be repeated, its rows stay in memory: {} [{}]",
             live->name().database, live->name().measurement, outcome.error().message,
             outcome.error().detail);
  }
  queue_.Finished(*live, flushed_to, outcome);
  MutexLock lock(mutex_);
  CHECK(in_flight_count_ > 0, "BUG: more flushes end than began");
  in_flight_count_--;
  finished_.NotifyAll();
}

}  // namespace arc::flush
