#include "data/imports/row_import.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <deque>

#include "data/files/storage_test_base.h"
#include "foundation/testing/batch_builder.h"

namespace arc::imports {
namespace {

using arc::testing::BatchBuilder;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

// Returns what the test has prepared, and remembers the schemas that it was given.
class FakeRowSource : public RowSource {
 public:
  void Rows(const std::string& measurement, ColumnBatch batch) {
    DecodedBody body;
    std::vector<std::uint32_t> lines(batch.row_count(), 1);
    body.measurements.push_back({measurement, std::move(batch), std::move(lines)});
    pieces_.push_back(std::move(body));
  }
  void Reject(std::uint64_t line, const std::string& reason) {
    pieces_.emplace_back().rejections.Add(line, reason);
  }
  void Fail() { fails_ = true; }

  Result<std::optional<DecodedBody>> Next(const SchemaSource& schemas) override {
    const auto known = schemas.Find("cpu");
    cpu_columns_.push_back(known == nullptr ? 0 : known->columns().size());
    if (pieces_.empty() && fails_) return Error{ErrorCode::kUnprocessable, "the source fails"};
    if (pieces_.empty()) return std::optional<DecodedBody>();
    auto piece = std::move(pieces_.front());
    pieces_.pop_front();
    return std::optional<DecodedBody>(std::move(piece));
  }
  const std::vector<std::size_t>& cpu_columns() const { return cpu_columns_; }

 private:
  std::deque<DecodedBody> pieces_;
  std::vector<std::size_t> cpu_columns_;
  bool fails_ = false;
};

ColumnBatch Row(std::int64_t time, std::int64_t value) {
  return BatchBuilder().Time({time}).Int64("v", {value}).Build();
}

class RowImportTest : public files::StorageTestBase {
 protected:
  Result<RowImportResult> Import(FakeRowSource& source, OnError on_error = OnError::kRefuse,
                                 std::optional<std::string> measurement = std::nullopt) {
    RowImporter importer(limits_, file_system_, *stager_, *publisher_, tables_);
    return importer.Import({"db", std::move(measurement), on_error}, source);
  }
  // Nothing was stored.
  void ExpectNoTrace() {
    EXPECT_THAT(FilesOnDisk(), IsEmpty());
    EXPECT_THAT(FilesInCatalog(), IsEmpty());
    EXPECT_EQ(tables_.measurement_count("db"), 0u);
  }

  ImportLimits limits_{{.columns_max = 3, .measurements_max = 3}};
};

TEST_F(RowImportTest, RowsOfSeveralMeasurementsAppearTogether) {
  FakeRowSource source;
  source.Rows("cpu", Row(1, 10));
  source.Rows("mem", Row(2, 20));
  source.Rows("cpu", BatchBuilder().Time({3}).Double("w", {0.5}).Build());
  const auto before = catalog_->transaction_count();
  const auto result = Value(Import(source));
  EXPECT_THAT(result.measurements, ElementsAre("cpu", "mem"));
  EXPECT_EQ(result.rows_imported, 3u);
  EXPECT_EQ(catalog_->transaction_count() - before, 1u);
  EXPECT_THAT(PublishedRows({"db", "cpu"}), ElementsAre("1 10 null", "3 null 0.5"));
  EXPECT_THAT(PublishedRows({"db", "mem"}), ElementsAre("2 20"));
  // A later piece is told what earlier ones brought, before anything is registered.
  EXPECT_THAT(source.cpu_columns(), ElementsAre(0, 1, 1, 2));
  EXPECT_EQ(tables_.Find("db", "cpu")->registered_schema()->columns().size(), 2u);
  EXPECT_EQ(tables_.Find("db", "cpu")->id(),
            catalog_->snapshot()->FindMeasurement({"db", "cpu"})->id);
}

TEST_F(RowImportTest, AFailureAtTheEndLeavesNothing) {
  limits_.chunk_rows_max = 1;  // every row is a file at once
  FakeRowSource source;
  source.Rows("cpu", Row(1, 10));
  source.Rows("mem", Row(2, 20));
  source.Fail();
  EXPECT_FALSE(Import(source).ok());
  ExpectNoTrace();
}

TEST_F(RowImportTest, ALineThatCannotBeStoredRefusesTheFileOrIsSkipped) {
  const auto fill = [](FakeRowSource& source) {
    source.Rows("cpu", Row(1, 10));
    source.Reject(2, "no field");
    source.Rows("cpu", Row(3, 30));
  };
  FakeRowSource strict;
  fill(strict);
  const auto refused = Import(strict);
  ASSERT_FALSE(refused.ok());
  EXPECT_EQ(refused.error().code, ErrorCode::kUnprocessable);
  EXPECT_THAT(refused.error().message, HasSubstr("line 2: no field; nothing was imported"));
  ExpectNoTrace();
  FakeRowSource lenient;
  fill(lenient);
  const auto result = Value(Import(lenient, OnError::kSkip));
  EXPECT_EQ(result.rows_imported, 2u);
  ASSERT_EQ(result.skipped.count, 1u);
  EXPECT_EQ(result.skipped.first[0].line, 2u);
}

TEST_F(RowImportTest, OneMeasurementCanBePicked) {
  FakeRowSource source;
  source.Rows("cpu", Row(1, 10));
  source.Rows("mem", Row(2, 20));
  EXPECT_THAT(Value(Import(source, OnError::kRefuse, "mem")).measurements, ElementsAre("mem"));
  EXPECT_EQ(tables_.Find("db", "cpu"), nullptr);
  FakeRowSource other;
  other.Rows("cpu", Row(1, 10));
  EXPECT_EQ(Import(other, OnError::kRefuse, "disk").error().message, "the file has no rows");
}

TEST_F(RowImportTest, LimitsRefuseTheFile) {
  FakeRowSource many;
  for (const auto* name : {"a", "b", "c", "d"}) many.Rows(name, Row(1, 1));
  EXPECT_THAT(Import(many).error().message, HasSubstr("ingest.max_measurements"));
  FakeRowSource wide;
  for (const auto* name : {"a", "b", "c", "d"}) {
    wide.Rows("cpu", BatchBuilder().Time({1}).Int64(name, {1}).Build());
  }
  EXPECT_THAT(Import(wide).error().message, HasSubstr("ingest.max_columns"));
  ExpectNoTrace();
}

TEST_F(RowImportTest, TypesThatChangedMeanwhileRefuseTheFile) {
  FakeRowSource source;
  source.Rows("cpu", Row(1, 10));
  RowImporter importer(limits_, file_system_, *stager_, *publisher_, tables_);
  // Another request makes the measurement while the import runs.
  class Racing : public RowSource {
   public:
    Racing(RowSource& rows, buffer::LiveMeasurements& tables) : rows_(rows), tables_(tables) {}
    Result<std::optional<DecodedBody>> Next(const SchemaSource& schemas) override {
      auto next = rows_.Next(schemas);
      if (next.ok() && !next.value()) {
        EXPECT_TRUE(tables_.FindOrCreate({"db", "cpu"}).ok());
      }
      return next;
    }

   private:
    RowSource& rows_;
    buffer::LiveMeasurements& tables_;
  } racing(source, tables_);
  const auto result = importer.Import({"db", std::nullopt, OnError::kRefuse}, racing);
  ASSERT_FALSE(result.ok());
  EXPECT_EQ(result.error().code, ErrorCode::kOverloaded);
  EXPECT_THAT(FilesOnDisk(), IsEmpty());
}

TEST_F(RowImportTest, ManyMeasurementsInTurnsMakeFewFiles) {
  limits_.chunk_bytes_max = 200'000;
  FakeRowSource source;
  for (int i = 0; i < 3'000; i++) {
    source.Rows(i % 10 == 0 ? "rare" : "often", Row(i, i));
  }
  EXPECT_EQ(Value(Import(source)).rows_imported, 3'000u);
  EXPECT_LT(FilesInCatalog().size(), 20u);
  EXPECT_EQ(PublishedRows({"db", "often"}).size(), 2'700u);
}

TEST_F(RowImportTest, WhicheverStepFailsNothingRemains) {
  int failed_count = 0;
  for (int step = 0;; step++) {
    FakeRowSource source;
    source.Rows("cpu", Row(1, 10));
    source.Rows("mem", Row(86'400'000'000, 20));
    source.Rows("cpu", Row(3'600'000'000, 30));
    file_system_.FailAfter(step);
    const auto result = Import(source);
    file_system_.FailAfter(-1);
    if (result.ok()) break;
    failed_count++;
    ASSERT_THAT(FilesOnDisk(), IsEmpty()) << step;
    ASSERT_THAT(FilesInCatalog(), IsEmpty()) << step;
  }
  EXPECT_GT(failed_count, 5);
  EXPECT_EQ(FilesOnDisk(), FilesInCatalog());
}

}  // namespace
}  // namespace arc::imports
