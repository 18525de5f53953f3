#include "data/write/wal_keeper.h"

#include <algorithm>
#include <vector>

#include "data/wal/log.h"
#include "data/wal/row_encoder.h"
#include "foundation/base/check.h"
#include "foundation/base/exception_error.h"
#include "foundation/base/log.h"

namespace arc::write {
namespace {

// A log that must shrink is brought down to 1/kRelievedDivisor of its limit.
constexpr std::uint64_t kRelievedDivisor = 4;
// Rows are copied out of old segments when that writes at most 1/kCopyDivisor of what it frees. So
// each byte logged is copied once on average, at most.
constexpr std::uint64_t kCopyDivisor = 2;
constexpr std::chrono::seconds kReliefInterval{1};
// Segments that are used up faster are filled by large groups: writing their zeros first would cost
// more than it saves each sync.
constexpr std::chrono::seconds kSpareInterval{10};
// After an exception: memory may be there again.
constexpr std::chrono::seconds kRetryInterval{1};
constexpr std::uint64_t kReliefGrowthDivisor = 16;
// A flush for the sake of the log prefers measurements that fill a file.
constexpr std::size_t kWorthAFileRows = 10'000;

// What a copy of the rows up to `last_lsn` needs, at most.
std::uint64_t BytesOf(const std::vector<std::shared_ptr<buffer::LiveMeasurement>>& measurements) {
  std::uint64_t bytes = 0;
  for (const auto& live : measurements) bytes += live->usage().byte_count;
  return bytes;
}

Result<void> CopyRequests(const buffer::LiveMeasurement& live, RequestSlice rows,
                          wal::Log::CheckpointSink& sink) {
  auto batch = rows.slice.batch;
  if (rows.slice.row_begin > 0 || rows.slice.row_end < batch->row_count()) {
    std::vector<bool> keep(batch->row_count());
    std::fill(keep.begin() + static_cast<std::ptrdiff_t>(rows.slice.row_begin),
              keep.begin() + static_cast<std::ptrdiff_t>(rows.slice.row_end), true);
    batch = std::make_shared<const ColumnBatch>(SelectRows(*batch, keep));
  }
  const wal::RowsOfMeasurement part{live.id(), &live.name(), batch.get(), &rows.ends};
  const wal::EncodedRows encoded({&part, 1});
  return sink.Add({rows.ends.back().lsn, wal::RecordType::kCheckpointRows, encoded.Pieces(),
                   encoded.byte_count(), encoded.checksum()});
}

}  // namespace

WalKeeper::WalKeeper(Options options, wal::Log& log, buffer::LiveMeasurements& tables,
                     const Clock& clock, Hooks hooks)
    : options_(options), log_(log), tables_(tables), clock_(clock), hooks_(std::move(hooks)) {
  is_awake_ = true;
  thread_ = Thread("wal-keeper", [this] { Loop(); });
}

WalKeeper::~WalKeeper() { CHECK(!thread_.joinable(), "a WAL keeper was not closed"); }

void WalKeeper::OnWritten() {
  const bool wants_sync = options_.sync_interval.count() > 0;
  const bool wants_work = IsSpareDue() || log_.total_bytes() > options_.log_bytes_max / 2;
  if (!wants_sync && !wants_work) return;
  MutexLock lock(mutex_);
  if (wants_sync && !sync_due_) {
    sync_due_ = clock_.NowSteady() + options_.sync_interval;
    changed_.NotifyOne();
  }
  if (wants_work && !is_awake_) {
    is_awake_ = true;
    changed_.NotifyOne();
  }
}

void WalKeeper::OnTrimmed() {
  MutexLock lock(mutex_);
  if (is_awake_) return;
  is_awake_ = true;
  changed_.NotifyOne();
}

void WalKeeper::Close() {
  {
    MutexLock lock(mutex_);
    is_closed_ = true;
    changed_.NotifyOne();
  }
  if (!thread_.joinable()) return;
  thread_.Join();
  Release();
}

void WalKeeper::Loop() {
  for (;;) {
    bool has_work = false;
    {
      MutexLock lock(mutex_);
      while (!is_closed_ && !is_awake_) {
        const auto due = DueLocked();
        if (!due) {
          changed_.Wait(lock);
        } else if (clock_.NowSteady() < *due) {
          clock_.WaitUntil(changed_, lock, *due);
        } else {
          break;
        }
      }
      if (is_closed_) return;
      has_work = std::exchange(is_awake_, false) || retry_due_;
      retry_due_.reset();
    }
    try {
      SyncIfDue();
      if (has_work) Work();
    } catch (...) {
      LogExceptionOf("wal-keeper", "was interrupted and will try again");
      TryAgainLater();
    }
  }
}

std::optional<Clock::SteadyTime> WalKeeper::DueLocked() const {
  if (!sync_due_ || !retry_due_) return sync_due_ ? sync_due_ : retry_due_;
  return std::min(*sync_due_, *retry_due_);
}

// What was to be synced may be unsynced still.
void WalKeeper::TryAgainLater() {
  MutexLock lock(mutex_);
  retry_due_ = clock_.NowSteady() + kRetryInterval;
  if (options_.sync_interval.count() > 0) sync_due_ = retry_due_;
}

void WalKeeper::SyncIfDue() {
  {
    MutexLock lock(mutex_);
    if (!sync_due_ || clock_.NowSteady() < *sync_due_) return;
    sync_due_.reset();
  }
  // The log remembers the first failure, and says so to every write after it.
  IgnoreFailure(log_.SyncTo(log_.written_lsn()), "the next write is refused with it");
}

void WalKeeper::Work() {
  Release();
  if (IsSpareDue()) {
    spare_due_ = clock_.NowSteady() + kSpareInterval;
    const auto prepared = log_.PrepareSpare();
    if (!prepared.ok()) LogWarning("wal: no spare segment: {}", LogText(prepared.error()));
  }
  if (IsReliefDue()) RelievePressure();
}

void WalKeeper::Release() {
  // First how far requests are published, then what of them is not in files: what is published in
  // between is above both.
  const auto published = tables_.visible_lsn();
  const auto oldest = tables_.oldest_unflushed_lsn();
  const auto smallest = oldest ? std::min(*oldest, Next(published)) : Next(published);
  if (smallest <= released_lsn_) return;
  const auto released = log_.Release(smallest);
  if (!released.ok()) return LogWarning("wal: cannot free: {}", LogText(released.error()));
  released_lsn_ = smallest;
  const auto segments = log_.segments();
  const auto first = segments.empty() ? smallest : std::min(segments.front().first, smallest);
  hooks_.on_released(first);
}

bool WalKeeper::IsSpareDue() const {
  return log_.wants_spare() && clock_.NowSteady() >= spare_due_.load();
}

// Not at every wake-up: a relief looks at every measurement, and its flushes take their time.
bool WalKeeper::IsReliefDue() {
  const auto bytes = log_.total_bytes();
  if (bytes <= options_.log_bytes_max / 2) return false;
  const auto now = clock_.NowSteady();
  const bool has_grown = bytes >= relieved_bytes_ + options_.log_bytes_max / kReliefGrowthDivisor;
  if (!has_grown && now < relieved_at_ + kReliefInterval) return false;
  relieved_at_ = now;
  relieved_bytes_ = bytes;
  return true;
}

// Frees the oldest closed segments: their rows, when few, are copied into a checkpoint; when many,
// they are flushed, and this is called again when that is done.
void WalKeeper::RelievePressure() {
  const auto segments = log_.segments();
  auto left = log_.total_bytes();
  std::uint64_t freed = 0;
  auto last_lsn = kLsnZero;
  for (std::size_t i = 0; i + 1 < segments.size(); i++) {
    if (left <= options_.log_bytes_max / kRelievedDivisor) break;
    if (segments[i].last > tables_.visible_lsn()) break;
    left -= segments[i].byte_count;
    freed += segments[i].byte_count;
    last_lsn = std::max(last_lsn, segments[i].last);
  }
  if (last_lsn == kLsnZero) return;
  if (BytesOf(tables_.ListUnflushed(last_lsn)) <= freed / kCopyDivisor) {
    const auto copied = CopyRows(last_lsn);
    if (!copied.ok()) LogWarning("wal: no checkpoint: {}", LogText(copied.error()));
    return;
  }
  if (hooks_.flush_older_than(last_lsn, kWorthAFileRows) == 0) hooks_.flush_older_than(last_lsn, 1);
}

Result<void> WalKeeper::CopyRows(Lsn last_lsn) {
  const auto measurements = tables_.ListUnflushed(last_lsn);
  return log_.WriteCheckpoint(last_lsn, [&](wal::Log::CheckpointSink& sink) -> Result<void> {
    for (const auto& live : measurements) {
      for (auto& rows : live->PeekRequests(last_lsn)) {
        TRY(CopyRequests(*live, std::move(rows), sink));
      }
    }
    return {};
  });
}

}  // namespace arc::write
