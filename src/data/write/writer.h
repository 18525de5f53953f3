// The write path behind every protocol: admits a decoded request, sequences it, reports.

#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "data/buffer/live_measurements.h"
#include "data/write/sequencer.h"
#include "foundation/base/metrics.h"
#include "foundation/base/result.h"
#include "foundation/model/decoded_body.h"
#include "foundation/model/ingest_limits.h"

namespace arc::write {

struct WriteLimits {
  IngestLimits ingest;
  std::size_t buffered_bytes_max;  // of rows in memory, waiting ones included
};

struct WriteOutcome {
  std::uint64_t accepted = 0;
  RejectionReport rejections;  // told ones in order of their lines
};

// Lifetime: built by Store after the sequencer, outlived by it.
// Threads:  any thread may call Write; everything that can refuse a row happens on that thread,
//           before the request has a place in the order.
class Writer {
 public:
  using Completion = std::function<void(Result<WriteOutcome>)>;
  // Told what is not stored, on the caller's thread, before the rest is: it may write a log.
  using RejectionListener = std::function<void(const WriteOutcome&)>;
  // May not block.
  struct MemoryHooks {
    std::function<void()> relieve;  // asked to make room when memory runs short
    std::function<bool()> is_out;   // the process is over its limit; none: it never is
  };

  // What it fails with, a request fails with before anything is looked at; must not block.
  using Gate = std::function<Result<void>()>;

  Writer(
      WriteLimits limits, buffer::LiveMeasurements& tables, Sequencer& sequencer, Metrics& metrics,
      MemoryHooks memory, Gate gate = [] { return Result<void>(); });

  // Stores the rows of `body` in `database` (a valid name). `completion` is called once, here or on
  // the sequencer's thread: with what was stored and what was not, after the rows are visible; with
  // kOverloaded when they would not fit in memory, kTooLarge when they never would; then none is
  // stored.
  void Write(const std::string& database, DecodedBody body, Completion completion,
             const RejectionListener& on_rejected = {});

 private:
  Result<void> AdmitMemory(const DecodedBody& body);
  void Refuse(const char* reason, Error error, const Completion& completion);
  // Null when the rows were rejected.
  Result<std::shared_ptr<buffer::LiveMeasurement>> FindOrCreate(const std::string& database,
                                                                const DecodedMeasurement& decoded,
                                                                RejectionReport& report);
  Result<WriteRecord> Admit(const std::string& database, DecodedBody& body);

  const WriteLimits limits_;
  buffer::LiveMeasurements& tables_;
  Sequencer& sequencer_;
  const MemoryHooks memory_;
  const Gate gate_;
  Counter& records_;
  Counter& rejected_;
  Metrics& metrics_;
};

}  // namespace arc::write
