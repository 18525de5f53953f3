#include "data/buffer/buffered_batch.h"

#include <algorithm>
#include <cstdint>
#include <iterator>

namespace arc::buffer {
namespace {

// A query and a flush pay per batch, folding pays per row: batches this large are left alone.
constexpr std::size_t kTinyRowsMax = 512;
// A batch costs as much memory as 30 rows, and a hundred thousand measurements may have but a few
// rows each: of batches smaller than this only the newest ones stay apart.
constexpr std::size_t kSmallestRowsMax = 64;
// So many neighbours of one size class are folded at once. Three single rows join those before them
// (about ten copies of a row until there are 64), then batches of 64 do (two more).
constexpr std::size_t kFoldCount = 4;

enum class SizeClass : std::uint8_t { kSmallest, kTiny, kLarge };

SizeClass SizeClassOf(const BufferedBatch& buffered) {
  const auto row_count = buffered.batch->row_count();
  if (row_count < kSmallestRowsMax) return SizeClass::kSmallest;
  return row_count < kTinyRowsMax ? SizeClass::kTiny : SizeClass::kLarge;
}

// True when every column that both have is of one type.
bool HaveSameTypes(const ColumnBatch& a, const ColumnBatch& b) {
  for (const auto& column : a.columns) {
    for (const auto& other : b.columns) {
      if (column.name == other.name && column.type() != other.type()) return false;
    }
  }
  return true;
}

}  // namespace

std::size_t RowEnd(const RequestEnds& ends, Lsn lsn) {
  const auto after = std::upper_bound(ends.begin(), ends.end(), lsn,
                                      [](Lsn a, const auto& end) { return a < end.lsn; });
  return after == ends.begin() ? 0 : std::prev(after)->row_end;
}

BufferedBatch MakeBufferedBatch(std::shared_ptr<const ColumnBatch> batch, RequestEnds ends,
                                Clock::SteadyTime published) {
  const auto byte_count = MemoryBytes(*batch) + ends.capacity() * sizeof(RequestEnds::value_type);
  return {std::move(batch), std::move(ends), byte_count, published};
}

std::size_t CountToFold(std::span<const BufferedBatch> batches) {
  const auto newest_class = std::min(SizeClassOf(batches.back()), SizeClass::kTiny);
  std::size_t count = 0;
  while (count < batches.size()) {
    const auto& older = batches[batches.size() - 1 - count];
    if (SizeClassOf(older) > newest_class) break;
    const auto newer = batches.last(count);
    const bool joins = std::all_of(newer.begin(), newer.end(), [&](const BufferedBatch& buffered) {
      return HaveSameTypes(*older.batch, *buffered.batch);
    });
    if (!joins) break;
    count++;
  }
  return count < kFoldCount ? 0 : count;
}

BufferedBatch Fold(std::span<const BufferedBatch> batches) {
  std::size_t request_count = 0;
  for (const auto& buffered : batches) request_count += buffered.ends.size();
  std::vector<const ColumnBatch*> parts;
  RequestEnds ends;
  ends.reserve(request_count);
  std::size_t row_count = 0;
  for (const auto& buffered : batches) {
    parts.push_back(buffered.batch.get());
    for (const auto& [lsn, row_end] : buffered.ends) ends.push_back({lsn, row_count + row_end});
    row_count += buffered.batch->row_count();
  }
  return MakeBufferedBatch(std::make_shared<const ColumnBatch>(Concatenate(parts)), std::move(ends),
                           batches.front().published);
}

}  // namespace arc::buffer
