#include "data/write/replay.h"

#include <algorithm>
#include <memory>
#include <utility>

#include "data/buffer/schema_admission.h"

namespace arc::write {

Replay::Replay(Options options, buffer::LiveMeasurements& tables, const Clock& clock,
               PublishedListener on_published, MakeRoom make_room)
    : options_(std::move(options)),
      tables_(tables),
      clock_(clock),
      on_published_(std::move(on_published)),
      make_room_(std::move(make_room)) {}

// Null for those that were dropped. Joins all schemas: nothing can be refused after it.
Result<std::vector<std::shared_ptr<buffer::LiveMeasurement>>> Replay::FindMeasurements(
    std::vector<wal::DecodedRows>& parts) {
  std::vector<std::shared_ptr<buffer::LiveMeasurement>> found;
  for (auto& part : parts) {
    if (options_.dropped.contains(part.id)) {
      found.push_back(nullptr);
      continue;
    }
    found.push_back(TRY(tables_.RestoreNew(part.id, part.name)));
    TRY(buffer::JoinRegistered(*found.back(), part.batch));
  }
  return found;
}

Result<void> Replay::Apply(const wal::RecoveredRecord& record) {
  auto parts = TRY(wal::DecodeRows(record.payload));
  const auto measurements = TRY(FindMeasurements(parts));
  const auto now = clock_.NowSteady();
  for (std::size_t i = 0; i < parts.size(); i++) {
    const auto& live = measurements[i];
    if (live == nullptr) continue;
    auto& [id, name, rows, ends] = parts[i];
    if (ends.empty()) ends = {{record.lsn, rows.row_count()}};
    const auto rows_before = live->usage().row_count;
    live->PublishRequests(std::make_shared<const ColumnBatch>(std::move(rows)), std::move(ends),
                          now);
    row_count_ += live->usage().row_count - rows_before;
    on_published_(live);
  }
  // What is flushed from here on is taken up to the visible LSN. Nobody can ask queries yet.
  tables_.AdvanceVisible(std::max(tables_.visible_lsn(), record.lsn));
  if (tables_.buffered_bytes() > options_.buffered_bytes_max) return make_room_();
  return {};
}

}  // namespace arc::write
