#include "data/imports/import_file.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>

#include "data/files/storage_test_base.h"

namespace arc::imports {
namespace {

using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

class ImportTest : public files::StorageTestBase {
 protected:
  ImportTest()
      : importer_({{.columns_max = 20, .measurements_max = 3}}, file_system_, *stager_, *publisher_,
                  tables_) {}

  ImportRequest RequestOf(const std::string& content, ImportFormat format = ImportFormat::kCsv) {
    ImportRequest request;
    request.table = {"db", "m"};
    request.format = format;
    request.path = directory_ / "import";
    request.offset = 3;
    request.byte_count = content.size();
    std::ofstream(request.path, std::ios::binary) << "---" << content << "+++";
    return request;
  }
  Result<ImportResult> Csv(const std::string& content) {
    return importer_.Import(RequestOf(content));
  }
  std::vector<std::string> Rows() const { return PublishedRows({"db", "m"}); }
  std::string ColumnText(const std::string& name) const {
    const auto schema = catalog_->snapshot()->FindMeasurement({"db", "m"})->schema;
    const auto& column = schema->columns()[schema->IndexOf(name)];
    return std::string(ToString(column.type)) +
           (column.role == ColumnRole::kTag ? " tag" : " field");
  }
  // Code and message of the failure; nothing may remain of it.
  std::string FailureOf(const Result<ImportResult>& result) {
    EXPECT_FALSE(result.ok());
    EXPECT_THAT(FilesOnDisk(), IsEmpty());
    if (result.ok()) return "ok";
    const auto code = result.error().code;
    return (code == ErrorCode::kInvalidInput    ? "invalid: "
            : code == ErrorCode::kUnprocessable ? "unprocessable: "
                                                : "other: ") +
           result.error().message;
  }

  Importer importer_;
};

TEST_F(ImportTest, FindsTypesOverTheWholeFile) {
  const auto result =
      Csv("time,i,d,b,s,n\n"
          "2024-01-01T00:00:00Z,1,1,true,x,\n"
          "2024-01-01T00:00:01Z,,2.5,0,,\n"
          "2024-01-01T00:00:02Z,-3,,FALSE,7,\n");
  ASSERT_TRUE(result.ok()) << result.error().message;
  EXPECT_THAT(Rows(), ElementsAre(R"(1704067200000000 1 1 true "x")",
                                  R"(1704067201000000 null 2.5 false "")",
                                  R"(1704067202000000 -3 null false "7")"));
  EXPECT_EQ(ColumnText("i"), "integer field");
  EXPECT_EQ(ColumnText("d"), "float field");
  EXPECT_EQ(ColumnText("b"), "boolean field");
  EXPECT_EQ(ColumnText("s"), "string field");
  EXPECT_EQ(ColumnText("n"), "null field");
  EXPECT_EQ(result.value().rows_imported, 3u);
  EXPECT_EQ(result.value().partitions_created, 1u);
  EXPECT_EQ(result.value().time_range_min, 1'704'067'200'000'000);
  EXPECT_EQ(result.value().time_range_max, 1'704'067'202'000'000);
  EXPECT_THAT(result.value().columns, ElementsAre("time", "i", "d", "b", "s", "n"));
  const auto state = catalog_->snapshot()->FindMeasurement({"db", "m"});
  EXPECT_EQ(state->flushed_lsn, kLsnZero);
  EXPECT_EQ(state->files[0].max_lsn, kLsnZero);
}

TEST_F(ImportTest, ReadsQuotesBomAndOtherDelimiters) {
  auto request = RequestOf(
      "ignored line\n\"When\";\"a b\"\n1;\"x;\"\"y\"\"\nz\"\n\n2;plain \"quotes\" inside\n");
  request.delimiter = ';';
  request.skip_rows = 1;
  request.time_column = "when";
  ASSERT_TRUE(importer_.Import(request).ok());
  EXPECT_THAT(Rows(), ElementsAre("1000000 \"x;\"y\"\nz\"", "2000000 \"plain \"quotes\" inside\""));
  ASSERT_TRUE(Csv("\xEF\xBB\xBFtime,a b\r\n3,c\r\n").ok());
  EXPECT_EQ(Rows().back(), "3000000 \"c\"");
}

TEST_F(ImportTest, UnderstandsEpochTimes) {
  auto request = RequestOf("time,v\n5,1\n");
  request.time_format = "epoch_ms";
  ASSERT_TRUE(importer_.Import(request).ok());
  EXPECT_THAT(Rows(), ElementsAre("5000 1"));
}

TEST_F(ImportTest, JoinsWhatTheMeasurementHas) {
  const auto live = tables_.FindOrCreate({"db", "m"}).value();
  ASSERT_TRUE(live->ReplaceRegisteredSchema(
      live->registered_schema(), std::make_shared<const RowSchema>(std::vector<SchemaColumn>{
                                     {"Host", ColumnType::kString, ColumnRole::kTag},
                                     {"value", ColumnType::kDouble, ColumnRole::kField},
                                     {"up", ColumnType::kBool, ColumnRole::kField}})));
  ASSERT_TRUE(Csv("time,host,value,up\n1,17,3,1\n").ok());
  EXPECT_THAT(Rows(), ElementsAre(R"(1000000 "17" 3 true)"));
  EXPECT_EQ(ColumnText("host"), "string tag");
  EXPECT_EQ(ColumnText("value"), "float field");
  const auto clash = Csv("time,up\n1,maybe\n");
  ASSERT_FALSE(clash.ok());
  EXPECT_EQ(clash.error().message,
            "measurement \"m\", column \"up\": holds boolean, the file offers string: \"maybe\" is "
            "neither a number nor a boolean");
  EXPECT_EQ(Rows().size(), 1u);
}

// The types are those of the whole file: it is read once to find them, in blocks of a megabyte.
TEST_F(ImportTest, TheLastRowOfALongFileDecidesToo) {
  std::string content = "time,zip,na,long\n";
  for (int i = 0; i < 100'000; i++) content += fmt::format("{},{},{},{}.5\n", i, 80'331, i, i);
  ASSERT_GT(content.size(), 2U << 20);
  const auto result = Csv(content + "100000,01067,NA,12345678901234567890.12\n");
  ASSERT_TRUE(result.ok()) << result.error().message;
  EXPECT_EQ(ColumnText("zip"), "string field");
  EXPECT_EQ(ColumnText("na"), "integer field");
  EXPECT_EQ(ColumnText("long"), "string field");
  EXPECT_THAT(Rows(), Contains(R"(100000000000 "01067" null "12345678901234567890.12")"));
  EXPECT_THAT(Rows(), Contains(R"(7000000 "80331" 7 "7.5")"));
  EXPECT_THAT(result.value().warnings,
              ElementsAre("column \"zip\" is text: \"01067\" has a zero in front that a number "
                          "would lose",
                          "column \"long\" is text: \"12345678901234567890.12\" has more digits "
                          "than a float keeps (long_numbers=round rounds such numbers)"));
}

TEST_F(ImportTest, WhatStandsForNothingIsNullAmongNumbersAndTextElsewhere) {
  ASSERT_TRUE(Csv("time,i,d,b,s,nan,blank\n1,NA,-,n/a,NA,NaN,\n2,1, 2.5 ,true,x,nan,  \n").ok());
  EXPECT_THAT(Rows(),
              ElementsAre(R"(1000000 null null null "NA" null)", R"(2000000 1 2.5 true "x" null)"));
  EXPECT_EQ(ColumnText("nan"), "float field");
  EXPECT_EQ(ColumnText("blank"), "null field");
}

TEST_F(ImportTest, NamedSpellingsOfNothingAreNullInTextsToo) {
  auto request = RequestOf("time,v,s\n1,-999,-999\n2,NA,Rome\n3,3,\n");
  request.null_values = {"-999", "NA"};
  ASSERT_TRUE(importer_.Import(request).ok());
  EXPECT_THAT(Rows(),
              ElementsAre("1000000 null null", R"(2000000 null "Rome")", R"(3000000 3 "")"));
}

TEST_F(ImportTest, DecimalCommasAndLongNumbersAreReadWhenThatIsAskedFor) {
  auto request = RequestOf("time;v;w\n1;21,5;12345678901234567890,12\n2;-7;0,5\n");
  request.delimiter = ';';
  ASSERT_TRUE(importer_.Import(request).ok());
  EXPECT_EQ(ColumnText("v"), "string field");
  request.table.measurement = "n";
  request.decimal_point = ',';
  request.long_numbers = LongNumbers::kRound;
  ASSERT_TRUE(importer_.Import(request).ok());
  EXPECT_THAT(PublishedRows({"db", "n"}),
              ElementsAre("1000000 21.5 1.2345678901234567e+19", "2000000 -7 0.5"));
}

TEST_F(ImportTest, SpacesAroundNamesTimesAndNumbersDoNotCount) {
  const auto result = Csv("time , temp , hum,\tcity \n 1 , 1.5 , 3,  Bad Ems \n");
  ASSERT_TRUE(result.ok()) << result.error().message;
  EXPECT_THAT(result.value().columns, ElementsAre("time", "temp", "hum", "city"));
  EXPECT_THAT(Rows(), ElementsAre(R"(1000000 1.5 3 "  Bad Ems ")"));
  EXPECT_EQ(Csv("time,a, A \n1,2,3\n").error().message,
            "duplicate column \"A\" in the header (case does not count)");
  EXPECT_EQ(Csv("time,  ,b\n1,2,3\n").error().message, "column 2 of the header has no name");
}

TEST_F(ImportTest, WhatANumberWouldLoseDoesNotJoinANumber) {
  ASSERT_TRUE(Csv("time,zip,f\n1,80331,0.5\n").ok());
  EXPECT_EQ(Csv("time,zip\n2,01067\n").error().message,
            "measurement \"m\", column \"zip\": holds integer, the file offers string: \"01067\" "
            "has a zero in front that a number would lose");
  EXPECT_EQ(Csv("time,f\n2,9007199254740993\n").error().message,
            "measurement \"m\", column \"f\": holds float, the file offers string: "
            "\"9007199254740993\" has more digits than a float keeps");
  auto request = RequestOf("time,zip,f\n2,01067,1\n3,1068,9007199254740993\n4,NA,NaN\n");
  request.on_error = OnError::kSkip;
  const auto result = importer_.Import(request);
  ASSERT_TRUE(result.ok()) << result.error().message;
  EXPECT_EQ(result.value().skipped.count, 2u);
  EXPECT_EQ(result.value().skipped.first[0].message,
            "column \"zip\": holds integer, the row offers \"01067\", which has a zero in front "
            "that a number would lose");
  EXPECT_THAT(Rows(), ElementsAre("1000000 80331 0.5", "4000000 null null"));
}

TEST_F(ImportTest, NumbersThatMayBeDatesAreDatesOrRefused) {
  ASSERT_TRUE(Csv("time,v\n20260329,1\n20260330,2\n").ok());
  EXPECT_THAT(Rows(), ElementsAre("1774742400000000 1", "1774828800000000 2"));
  EXPECT_THAT(Csv("time,v\n46082.5,1\n").error().message,
              HasSubstr("row 1: \"46082.5\" is not taken for a time: it may be a day of a "
                        "spreadsheet"));
  EXPECT_THAT(Csv("time,v\n20260329,1\n20260332,2\n").error().message,
              HasSubstr("row 2: \"20260332\" is not a date"));
}

TEST_F(ImportTest, SaysWhatIsWrongWithAHeader) {
  EXPECT_EQ(FailureOf(Csv("a,b\n1,2\n")),
            "invalid: time column \"time\" not found in file; available columns: a, b");
  EXPECT_EQ(FailureOf(Csv("time,a,A\n1,2,3\n")),
            "invalid: duplicate column \"A\" in the header (case does not count)");
  EXPECT_EQ(FailureOf(Csv("time,,b\n1,2,3\n")), "invalid: column 2 of the header has no name");
  auto request = RequestOf("t,Time\n1,2\n");
  request.time_column = "t";
  EXPECT_EQ(FailureOf(importer_.Import(request)),
            "invalid: time column \"t\" cannot be renamed to time: the file has another column of "
            "that name");
  EXPECT_EQ(FailureOf(Csv("time,a\n")), "invalid: the file has no rows");
}

TEST_F(ImportTest, SaysWhichRowIsWrong) {
  EXPECT_EQ(FailureOf(Csv("time,a\n1,1\nyesterday,2\n")),
            "unprocessable: row 2: \"yesterday\" is not a time");
  EXPECT_EQ(FailureOf(Csv("time,a\n1,1\n,2\n")), "unprocessable: row 2: the time is missing");
  EXPECT_EQ(FailureOf(Csv("time,a\n1,1\n2,2,2\n")),
            "unprocessable: the file cannot be read: line 3 has 3 values, the header has 2");
  EXPECT_THAT(FailureOf(Csv("time,a\n1,\xFF\n")), HasSubstr("UTF8"));
  EXPECT_THAT(FailureOf(Csv("time,a\n1,\"cut sho")), HasSubstr("ends within a quoted value"));
  EXPECT_THAT(FailureOf(Csv("")), HasSubstr("unprocessable"));
  EXPECT_EQ(tables_.measurement_count("db"), 0u);  // no trace
}

TEST_F(ImportTest, SkipsRowsWhenAllowed) {
  const auto live = tables_.FindOrCreate({"db", "m"}).value();
  ASSERT_TRUE(live->ReplaceRegisteredSchema(
      live->registered_schema(), std::make_shared<const RowSchema>(std::vector<SchemaColumn>{
                                     {"n", ColumnType::kInt64, ColumnRole::kField}})));
  auto request =
      RequestOf("time,n,other\n1,1,a\n2\n3,2.5,b\nnever,3,c\n,4,d\n5,many,e\n6,,f\n7,1,2,3\n");
  const auto refused = importer_.Import(request);
  ASSERT_FALSE(refused.ok());
  request.on_error = OnError::kSkip;
  const auto result = importer_.Import(request);
  ASSERT_TRUE(result.ok()) << result.error().message;
  EXPECT_THAT(Rows(), ElementsAre("1000000 1 \"a\"", "3000000 2.5 \"b\"", "6000000 null \"f\""));
  EXPECT_EQ(result.value().rows_imported, 3u);
  std::vector<std::string> reasons;
  for (const auto& rejection : result.value().skipped.first) {
    reasons.push_back(std::to_string(rejection.line) + " " + rejection.message);
  }
  EXPECT_THAT(reasons, ElementsAre("2 has 1 values, the header has 3", "4 \"never\" is not a time",
                                   "5 the time is missing",
                                   "6 column \"n\": holds float, the row offers \"many\"",
                                   "8 has 4 values, the header has 3"));
  EXPECT_EQ(result.value().skipped.count, 5u);
}

TEST_F(ImportTest, AFailureLateInTheFileLeavesNoTrace) {
  std::string content = "time,v\n";
  for (int i = 0; i < 5'000; i++) content += std::to_string(i) + ",1\n";
  Importer importer({{20, 3}, /*chunk_rows_max=*/1, /*chunk_bytes_max=*/1}, file_system_, *stager_,
                    *publisher_, tables_);
  // Several blocks are read and written before the last row is.
  std::string padding(5'000'000, ' ');
  EXPECT_EQ(
      FailureOf(importer.Import(RequestOf("time,v,w\n1,1,\"" + padding + "\"\n2,1,x\nbad,1,y\n"))),
      "unprocessable: row 3: \"bad\" is not a time");
  EXPECT_EQ(tables_.measurement_count("db"), 0u);
  EXPECT_EQ(FailureOf(importer.Import(RequestOf(content + "bad,1\n"))),
            "unprocessable: row 5001: \"bad\" is not a time");
  EXPECT_EQ(tables_.measurement_count("db"), 0u);
}

TEST_F(ImportTest, KeepsTheLimits) {
  std::string header = "time";
  std::string row = "1";
  for (int i = 0; i < 21; i++) {
    header += ",c" + std::to_string(i);
    row += ",1";
  }
  EXPECT_THAT(FailureOf(Csv(header + "\n" + row + "\n")),
              HasSubstr("column \"c20\" would be one more than the 20 columns"));
  for (const auto* name : {"a", "b", "c"}) {
    ASSERT_TRUE(tables_.FindOrCreate({"db", name}).ok());
  }
  auto request = RequestOf("time,v\n1,1\n");
  request.table.measurement = "d";
  EXPECT_THAT(FailureOf(importer_.Import(request)), HasSubstr("ingest.max_measurements"));
}

TEST_F(ImportTest, WritesInChunksAndCommitsOnce) {
  std::string content = "time,v\n";
  for (int i = 0; i < 5'000; i++) content += std::to_string(i * 7) + "," + std::to_string(i) + "\n";
  Importer importer({{20, 3}, /*chunk_rows_max=*/1, /*chunk_bytes_max=*/1}, file_system_, *stager_,
                    *publisher_, tables_);
  const auto before = catalog_->transaction_count();
  const auto result = importer.Import(RequestOf(content));
  ASSERT_TRUE(result.ok());
  EXPECT_EQ(result.value().rows_imported, 5'000u);
  EXPECT_EQ(Rows().size(), 5'000u);
  EXPECT_EQ(catalog_->transaction_count() - before, 1u);
}

TEST_F(ImportTest, WhicheverStepFailsNothingRemains) {
  std::string content = "time,v\n";
  for (int hour = 0; hour < 3; hour++) {
    for (int day = 0; day < 4; day++) {
      content += std::to_string(day * 86'400 + hour * 3'600) + ",1\n";
    }
  }
  int failed_count = 0;
  for (int step = 0;; step++) {
    const auto request = RequestOf(content);
    file_system_.FailAfter(step);
    const auto result = importer_.Import(request);
    file_system_.FailAfter(-1);
    if (result.ok()) break;
    failed_count++;
    ASSERT_EQ(result.error().code, ErrorCode::kStorageFailed) << step;
    ASSERT_THAT(FilesOnDisk(), IsEmpty()) << step;
    ASSERT_THAT(FilesInCatalog(), IsEmpty()) << step;
  }
  EXPECT_GT(failed_count, 10);
  EXPECT_EQ(FilesOnDisk(), FilesInCatalog());
  EXPECT_EQ(Rows().size(), 12u);
}

// What storage itself writes is what an import must take.
TEST_F(ImportTest, ReadsParquetBack) {
  ASSERT_TRUE(Csv("time,i,d,b,s\n-1,1,0.5,true,x\n1,,,,\n").ok());
  auto request = RequestOf("", ImportFormat::kParquet);
  request.table.measurement = "again";
  request.path = root_ + "/" + FilesInCatalog().front();
  request.offset = 0;
  request.byte_count = std::filesystem::file_size(request.path);
  const auto result = importer_.Import(request);
  ASSERT_TRUE(result.ok()) << result.error().message;
  EXPECT_EQ(result.value().rows_imported, 1u);
  EXPECT_THAT(PublishedRows({"db", "again"}), ElementsAre(R"(-1000000 1 0.5 true "x")"));

  request.time_column = "s";
  EXPECT_EQ(
      importer_.Import(request).error().message,
      "time column \"s\" cannot be renamed to time: the file has another column of that name");
}

TEST_F(ImportTest, RefusesWhatIsNoParquet) {
  EXPECT_THAT(FailureOf(importer_.Import(RequestOf("time,v\n1,1\n", ImportFormat::kParquet))),
              HasSubstr("unprocessable"));
}

}  // namespace
}  // namespace arc::imports
