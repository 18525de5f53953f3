#include "query/execution/running_queries.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <vector>

#include "foundation/testing/batch_builder.h"
#include "query/execution/open_run.h"
#include "query/execution/row_source.h"

namespace arc::execution {
namespace {

using ::testing::HasSubstr;

// Measurements that queries read while they are flushed.
class RunningQueriesTest : public ::testing::Test {
 protected:
  // What a batch of Publish() takes.
  static constexpr std::size_t kRows = 10'000;

  RunningQueriesTest() : tables_(MeasurementId{0}, kLsnZero) {
    Publish("sample");
    batch_bytes_ = tables_.buffered_bytes();
    Flush("sample");
  }

  buffer::LiveMeasurement& Measurement(const std::string& name) {
    return *tables_.FindOrCreate({"db", name}).value();
  }
  void Publish(const std::string& name) {
    const auto lsn = Next(tables_.visible_lsn());
    Measurement(name).Publish(
        lsn,
        std::make_shared<const ColumnBatch>(
            testing::BatchBuilder().Time(std::vector<std::int64_t>(kRows)).Build()),
        {});
    tables_.AdvanceVisible(lsn);
  }
  void Flush(const std::string& name) { Measurement(name).TrimFlushed(tables_.visible_lsn()); }

  // A query that keeps the rows of measurements until it is destroyed.
  class Query {
   public:
    Query(RunningQueriesTest& test, RunningQueries& queries, const std::vector<std::string>& names)
        : slices_(test.Read(names)),
          entry_(queries, {[this] { cancel_count_++; }, [this] { return Batches(); }}) {}

    int cancel_count() const { return cancel_count_; }
    std::optional<Error> out_of_memory() const { return entry_.out_of_memory(); }

   private:
    buffer::BatchSet Batches() const {
      buffer::BatchSet batches;
      for (const auto& slice : slices_) batches.insert(slice.batch);
      return batches;
    }

    const std::vector<BatchSlice> slices_;
    int cancel_count_ = 0;
    const RunningQueries::Entry entry_;
  };

  std::vector<BatchSlice> Read(const std::vector<std::string>& names) {
    std::vector<BatchSlice> slices;
    for (const auto& name : names) {
      const auto view = Measurement(name).Read(kLsnZero, tables_.visible_lsn());
      slices.insert(slices.end(), view->slices.begin(), view->slices.end());
    }
    return slices;
  }

  buffer::LiveMeasurements tables_;
  std::size_t batch_bytes_ = 0;
};

TEST_F(RunningQueriesTest, RowsInTheBuffersDoNotCount) {
  RunningQueries queries(tables_, 0);
  Publish("a");
  const Query query(*this, queries, {"a"});
  queries.LimitMemory();
  EXPECT_EQ(query.cancel_count(), 0);
  EXPECT_FALSE(query.out_of_memory());
}

TEST_F(RunningQueriesTest, AQueryWithinTheLimitGoesOnAndOneOverItIsCancelledOnce) {
  RunningQueries queries(tables_, batch_bytes_);
  Publish("a");
  Publish("b");
  const Query query(*this, queries, {"a", "b"});
  Flush("a");
  queries.LimitMemory();
  EXPECT_EQ(query.cancel_count(), 0);
  Flush("b");
  queries.LimitMemory();
  queries.LimitMemory();
  EXPECT_EQ(query.cancel_count(), 1);
  const auto error = query.out_of_memory();
  ASSERT_TRUE(error);
  EXPECT_EQ(error->code, ErrorCode::kOverloaded);
  EXPECT_THAT(error->message, HasSubstr(std::to_string(2 * batch_bytes_) + " bytes of its rows"));
  EXPECT_THAT(error->message,
              HasSubstr("query.reader_memory_budget (" + std::to_string(batch_bytes_) + " bytes)"));
}

TEST_F(RunningQueriesTest, TheOldestGiveWayAsManyAsItTakes) {
  RunningQueries queries(tables_, batch_bytes_);
  for (const char* name : {"a", "b", "c"}) Publish(name);
  const Query first(*this, queries, {"a"});
  const Query second(*this, queries, {"b"});
  const Query third(*this, queries, {"c"});
  for (const char* name : {"a", "b", "c"}) Flush(name);
  queries.LimitMemory();
  EXPECT_EQ(first.cancel_count(), 1);
  EXPECT_EQ(second.cancel_count(), 1);
  EXPECT_EQ(third.cancel_count(), 0);
  EXPECT_FALSE(third.out_of_memory());
}

// Cancelling the oldest frees nothing as long as the others keep the same rows.
TEST_F(RunningQueriesTest, AllThatKeepTheSameRowsGiveWay) {
  RunningQueries queries(tables_, batch_bytes_ - 1);
  Publish("a");
  const Query first(*this, queries, {"a"});
  const Query second(*this, queries, {"a"});
  Flush("a");
  queries.LimitMemory();
  EXPECT_EQ(first.cancel_count(), 1);
  EXPECT_EQ(second.cancel_count(), 1);
}

TEST_F(RunningQueriesTest, QueriesThatKeepNoSuchRowsGoOn) {
  RunningQueries queries(tables_, 0);
  Publish("a");
  Publish("still buffered");
  const Query without_rows(*this, queries, {});
  const Query other(*this, queries, {"still buffered"});
  const Query reader(*this, queries, {"a"});
  Flush("a");
  queries.LimitMemory();
  EXPECT_EQ(without_rows.cancel_count(), 0);
  EXPECT_EQ(other.cancel_count(), 0);
  EXPECT_EQ(reader.cancel_count(), 1);
}

TEST_F(RunningQueriesTest, WhatACancelledQueryKeepsDoesNotCancelOthers) {
  RunningQueries queries(tables_, batch_bytes_);
  for (const char* name : {"a", "b", "c"}) Publish(name);
  const Query large(*this, queries, {"a", "b"});
  const Query small(*this, queries, {"c"});
  Flush("a");
  Flush("b");
  queries.LimitMemory();
  ASSERT_EQ(large.cancel_count(), 1);
  Flush("c");
  queries.LimitMemory();
  EXPECT_EQ(small.cancel_count(), 0) << "large has not stopped yet";
}

TEST_F(RunningQueriesTest, RowsFlushedBetweenPinAndRegistrationCount) {
  RunningQueries queries(tables_, 0);
  Publish("a");
  const auto pinned = Read({"a"});
  Flush("a");
  queries.LimitMemory();
  bool is_cancelled = false;
  const RunningQueries::Entry entry(
      queries,
      {[&] { is_cancelled = true; }, [&] { return buffer::BatchSet{pinned.front().batch}; }});
  EXPECT_TRUE(is_cancelled);
  EXPECT_TRUE(entry.out_of_memory());
}

TEST_F(RunningQueriesTest, TheEndCancelsThoseThatRunAndThoseThatWill) {
  RunningQueries queries(tables_, batch_bytes_);
  const Query running(*this, queries, {});
  queries.CancelAll();
  const Query late(*this, queries, {});
  EXPECT_EQ(running.cancel_count(), 1);
  EXPECT_EQ(late.cancel_count(), 1);
  EXPECT_FALSE(running.out_of_memory());
}

// Between two listeners, the page of a cursor and the cursors that keep it, a cancellation must not
// get lost: what it keeps would be kept until the cursor expires, and counted no more.
TEST_F(RunningQueriesTest, WhoListensAfterACancellationHearsOfItToo) {
  RunningQueries queries(tables_, 0);
  OpenRun run(queries, std::make_unique<NumberRow>("n", 1));
  int first_count = 0;
  int second_count = 0;
  run.OnCancel([&] { first_count++; });
  run.OnCancel(nullptr);
  queries.CancelAll();
  run.OnCancel([&] { second_count++; });
  EXPECT_EQ(first_count, 0);
  EXPECT_EQ(second_count, 1);
}

}  // namespace
}  // namespace arc::execution
