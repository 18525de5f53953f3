#include "buffer/live_tables.h"

#include <gtest/gtest.h>

namespace arc::buffer {
namespace {

TEST(LiveTablesTest, NewMeasurementsGetRisingIds) {
  LiveTables tables(MeasurementId{41}, Lsn{7});
  const auto cpu = tables.FindOrCreate({"db", "cpu"});
  EXPECT_EQ(cpu->id(), MeasurementId{42});
  EXPECT_EQ(tables.FindOrCreate({"db", "cpu"}), cpu);
  EXPECT_EQ(tables.FindOrCreate({"other", "cpu"})->id(), MeasurementId{43});
  EXPECT_EQ(tables.greatest_id(), MeasurementId{43});
  EXPECT_EQ(tables.visible_lsn(), Lsn{7});
}

TEST(LiveTablesTest, FindIsExactAndDoesNotCreate) {
  LiveTables tables(MeasurementId{0}, kLsnZero);
  EXPECT_EQ(tables.Find("db", "cpu"), nullptr);
  const auto cpu = tables.FindOrCreate({"db", "cpu"});
  EXPECT_EQ(tables.Find("db", "cpu"), cpu);
  EXPECT_EQ(tables.Find("db", "CPU"), nullptr);
  EXPECT_EQ(tables.Find("DB", "cpu"), nullptr);
  EXPECT_EQ(tables.measurement_count("db"), 1u);
  EXPECT_EQ(tables.measurement_count("DB"), 0u);
}

TEST(LiveTablesTest, ListsOneDatabaseOrAll) {
  LiveTables tables(MeasurementId{9}, kLsnZero);
  tables.Restore(MeasurementId{9}, {"a", "x"}, std::make_shared<const TableSchema>(), Lsn{5});
  tables.FindOrCreate({"b", "x"});
  tables.FindOrCreate({"b", "y"});
  EXPECT_EQ(tables.List("b").size(), 2u);
  EXPECT_EQ(tables.List("").size(), 3u);
  EXPECT_TRUE(tables.List("nowhere").empty());
  EXPECT_FALSE(tables.Find("a", "x")->Read(Lsn{4}, Lsn{5}).has_value());
}

}  // namespace
}  // namespace arc::buffer
