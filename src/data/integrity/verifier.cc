#include "data/integrity/verifier.h"

#include <algorithm>
#include <random>
#include <unordered_set>
#include <utility>

#include "data/integrity/file_verification.h"
#include "foundation/base/exception_error.h"
#include "foundation/base/log.h"

namespace arc::integrity {
namespace {

// How long to wait after an exception: memory may be free again by then.
constexpr std::chrono::seconds kAgainAfter{60};

// How much a look may read of damaged files, to see whether they are whole again.
constexpr std::uint64_t kReviewedBytesMax = std::uint64_t{256} << 20;
// Looks take at most a hundredth of the time.
constexpr int kLookShare = 100;

template <class Visit>
void ForEachFile(const catalog::MeasurementState& state, const Visit& visit) {
  for (const auto& placed : state.files.blocks()) {
    for (const auto& file : placed.block->files) {
      if (!visit(*file)) return;
    }
  }
}

}  // namespace

Verifier::Verifier(Options options, fs::FileSystem& file_system, const catalog::Catalog& catalog,
                   DamagedFiles& damaged_files, const Clock& clock, Metrics& metrics)
    : options_(std::move(options)),
      file_system_(file_system),
      catalog_(catalog),
      damaged_files_(damaged_files),
      clock_(clock),
      read_bytes_(metrics.AddCounter("arc_verified_bytes_total",
                                     "Bytes of stored files read to verify them.")),
      next_pass_(clock.NowSteady() + options_.first_pass_after),
      next_look_(clock.NowSteady()),
      may_read_at_(clock.NowSteady()) {
  metrics.AddGauge("arc_verify_finished_timestamp_seconds",
                   "When all stored files were last verified, in seconds since 1970.",
                   [this] { return static_cast<double>(status().finished_at) / 1e6; });
  thread_ = Thread("file-verify", [this] { Run(); });
}

std::uint64_t Verifier::VerifyNow() {
  const MutexLock lock(mutex_);
  if (status_.is_running && status_.is_hurried) return status_.pass;
  is_asked_for_ = true;
  changed_.NotifyAll();
  return status_.pass + 1;
}

VerifyStatus Verifier::status() const {
  const MutexLock lock(mutex_);
  return status_;
}

void Verifier::Close() {
  {
    const MutexLock lock(mutex_);
    is_stopping_ = true;
    changed_.NotifyAll();
  }
  if (thread_.joinable()) thread_.Join();
}

void Verifier::Run() {
  for (;;) {
    const auto work = WaitForWork();
    if (work == Work::kStop) return;
    try {
      work == Work::kLook ? Look() : Pass();
    } catch (...) {
      LogExceptionOf("verify", "was interrupted and will begin anew later");
      GiveUpWork();
    }
  }
}

void Verifier::GiveUpWork() {
  const MutexLock lock(mutex_);
  status_.is_running = false;
  next_look_ = clock_.NowSteady() + kAgainAfter;
}

Verifier::Work Verifier::WaitForWork() {
  MutexLock lock(mutex_);
  for (;;) {
    if (is_stopping_) return Work::kStop;
    const auto now = clock_.NowSteady();
    const bool is_pass_due = options_.bytes_per_second > 0 && now >= next_pass_;
    if (is_asked_for_ || is_pass_due) {
      status_.is_hurried = std::exchange(is_asked_for_, false);
      status_.is_running = true;
      status_.pass++;
      status_.started_at = clock_.NowMicros();
      status_.file_count = status_.byte_count = 0;
      status_.checked_file_count = status_.checked_byte_count = status_.damaged_count = 0;
      next_pass_ = now + options_.pass_interval;
      return Work::kPass;
    }
    if (now >= next_look_) return Work::kLook;
    const auto next = options_.bytes_per_second > 0 ? std::min(next_pass_, next_look_) : next_look_;
    changed_.WaitUntil(lock, next);
  }
}

// Keeps the states, not the snapshot, which would keep removed files on the disk.
std::vector<Verifier::State> Verifier::Measurements() const {
  std::vector<State> states;
  const auto snapshot = catalog_.snapshot();
  for (const auto& database : snapshot->Databases()) {
    for (auto& state : snapshot->Measurements(database->name)) states.push_back(std::move(state));
  }
  return states;
}

void Verifier::Pass() {
  auto states = Measurements();
  // Begin anywhere: so a server that is restarted often still verifies all measurements in time.
  if (!states.empty()) {
    const auto first = std::random_device()() % states.size();
    std::ranges::rotate(states, states.begin() + static_cast<std::ptrdiff_t>(first));
  }
  {
    const MutexLock lock(mutex_);
    for (const auto& state : states) {
      status_.file_count += state->files.size();
      status_.byte_count += state->files.byte_count();
    }
  }
  bool is_complete = true;
  for (const auto& state : states) {
    is_complete = PassOver(*state);
    if (!is_complete) break;
  }
  VerifyStatus done;
  {
    const MutexLock lock(mutex_);
    status_.is_running = false;
    if (is_complete) {
      status_.finished_pass = status_.pass;
      status_.finished_at = clock_.NowMicros();
    }
    done = status_;
  }
  if (!is_complete) return;
  LogInfo("verify: {} stored files of {} MiB compared with what was written, {} missing or damaged",
          done.checked_file_count, done.checked_byte_count >> 20, done.damaged_count);
}

bool Verifier::PassOver(const catalog::MeasurementState& state) {
  bool goes_on = true;
  ForEachFile(state, [&](const catalog::FileEntry& file) {
    const auto outcome = VerifyFile(file_system_, options_.root, file,
                                    [this](std::uint64_t count) { return WaitToRead(count); });
    goes_on = outcome.ok() || outcome.error().code != ErrorCode::kCancelled;
    if (!goes_on) return false;
    Settle(state, file, outcome);
    const MutexLock lock(mutex_);
    status_.checked_file_count++;
    // A file that was removed meanwhile counts as checked, never as damaged.
    status_.checked_byte_count += file.byte_count;
    return true;
  });
  return goes_on;
}

void Verifier::Settle(const catalog::MeasurementState& state, const catalog::FileEntry& file,
                      const Result<void>& outcome) {
  if (outcome.ok()) return damaged_files_.Forget(file.path);
  if (!DamageOf(outcome.error()) || !IsLive(state, file)) return;
  damaged_files_.ReportError(file.path, outcome.error());
  const MutexLock lock(mutex_);
  if (status_.is_running) status_.damaged_count++;
}

bool Verifier::IsLive(const catalog::MeasurementState& state,
                      const catalog::FileEntry& file) const {
  const auto now = catalog_.snapshot()->FindMeasurement(state.name);
  if (now == nullptr || now->id != state.id) return false;
  for (const auto& placed : now->files.blocks()) {
    const auto& block = *placed.block;
    if (file.min_time < block.min_time || file.max_time > block.max_time) continue;
    const auto is_it = [&](const auto& other) { return other->path == file.path; };
    if (std::ranges::any_of(block.files, is_it)) return true;
  }
  return false;
}

// Waits until the rate allows reading more; a hurried pass never waits. Returns false when the pass
// must end: the server stops, or somebody asked for a hurried pass while a slow one runs.
bool Verifier::WaitToRead(std::uint64_t byte_count) {
  MutexLock lock(mutex_);
  if (!status_.is_hurried) {
    const auto seconds = static_cast<double>(byte_count) /
                         static_cast<double>(std::max<std::uint64_t>(1, options_.bytes_per_second));
    const auto begin = std::max(may_read_at_, clock_.NowSteady());
    while (!is_stopping_ && !is_asked_for_ && clock_.NowSteady() < begin) {
      changed_.WaitUntil(lock, begin);
    }
    may_read_at_ = begin + std::chrono::duration_cast<std::chrono::steady_clock::duration>(
                               std::chrono::duration<double>(seconds));
    if (is_asked_for_) return false;
  }
  read_bytes_.Add(byte_count);
  return !is_stopping_;
}

void Verifier::Look() {
  const auto began = clock_.NowSteady();
  std::unordered_set<std::string> known;
  for (auto& file : damaged_files_.List()) known.insert(std::move(file.path));
  std::uint64_t reviewed_bytes = 0;
  for (const auto& state : Measurements()) {
    ForEachFile(*state, [&](const catalog::FileEntry& file) {
      const bool was_damaged = known.erase(file.path) > 0;
      auto outcome = LookAtFile(file_system_, options_.root, file);
      if (outcome.ok() && was_damaged && reviewed_bytes < kReviewedBytesMax) {
        reviewed_bytes += file.byte_count;
        outcome = VerifyFile(file_system_, options_.root, file,
                             [this](std::uint64_t) { return !is_stopping_; });
        if (outcome.ok()) damaged_files_.Forget(file.path);
      }
      if (!outcome.ok()) Settle(*state, file, outcome);
      return !is_stopping_;
    });
    if (is_stopping_) return;
  }
  // The paths that are left belong to no measurement any more.
  for (const auto& path : known) damaged_files_.Forget(path);
  const MutexLock lock(mutex_);
  const auto took = clock_.NowSteady() - began;
  next_look_ = clock_.NowSteady() +
               std::max<Clock::SteadyTime::duration>(options_.look_interval, took * kLookShare);
}

}  // namespace arc::integrity
