// The formats made of JSON: one object, and lines.

#include "query/format/json_format.h"

#include <gtest/gtest.h>

#include <optional>
#include <string>

#include "query/format/ndjson_format.h"
#include "query/format/spool.h"
#include "query/format/test_result.h"

namespace arc::format {
namespace {

Outcome OutcomeOf(std::uint64_t row_count) { return {row_count, 1.5, "2026-01-01T00:00:00Z"}; }

// The bytes of `chunk_count` chunks.
std::string Write(const FormatOptions& options, int chunk_count, const Outcome& outcome) {
  const TestResult result;
  Spool spool(fs::FileSystem::Local(), "/nowhere", 0);
  const auto format = MakeFormat(options, spool);
  std::string out;
  EXPECT_TRUE(format->Begin(out, result.columns()).ok());
  for (int i = 0; i < chunk_count; i++) EXPECT_TRUE(format->Rows(out, result.Chunk()).ok());
  EXPECT_TRUE(format->End(out, outcome).ok());
  return out;
}

TEST(JsonFormat, OneObject) {
  EXPECT_EQ(Write({FormatName::kJson}, 1, OutcomeOf(3)),
            R"({"success":true,"columns":["n","a \"b\""],)"
            R"("data":[[1,"x,\"y\"\n"],[2,null],[3,""]],)"
            R"("row_count":3,"execution_time_ms":1.500,"timestamp":"2026-01-01T00:00:00Z"})");
}

TEST(JsonFormat, RowsOfSeveralChunksAreOneArray) {
  const auto json = Write({FormatName::kJson}, 2, OutcomeOf(6));
  EXPECT_NE(json.find(R"([3,""],[1,"x)"), std::string::npos) << json;
}

TEST(JsonFormat, NoRows) {
  const auto json = Write({FormatName::kJson}, 0, OutcomeOf(0));
  EXPECT_NE(json.find(R"("data":[],"row_count":0)"), std::string::npos) << json;
}

TEST(JsonFormat, SaysWhyRowsAreMissing) {
  auto outcome = OutcomeOf(3);
  outcome.row_cap = 3;
  EXPECT_NE(Write({FormatName::kJson}, 1, outcome).find(R"("rows_capped":true,"row_cap":3})"),
            std::string::npos);
  outcome.row_cap.reset();
  outcome.failure = "the \"disk\"";
  EXPECT_NE(Write({FormatName::kJson}, 1, outcome)
                .find(R"("truncated":true,"truncation_reason":"the \"disk\""})"),
            std::string::npos);
}

TEST(NdjsonFormat, AnObjectALine) {
  EXPECT_EQ(Write({FormatName::kNdjson}, 1, OutcomeOf(3)), R"({"n":1,"a \"b\"":"x,\"y\"\n"})"
                                                           "\n"
                                                           R"({"n":2,"a \"b\"":null})"
                                                           "\n"
                                                           R"({"n":3,"a \"b\"":""})"
                                                           "\n");
}

TEST(NdjsonFormat, AnArrayALine) {
  EXPECT_EQ(Write({.name = FormatName::kNdjson, .has_array_rows = true}, 1, OutcomeOf(3)),
            "[1,\"x,\\\"y\\\"\\n\"]\n[2,null]\n[3,\"\"]\n");
}

TEST(NdjsonFormat, TheLastLineSaysThatRowsAreMissing) {
  auto outcome = OutcomeOf(0);
  outcome.failure = "why";
  EXPECT_EQ(Write({FormatName::kNdjson}, 0, outcome),
            "{\"truncated\":true,\"truncation_reason\":\"why\",\"row_count\":0}\n");
}

TEST(FormatName, WordsAndContentTypes) {
  EXPECT_EQ(ParseFormatName("ndjson"), FormatName::kNdjson);
  EXPECT_EQ(ParseFormatName("text/csv"), FormatName::kCsv);
  EXPECT_EQ(ParseFormatName("JSON"), std::nullopt);
  EXPECT_EQ(ParseFormatName(""), std::nullopt);
}

}  // namespace
}  // namespace arc::format
