#include "data/buffer/live_measurement.h"

#include <gtest/gtest.h>

#include <random>

#include "foundation/testing/batch_builder.h"

namespace arc::buffer {
namespace {

using ::arc::testing::BatchBuilder;

constexpr Clock::SteadyTime kNow{};

std::shared_ptr<const RowSchema> NoColumns() { return std::make_shared<const RowSchema>(); }

// One row whose time and value are both `value`.
std::shared_ptr<const ColumnBatch> OneRow(std::int64_t value) {
  return std::make_shared<const ColumnBatch>(
      BatchBuilder().Time({value}).Int64("v", {value}).Build());
}

std::vector<std::int64_t> Values(const std::vector<BatchSlice>& slices) {
  std::vector<std::int64_t> values;
  for (const auto& slice : slices) {
    for (auto row = slice.row_begin; row < slice.row_end; row++) {
      values.push_back(slice.batch->times[row]);
    }
  }
  return values;
}

TEST(LiveMeasurementTest, ReadsExactlyTheRequestsOfTheWindow) {
  LiveMeasurement live(MeasurementId{1}, {"db", "m"}, NoColumns(), kLsnZero);
  for (std::int64_t i = 1; i <= 1000; i++)
    live.Publish(Lsn(static_cast<std::uint64_t>(i)), OneRow(i), kNow);
  for (std::uint64_t after = 0; after <= 1000; after += 37) {
    for (std::uint64_t last_lsn = after; last_lsn <= 1000; last_lsn += 41) {
      const auto view = live.Read(Lsn{after}, Lsn{last_lsn});
      ASSERT_TRUE(view.has_value());
      const auto values = Values(view->slices);
      ASSERT_EQ(values.size(), last_lsn - after);
      for (std::size_t i = 0; i < values.size(); i++) {
        ASSERT_EQ(values[i], static_cast<std::int64_t>(after + 1 + i));
      }
    }
  }
}

TEST(LiveMeasurementTest, FoldsTinyBatchesIntoFewSlices) {
  LiveMeasurement live(MeasurementId{1}, {"db", "m"}, NoColumns(), kLsnZero);
  for (std::uint64_t i = 1; i <= 4096; i++)
    live.Publish(Lsn{i}, OneRow(static_cast<std::int64_t>(i)), kNow);
  EXPECT_LE(live.Read(kLsnZero, Lsn{4096})->slices.size(), 32u);
  EXPECT_EQ(live.usage().row_count, 4096u);
}

// A reader pinned before the column became double reads later: it must still find integers.
TEST(LiveMeasurementTest, FoldingNeverChangesATypeUnderAReader) {
  LiveMeasurement live(MeasurementId{1}, {"db", "m"}, NoColumns(), kLsnZero);
  for (std::uint64_t i = 1; i <= 64; i++) {
    auto row = OneRow(static_cast<std::int64_t>(i));
    if (i % 7 == 6) {
      row = std::make_shared<const ColumnBatch>(BatchBuilder().Time({1}).Bool("w", {true}).Build());
    } else if (i % 7 == 0) {
      row =
          std::make_shared<const ColumnBatch>(BatchBuilder().Time({1}).Double("v", {0.5}).Build());
    }
    live.Publish(Lsn{i}, row, kNow);
  }
  const auto view = live.Read(kLsnZero, Lsn{6});
  ASSERT_TRUE(view.has_value());
  for (const auto& slice : view->slices) {
    for (const auto& column : slice.batch->columns) {
      EXPECT_NE(column.type(), ColumnType::kDouble);
    }
  }
}

TEST(LiveMeasurementTest, TrimKeepsLaterRowsOfAFoldedChunk) {
  LiveMeasurement live(MeasurementId{1}, {"db", "m"}, NoColumns(), kLsnZero);
  for (std::uint64_t i = 1; i <= 8; i++)
    live.Publish(Lsn{i}, OneRow(static_cast<std::int64_t>(i)), kNow);
  live.TrimFlushed(Lsn{5});
  EXPECT_EQ(Values(live.Read(Lsn{5}, Lsn{8})->slices), (std::vector<std::int64_t>{6, 7, 8}));
  EXPECT_EQ(live.usage().row_count, 3u);
  const auto prefix = live.PeekPrefix(Lsn{7});
  ASSERT_TRUE(prefix.has_value());
  EXPECT_EQ(prefix->flushed_from, Lsn{5});
  EXPECT_EQ(prefix->flushed_to, Lsn{7});
  EXPECT_EQ(prefix->row_count, 2u);
}

TEST(LiveMeasurementTest, ReadOfTrimmedRowsAsksForANewerSnapshot) {
  LiveMeasurement live(MeasurementId{1}, {"db", "m"}, NoColumns(), kLsnZero);
  live.Publish(Lsn{3}, OneRow(3), kNow);
  live.TrimFlushed(Lsn{3});
  EXPECT_FALSE(live.Read(Lsn{2}, Lsn{3}).has_value());
  EXPECT_TRUE(live.Read(Lsn{3}, Lsn{3})->slices.empty());
  EXPECT_FALSE(live.PeekPrefix(Lsn{100}).has_value());
}

TEST(LiveMeasurementTest, MemoryIsCountedAndGivenBack) {
  BufferTotals totals;
  LiveMeasurement live(MeasurementId{1}, {"db", "m"}, NoColumns(), kLsnZero, &totals);
  for (std::uint64_t i = 1; i <= 100; i++) {
    live.Publish(Lsn{i}, OneRow(1), kNow);
    ASSERT_EQ(totals.buffered_bytes(), live.usage().byte_count);
    ASSERT_GT(totals.buffered_bytes(), 0u);
  }
  live.TrimFlushed(Lsn{100});
  EXPECT_EQ(totals.buffered_bytes(), 0u);
  EXPECT_EQ(totals.reader_held_bytes(), 0u);
}

TEST(LiveMeasurementTest, CountsWhatOnlyReadersHold) {
  BufferTotals totals;
  LiveMeasurement live(MeasurementId{1}, {"db", "m"}, NoColumns(), kLsnZero, &totals);
  live.Publish(Lsn{1}, OneRow(1), kNow);
  live.Publish(Lsn{2}, OneRow(2), kNow);
  auto reader = live.Read(kLsnZero, Lsn{1});
  auto other_reader = live.Read(kLsnZero, Lsn{1});
  EXPECT_EQ(totals.reader_held_bytes(), 0u);  // is still buffered
  const auto both = live.usage().byte_count;
  live.TrimFlushed(Lsn{2});
  EXPECT_EQ(totals.buffered_bytes(), 0u);
  EXPECT_EQ(totals.reader_held_bytes(), both / 2);  // the second row went
  reader.reset();
  EXPECT_EQ(totals.reader_held_bytes(), both / 2);
  other_reader.reset();
  EXPECT_EQ(totals.reader_held_bytes(), 0u);
}

TEST(LiveMeasurementTest, CountsWhatOneReaderHolds) {
  BufferTotals totals;
  LiveMeasurement live(MeasurementId{1}, {"db", "m"}, NoColumns(), kLsnZero, &totals);
  live.Publish(Lsn{1}, OneRow(1), kNow);
  live.Publish(Lsn{2}, OneRow(2), kNow);
  const auto one = live.usage().byte_count / 2;
  const auto reader_of_both = live.Read(kLsnZero, Lsn{2});
  auto reader_of_one = live.Read(Lsn{1}, Lsn{2});
  const BatchSet second{reader_of_one->slices[0].batch};
  EXPECT_EQ(totals.reader_held_bytes(second), 0u);  // is still buffered
  live.TrimFlushed(Lsn{2});
  EXPECT_EQ(totals.reader_held_bytes(), 2 * one);
  EXPECT_EQ(totals.reader_held_bytes(second), one);
  EXPECT_EQ(totals.reader_held_bytes({}), 0u);
}

TEST(LiveMeasurementTest, CountsWhatReadersHoldOfFoldedRows) {
  BufferTotals totals;
  LiveMeasurement live(MeasurementId{1}, {"db", "m"}, NoColumns(), kLsnZero, &totals);
  live.Publish(Lsn{1}, OneRow(1), kNow);
  const auto one = live.usage().byte_count;
  auto reader = live.Read(kLsnZero, Lsn{1});
  for (std::uint64_t i = 2; i <= 8; i++) live.Publish(Lsn{i}, OneRow(1), kNow);
  EXPECT_EQ(totals.reader_held_bytes(), one);
  reader.reset();
  EXPECT_EQ(totals.reader_held_bytes(), 0u);
}

TEST(LiveMeasurementTest, DroppedItHoldsNothingForEver) {
  BufferTotals totals;
  LiveMeasurement live(MeasurementId{1}, {"db", "m"}, NoColumns(), kLsnZero, &totals);
  live.Publish(Lsn{1}, OneRow(1), kNow);
  const auto reader = live.Read(kLsnZero, Lsn{1});
  live.MarkDropped();
  EXPECT_TRUE(live.is_dropped());
  live.Publish(Lsn{2}, OneRow(2), kNow);
  EXPECT_EQ(live.usage().row_count, 0u);
  EXPECT_EQ(totals.buffered_bytes(), 0u);
  EXPECT_FALSE(totals.oldest_lsn());
  EXPECT_FALSE(live.PeekPrefix(Lsn{2}));
  EXPECT_FALSE(live.Read(Lsn{1}, Lsn{2}));  // a query starts over and finds no such measurement
  EXPECT_EQ(Values(reader->slices), std::vector<std::int64_t>{1});
}

TEST(LiveMeasurementTest, VisibleSchemaGrowsWithPublishedBatchesOnly) {
  LiveMeasurement live(MeasurementId{1}, {"db", "m"}, NoColumns(), kLsnZero);
  const auto registered = live.registered_schema();
  const auto joined =
      JoinSchemas(registered, RowSchema({{"v", ColumnType::kInt64, ColumnRole::kField},
                                         {"w", ColumnType::kBool, ColumnRole::kField}}));
  ASSERT_TRUE(live.ReplaceRegisteredSchema(registered, joined));
  EXPECT_FALSE(live.ReplaceRegisteredSchema(registered, joined));
  live.Publish(Lsn{1}, OneRow(1), kNow);
  EXPECT_EQ(live.Read(kLsnZero, Lsn{1})->schema->columns().size(), 1u);
  EXPECT_EQ(live.registered_schema()->columns().size(), 2u);
}

// What PeekRequests gives makes a measurement that reads the same, request by request.
void ExpectCopyReadsAlike(const LiveMeasurement& live, Lsn trimmed, Lsn last_lsn) {
  LiveMeasurement copy(MeasurementId{2}, {"db", "copy"}, NoColumns(), trimmed);
  for (auto& [slice, ends] : live.PeekRequests(last_lsn)) {
    std::vector<bool> keep(slice.batch->row_count());
    std::fill(keep.begin() + static_cast<std::ptrdiff_t>(slice.row_begin),
              keep.begin() + static_cast<std::ptrdiff_t>(slice.row_end), true);
    copy.PublishRequests(std::make_shared<const ColumnBatch>(SelectRows(*slice.batch, keep)), ends,
                         kNow);
  }
  for (auto lsn = trimmed; lsn <= last_lsn; lsn = Next(lsn)) {
    ASSERT_EQ(Values(copy.Read(trimmed, lsn)->slices), Values(live.Read(trimmed, lsn)->slices));
  }
  ASSERT_EQ(copy.usage().row_count, Values(live.Read(trimmed, last_lsn)->slices).size());
}

// Batches of random sizes, flushes of random prefixes, against a plain vector of (LSN, value).
TEST(LiveMeasurementTest, BehavesLikeAListOfRows) {
  const auto seed = std::random_device()();
  SCOPED_TRACE(::testing::Message() << "seed " << seed);
  std::mt19937 random(seed);
  BufferTotals totals;
  LiveMeasurement live(MeasurementId{1}, {"db", "m"}, NoColumns(), kLsnZero, &totals);
  std::vector<std::pair<std::uint64_t, std::int64_t>> rows;
  std::uint64_t lsn = 0, trimmed = 0;
  std::int64_t next_value = 0;
  for (int step = 0; step < 2000; step++) {
    if (random() % 10 != 0) {
      lsn += 1 + random() % 3;
      BatchBuilder builder;
      std::vector<std::int64_t> times;
      for (auto count = 1 + random() % (step % 7 == 0 ? 700 : 5); count > 0; count--) {
        times.push_back(next_value);
        rows.emplace_back(lsn, next_value++);
      }
      live.Publish(Lsn{lsn}, std::make_shared<const ColumnBatch>(builder.Time(times).Build()),
                   kNow);
    } else if (const auto prefix = live.PeekPrefix(Lsn{trimmed + random() % (lsn - trimmed + 2)})) {
      live.TrimFlushed(prefix->flushed_to);
      trimmed = ToNumber(prefix->flushed_to);
    }
    const auto last_lsn = trimmed + random() % (lsn - trimmed + 2);
    std::vector<std::int64_t> expected;
    for (const auto& [row_lsn, value] : rows) {
      if (row_lsn > trimmed && row_lsn <= last_lsn) expected.push_back(value);
    }
    ASSERT_EQ(Values(live.Read(Lsn{trimmed}, Lsn{last_lsn})->slices), expected);

    const auto oldest = std::find_if(rows.begin(), rows.end(),
                                     [&](const auto& row) { return row.first > trimmed; });
    ASSERT_EQ(live.oldest_lsn(),
              oldest == rows.end() ? std::nullopt : std::optional(Lsn{oldest->first}));
    ASSERT_EQ(totals.oldest_lsn(), live.oldest_lsn());
    if (step % 50 == 0) ExpectCopyReadsAlike(live, Lsn{trimmed}, Lsn{last_lsn});
  }
}

TEST(LiveMeasurementTest, ACopyLeavesOutWhatWasFlushedSince) {
  LiveMeasurement live(MeasurementId{1}, {"db", "m"}, NoColumns(), Lsn{5});
  const auto three = std::make_shared<const ColumnBatch>(
      BatchBuilder().Time({4, 5, 6}).Int64("v", {4, 5, 6}).Build());
  live.PublishRequests(three, {{Lsn{4}, 1}, {Lsn{5}, 2}, {Lsn{6}, 3}}, kNow);
  EXPECT_EQ(live.usage().row_count, 1u);
  EXPECT_EQ(live.oldest_lsn(), Lsn{6});
  EXPECT_EQ(Values(live.PeekPrefix(Lsn{9})->slices), std::vector<std::int64_t>{6});
  live.TrimFlushed(Lsn{6});
  live.PublishRequests(three, {{Lsn{4}, 1}, {Lsn{5}, 2}, {Lsn{6}, 3}}, kNow);
  EXPECT_EQ(live.usage().row_count, 0u);
  EXPECT_FALSE(live.oldest_lsn());
}

}  // namespace
}  // namespace arc::buffer
