#include "data/buffer/live_measurements.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "foundation/testing/batch_builder.h"

namespace arc::buffer {
namespace {

using ::arc::testing::BatchBuilder;
using ::testing::UnorderedElementsAre;

TEST(LiveTablesTest, NewMeasurementsGetRisingIds) {
  LiveMeasurements tables(MeasurementId{41}, Lsn{7});
  const auto cpu = tables.FindOrCreate({"db", "cpu"}).value();
  EXPECT_EQ(cpu->id(), MeasurementId{42});
  EXPECT_EQ(tables.FindOrCreate({"db", "cpu"}).value(), cpu);
  EXPECT_EQ(tables.FindOrCreate({"other", "cpu"}).value()->id(), MeasurementId{43});
  EXPECT_EQ(tables.greatest_id(), MeasurementId{43});
  EXPECT_EQ(tables.visible_lsn(), Lsn{7});
}

TEST(LiveTablesTest, FindIsExactAndDoesNotCreate) {
  LiveMeasurements tables(MeasurementId{0}, kLsnZero);
  EXPECT_EQ(tables.Find("db", "cpu"), nullptr);
  const auto cpu = tables.FindOrCreate({"db", "cpu"}).value();
  EXPECT_EQ(tables.Find("db", "cpu"), cpu);
  EXPECT_EQ(tables.Find("db", "CPU"), nullptr);
  EXPECT_EQ(tables.Find("DB", "cpu"), nullptr);
  EXPECT_EQ(tables.measurement_count("db"), 1u);
  EXPECT_EQ(tables.measurement_count("DB"), 0u);
}

TEST(LiveTablesTest, ListsOneDatabaseOrAll) {
  LiveMeasurements tables(MeasurementId{9}, kLsnZero);
  tables.Restore(MeasurementId{9}, {"a", "x"}, std::make_shared<const RowSchema>(), Lsn{5});
  tables.FindOrCreate({"b", "x"}).value();
  tables.FindOrCreate({"b", "y"}).value();
  EXPECT_EQ(tables.List("b").size(), 2u);
  EXPECT_EQ(tables.List("").size(), 3u);
  EXPECT_TRUE(tables.List("nowhere").empty());
  EXPECT_FALSE(tables.Find("a", "x")->Read(Lsn{4}, Lsn{5}).has_value());
}

std::shared_ptr<const ColumnBatch> OneRow() {
  return std::make_shared<const ColumnBatch>(BatchBuilder().Time({1}).Int64("v", {1}).Build());
}

TEST(LiveTablesTest, ReplayMakesMeasurementsWithTheirIds) {
  LiveMeasurements tables(MeasurementId{9}, kLsnZero);
  tables.Restore(MeasurementId{9}, {"a", "x"}, std::make_shared<const RowSchema>(), Lsn{5});
  const auto known = tables.RestoreNew(MeasurementId{9}, {"a", "x"});
  ASSERT_TRUE(known.ok());
  EXPECT_EQ(known.value(), tables.Find("a", "x"));
  const auto made = tables.RestoreNew(MeasurementId{12}, {"a", "y"});
  ASSERT_TRUE(made.ok());
  EXPECT_EQ(made.value()->id(), MeasurementId{12});
  EXPECT_EQ(tables.greatest_id(), MeasurementId{12});
  ASSERT_TRUE(tables.RestoreNew(MeasurementId{11}, {"a", "z"}).ok());
  EXPECT_EQ(tables.greatest_id(), MeasurementId{12});
  const auto other = tables.RestoreNew(MeasurementId{13}, {"a", "x"});
  ASSERT_FALSE(other.ok());
  EXPECT_EQ(other.error().code, ErrorCode::kCorruptData);
}

TEST(LiveTablesTest, KnowsTheOldestRowThatIsInNoFile) {
  LiveMeasurements tables(MeasurementId{0}, kLsnZero);
  EXPECT_FALSE(tables.oldest_unflushed_lsn());
  const auto a = tables.RestoreNew(MeasurementId{1}, {"db", "a"}).value();
  const auto b = tables.RestoreNew(MeasurementId{2}, {"db", "b"}).value();
  const auto c = tables.RestoreNew(MeasurementId{3}, {"db", "c"}).value();
  b->Publish(Lsn{1}, OneRow(), {});
  a->Publish(Lsn{2}, OneRow(), {});
  b->Publish(Lsn{3}, OneRow(), {});
  c->Publish(Lsn{4}, OneRow(), {});
  EXPECT_EQ(tables.oldest_unflushed_lsn(), Lsn{1});
  EXPECT_THAT(tables.ListUnflushed(Lsn{2}), UnorderedElementsAre(a, b));
  b->TrimFlushed(Lsn{1});
  EXPECT_EQ(tables.oldest_unflushed_lsn(), Lsn{2});
  EXPECT_THAT(tables.ListUnflushed(Lsn{2}), UnorderedElementsAre(a));
  a->TrimFlushed(Lsn{2});
  EXPECT_EQ(tables.oldest_unflushed_lsn(), Lsn{3});
  b->MarkDropped();
  EXPECT_EQ(tables.oldest_unflushed_lsn(), Lsn{4});
  c->TrimFlushed(Lsn{4});
  EXPECT_FALSE(tables.oldest_unflushed_lsn());
  EXPECT_TRUE(tables.ListUnflushed(Lsn{9}).empty());
  EXPECT_EQ(tables.buffered_bytes(), 0u);
}

// The code of a refusal, or nothing.
template <class T>
std::optional<ErrorCode> RefusalOf(const Result<T>& result) {
  if (result.ok()) return std::nullopt;
  return result.error().code;
}

TEST(DropMarkTest, NothingIsCreatedOrDroppedUnderItAndTheRestGoesOn) {
  LiveMeasurements tables(MeasurementId{0}, kLsnZero);
  const auto cpu = tables.FindOrCreate({"db", "cpu"}).value();
  auto mark = tables.BeginDrop({"db", "cpu"});
  ASSERT_TRUE(mark.ok());
  EXPECT_THAT(mark.value().measurements(), UnorderedElementsAre(cpu));
  EXPECT_TRUE(cpu->is_dropping());
  EXPECT_EQ(RefusalOf(tables.FindOrCreate({"db", "cpu"})), ErrorCode::kOverloaded);
  EXPECT_EQ(RefusalOf(tables.BeginDrop({"db", "cpu"})), ErrorCode::kOverloaded);
  EXPECT_EQ(RefusalOf(tables.BeginDropDatabase("db")), ErrorCode::kOverloaded);
  EXPECT_EQ(tables.Find("db", "cpu"), cpu) << "queries still read it";
  EXPECT_TRUE(tables.FindOrCreate({"db", "mem"}).ok());
  EXPECT_TRUE(tables.FindOrCreate({"db2", "cpu"}).ok());
  EXPECT_TRUE(tables.BeginDrop({"db", "mem"}).ok());
}

TEST(DropMarkTest, AMarkOfADatabaseIsOnAllThatCouldBeInIt) {
  LiveMeasurements tables(MeasurementId{0}, kLsnZero);
  const auto cpu = tables.FindOrCreate({"db", "cpu"}).value();
  const auto mem = tables.FindOrCreate({"db", "mem"}).value();
  const auto other = tables.FindOrCreate({"db2", "cpu"}).value();
  auto mark = tables.BeginDropDatabase("db");
  ASSERT_TRUE(mark.ok());
  EXPECT_THAT(mark.value().measurements(), UnorderedElementsAre(cpu, mem));
  EXPECT_EQ(RefusalOf(tables.FindOrCreate({"db", "new"})), ErrorCode::kOverloaded);
  EXPECT_EQ(RefusalOf(tables.BeginDrop({"db", "cpu"})), ErrorCode::kOverloaded);
  EXPECT_EQ(RefusalOf(tables.BeginDropDatabase("db")), ErrorCode::kOverloaded);
  EXPECT_FALSE(other->is_dropping());
  EXPECT_TRUE(tables.BeginDropDatabase("db2").ok());
  EXPECT_TRUE(tables.BeginDropDatabase("d").ok()) << "a name that another one begins with";
}

TEST(DropMarkTest, WithoutFinishAllIsAsItWas) {
  LiveMeasurements tables(MeasurementId{0}, kLsnZero);
  const auto cpu = tables.FindOrCreate({"db", "cpu"}).value();
  cpu->Publish(Lsn{1}, OneRow(), {});
  {
    auto mark = tables.BeginDropDatabase("db").TakeValue();
    const auto moved = std::move(mark);
    EXPECT_TRUE(cpu->is_dropping());
  }
  EXPECT_FALSE(cpu->is_dropping());
  EXPECT_FALSE(cpu->is_dropped());
  EXPECT_EQ(tables.FindOrCreate({"db", "cpu"}).value(), cpu);
  EXPECT_EQ(cpu->usage().row_count, 1u);
  EXPECT_TRUE(tables.BeginDrop({"db", "cpu"}).ok());
}

TEST(DropMarkTest, FinishFreesTheRowsAndTheName) {
  LiveMeasurements tables(MeasurementId{0}, kLsnZero);
  const auto cpu = tables.FindOrCreate({"db", "cpu"}).value();
  const auto mem = tables.FindOrCreate({"db", "mem"}).value();
  const auto rows = OneRow();
  cpu->Publish(Lsn{1}, rows, {});
  mem->Publish(Lsn{2}, OneRow(), {});
  tables.BeginDrop({"db", "cpu"}).TakeValue().Finish();
  EXPECT_EQ(tables.Find("db", "cpu"), nullptr);
  EXPECT_EQ(tables.measurement_count("db"), 1u);
  EXPECT_EQ(tables.oldest_unflushed_lsn(), Lsn{2});
  EXPECT_EQ(rows.use_count(), 1) << "memory lets go of them";
  EXPECT_TRUE(cpu->is_dropped());
  EXPECT_TRUE(cpu->is_dropping()) << "whoever still holds it may not write to it";

  // A request that was on its way finds nothing to add to; a query starts over.
  cpu->Publish(Lsn{3}, OneRow(), {});
  EXPECT_EQ(cpu->usage().row_count, 0u);
  EXPECT_FALSE(cpu->Read(kLsnZero, Lsn{3}));
  EXPECT_FALSE(cpu->PeekPrefix(Lsn{3}));

  const auto again = tables.FindOrCreate({"db", "cpu"}).value();
  EXPECT_GT(again->id(), mem->id());
  EXPECT_EQ(again->first_lsn(), kLsnZero);
  EXPECT_TRUE(again->registered_schema()->columns().empty());
  tables.BeginDropDatabase("db").TakeValue().Finish();
  EXPECT_EQ(tables.measurement_count("db"), 0u);
  EXPECT_EQ(tables.buffered_bytes(), 0u);
  EXPECT_FALSE(tables.oldest_unflushed_lsn());
}

TEST(DropMarkTest, WhatIsNotThereCanBeMarkedToo) {
  LiveMeasurements tables(MeasurementId{0}, kLsnZero);
  auto mark = tables.BeginDrop({"db", "cpu"});
  ASSERT_TRUE(mark.ok());
  EXPECT_TRUE(mark.value().measurements().empty());
  EXPECT_EQ(RefusalOf(tables.FindOrCreate({"db", "cpu"})), ErrorCode::kOverloaded);
  mark.value().Finish();
  EXPECT_TRUE(tables.FindOrCreate({"db", "cpu"}).ok());
}

}  // namespace
}  // namespace arc::buffer
