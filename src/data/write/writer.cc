#include "data/write/writer.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "data/buffer/schema_admission.h"

namespace arc::write {
namespace {

// Flushing starts early enough that a steady stream never meets the limit.
constexpr double kRelieveAtShare = 0.7;

// Of a refusal by the sequencer or the log, for the metric.
const char* ReasonOf(ErrorCode code) {
  switch (code) {
    case ErrorCode::kNoSpace:
      return "no_space";
    case ErrorCode::kOverloaded:
      return "queue_or_log_full";
    case ErrorCode::kTooLarge:
      return "too_large";
    case ErrorCode::kCancelled:
      return "shutdown";
    default:
      return "log_failed";
  }
}

// Decoding and admission each report by line; the client gets one list in order.
void SortAndCut(RejectionReport& report) {
  std::stable_sort(report.first.begin(), report.first.end(),
                   [](const Rejection& a, const Rejection& b) { return a.line < b.line; });
}

}  // namespace

Writer::Writer(WriteLimits limits, buffer::LiveMeasurements& tables, Sequencer& sequencer,
               Metrics& metrics, MemoryHooks memory, Gate gate)
    : limits_(limits),
      tables_(tables),
      sequencer_(sequencer),
      memory_(std::move(memory)),
      gate_(std::move(gate)),
      records_(metrics.AddCounter("arc_ingest_records_total", "Rows accepted.")),
      rejected_(metrics.AddCounter("arc_ingest_rejected_total", "Rows or lines refused.")),
      metrics_(metrics) {}

// Looks the counter up, which takes a lock: refusals are few, or the time is there.
void Writer::Refuse(const char* reason, Error error, const Completion& completion) {
  metrics_
      .AddCounter("arc_writes_refused_total", "Write requests refused whole.",
                  fmt::format("reason=\"{}\"", reason))
      .Add();
  completion(std::move(error));
}

Result<void> Writer::AdmitMemory(const DecodedBody& body) {
  std::size_t own_bytes = 0;
  for (const auto& measurement : body.measurements) own_bytes += MemoryBytes(measurement.batch);
  if (own_bytes > limits_.buffered_bytes_max) {
    return Error{ErrorCode::kTooLarge,
                 fmt::format("the request's rows need {} bytes in memory, more than all rows may "
                             "have ({}, ingest.memory_budget): send it in parts",
                             own_bytes, limits_.buffered_bytes_max)};
  }
  if (memory_.is_out && memory_.is_out()) {
    memory_.relieve();
    return Error{ErrorCode::kOverloaded,
                 "the server has more memory than server.memory_limit, until rows are flushed: "
                 "retry later"};
  }
  const auto bytes = tables_.buffered_bytes() + sequencer_.queued_bytes() + own_bytes;
  const auto limit = static_cast<double>(limits_.buffered_bytes_max);
  if (static_cast<double>(bytes) > kRelieveAtShare * limit) memory_.relieve();
  if (bytes <= limits_.buffered_bytes_max) return {};
  return Error{ErrorCode::kOverloaded,
               fmt::format("rows in memory would exceed ingest.memory_budget ({} bytes) until some "
                           "are flushed: retry later",
                           limits_.buffered_bytes_max)};
}

Result<std::shared_ptr<buffer::LiveMeasurement>> Writer::FindOrCreate(
    const std::string& database, const DecodedMeasurement& decoded, RejectionReport& report) {
  auto live = tables_.Find(database, decoded.measurement);
  if (live != nullptr) return live;
  if (tables_.measurement_count(database) < limits_.ingest.measurements_max) {
    return tables_.FindOrCreate({database, decoded.measurement});
  }
  const auto reason = fmt::format(
      "measurement \"{}\" would be one more than the {} measurements a database may have "
      "(ingest.max_measurements)",
      decoded.measurement, limits_.ingest.measurements_max);
  for (std::size_t row = 0; row < decoded.lines.size(); row++) {
    Refusal refusal(RefusalKind::kLimit, reason);
    refusal.measurement = decoded.measurement;
    const bool is_told = report.TellsNext();
    report.Add(decoded.lines[row], std::move(refusal),
               is_told ? ShownText(RowText(decoded.measurement, decoded.batch, row, kShownTextMax))
                       : std::string());
  }
  return {nullptr};
}

Result<WriteRecord> Writer::Admit(const std::string& database, DecodedBody& body) {
  WriteRecord record;
  for (auto& decoded : body.measurements) {
    auto live = TRY(FindOrCreate(database, decoded, body.rejections));
    if (live == nullptr) continue;
    buffer::AdmitBatch(*live, limits_.ingest, decoded, body.rejections);
    if (decoded.batch.row_count() == 0) continue;
    auto batch = std::make_shared<const ColumnBatch>(std::move(decoded.batch));
    record.byte_count += MemoryBytes(*batch);
    record.parts.push_back({std::move(live), std::move(batch)});
  }
  return record;
}

void Writer::Write(const std::string& database, DecodedBody body, Completion completion,
                   const RejectionListener& on_rejected) {
  auto opened = gate_();
  if (!opened.ok()) return Refuse("storage_gone", std::move(opened).TakeError(), completion);
  auto admitted = AdmitMemory(body);
  if (!admitted.ok()) return Refuse("memory", std::move(admitted).TakeError(), completion);

  auto admitted_rows = Admit(database, body);
  if (!admitted_rows.ok()) {
    return Refuse("dropping", std::move(admitted_rows).TakeError(), completion);
  }
  auto record = std::move(admitted_rows).TakeValue();
  WriteOutcome outcome;
  outcome.rejections = std::move(body.rejections);
  SortAndCut(outcome.rejections);
  for (const auto& part : record.parts) outcome.accepted += part.batch->row_count();
  rejected_.Add(outcome.rejections.count);
  if (outcome.rejections.count > 0 && on_rejected) on_rejected(outcome);
  if (record.parts.empty()) return completion(std::move(outcome));

  const auto accepted = outcome.accepted;
  auto queued = sequencer_.Append(
      std::move(record),
      [this, accepted, completion, outcome = std::move(outcome)](Result<Lsn> stored) mutable {
        if (!stored.ok()) {
          const auto* reason = ReasonOf(stored.error().code);
          return Refuse(reason, std::move(stored).TakeError(), completion);
        }
        records_.Add(accepted);
        completion(std::move(outcome));
      });
  if (!queued.ok()) {
    const auto* reason = ReasonOf(queued.error().code);
    return Refuse(reason, std::move(queued).TakeError(), completion);
  }
}

}  // namespace arc::write
