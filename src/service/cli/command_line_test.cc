#include "service/cli/command_line.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <sstream>

#include "service/cli/fake_server.h"
#include "service/cli/import_command.h"
#include "service/cli/query_command.h"

namespace arc::cli {
namespace {

using ::testing::AllOf;
using ::testing::ContainsRegex;
using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

constexpr const char* kOneRow =
    R"({"success":true,"columns":["n"],"data":[[42]],"row_count":1,"execution_time_ms":3})";
constexpr const char* kImported =
    R"({"status":"ok","result":{"database":"demo","measurement":"m","rows_imported":3000,)"
    R"("partitions_created":2,"time_range_min":"2001-01-01T00:00:00Z",)"
    R"("time_range_max":"2001-01-02T00:00:00Z","columns":["time"],"duration_ms":5}})";

class CommandLineTest : public ::testing::Test {
 protected:
  int Run(std::vector<const char*> arguments) {
    arguments.insert(arguments.begin(), "arc");
    const Console console{.in = in_,
                          .out = out_,
                          .err = err_,
                          .clock = Clock::System(),
                          .is_in_terminal = is_in_terminal_,
                          .is_out_terminal = false,
                          .is_err_terminal = is_err_terminal_,
                          .environment = environment_};
    return RunCommandLine(static_cast<int>(arguments.size()), arguments.data(), hooks_, console);
  }

  std::istringstream in_;
  std::ostringstream out_;
  std::ostringstream err_;
  bool is_in_terminal_ = true;
  bool is_err_terminal_ = false;
  config::Environment environment_;
  CommandHooks hooks_;
};

TEST_F(CommandLineTest, HelpIsHelp) {
  EXPECT_EQ(Run({"--help"}), kExitSuccess);
  EXPECT_THAT(out_.str(), AllOf(HasSubstr("serve"), HasSubstr("query"), HasSubstr("import"),
                                HasSubstr("Examples:")));
  EXPECT_EQ(Run({"query", "--help"}), kExitSuccess);
  EXPECT_THAT(out_.str(), HasSubstr("--format"));
  err_.str("");
  EXPECT_EQ(Run({"query", "SELECT 1", "--format", "xml"}), kExitUsage);
  EXPECT_THAT(err_.str(), AllOf(HasSubstr("xml"), HasSubstr("table")));
}

// Every command explains itself: what it takes, an example, how it ends.
TEST_F(CommandLineTest, EveryCommandHasExamplesAndExitStatus) {
  for (const std::vector<const char*>& command :
       std::vector<std::vector<const char*>>{{},
                                             {"serve"},
                                             {"config"},
                                             {"config", "check"},
                                             {"query", "", "--bogus"},
                                             {"import"},
                                             {"wal", "dump"},
                                             {"catalog", "adopt"},
                                             {"catalog", "rebuild"},
                                             {"verify"}}) {
    auto arguments = command;
    arguments.push_back("--help");
    out_.str("");
    EXPECT_EQ(Run(arguments), kExitSuccess);
    EXPECT_THAT(out_.str(), AllOf(HasSubstr("Example"), HasSubstr("arc "),
                                  HasSubstr("Exit status: 0"), HasSubstr("2")));
  }
}

TEST_F(CommandLineTest, VerifyNamesWhatIsDamagedAndThenFails) {
  bool is_damaged = false;
  hooks_.verify = [&](const config::LoadedConfig&, const auto& on_damage, const auto&) {
    if (is_damaged) on_damage("db/m/\x1b.parquet", "it is not on disk");
    return Result<VerifiedCounts>(VerifiedCounts{3, 2048, is_damaged ? 1U : 0U});
  };
  const std::vector<const char*> arguments = {"verify", "--config", "/dev/null"};
  EXPECT_EQ(Run(arguments), kExitSuccess);
  EXPECT_THAT(out_.str(), HasSubstr(" verified: all as they were written\n"));
  is_damaged = true;
  EXPECT_EQ(Run(arguments), kExitFailure);
  EXPECT_THAT(out_.str(), HasSubstr(".parquet: it is not on disk\n"));
  EXPECT_EQ(out_.str().find('\x1b'), std::string::npos);
  hooks_.verify = [](const config::LoadedConfig&, const auto&, const auto&) {
    return Result<VerifiedCounts>(Error{ErrorCode::kOverloaded, "another server has it"});
  };
  EXPECT_EQ(Run(arguments), kExitFailure);
  EXPECT_THAT(err_.str(), HasSubstr("another server has it: stop it first, or have it do the work "
                                    "with `arc verify --url URL`"));
}

TEST_F(CommandLineTest, ConfigShowsValuesAndTheirOrigins) {
  environment_ = {{"ARC_SERVER_PORT", "9001"}, {"ARC_SERVER_PROT", "9002"}};
  EXPECT_EQ(Run({"config", "--config", "/dev/null", "--set", "query.timeout=5"}), kExitSuccess);
  EXPECT_THAT(out_.str(), AllOf(HasSubstr("[server]\n"), HasSubstr("\n\n[log]\n"),
                                ContainsRegex("\nhost = \"\" +# default\n"),
                                ContainsRegex("\nport = 9001 +# environment variable "
                                              "ARC_SERVER_PORT\n"),
                                ContainsRegex("\ntimeout = 5 +# flag\n"),
                                ContainsRegex("\nio_threads = [0-9]+ +# default: cores")));
  EXPECT_THAT(err_.str(), HasSubstr("ARC_SERVER_PROT"));
  EXPECT_EQ(Run({"config", "--config", "/dev/null", "--port", "abc"}), kExitFailure);
  EXPECT_THAT(err_.str(), HasSubstr("server.port"));
}

TEST_F(CommandLineTest, ConfigChecksAFileAlone) {
  environment_ = {{"ARC_SERVER_PORT", "abc"}};
  EXPECT_EQ(Run({"config", "check", "/dev/null"}), kExitSuccess);
  EXPECT_EQ(out_.str(), "/dev/null is valid\n");
  EXPECT_EQ(Run({"config", "check", "/does/not/exist"}), kExitFailure);
  EXPECT_THAT(err_.str(), HasSubstr("/does/not/exist"));
  EXPECT_EQ(Run({"config", "check"}), kExitUsage);
}

TEST_F(CommandLineTest, WrongUsageIsNamedAndEndsWithTwo) {
  for (const std::vector<const char*>& arguments : std::vector<std::vector<const char*>>{
           {},
           {"fly"},
           {"serve", "--bogus"},
           {"serve", "--set", "no-equals-sign"},
           {"query", "SELECT 1", "--format", "xml"},
           {"query", "SELECT 1", "--timeout", "0"},
           {"query", "", "--bogus"},
           {"import"},
           {"import", "x.csv"},
           {"import", "x.csv", "-d", "1bad"},
           {"import", "x.csv", "-d", "d", "-m", "1bad"},
           {"import", "x.csv", "-d", "d", "--delimiter", "::"},
           {"import", "x.csv", "-d", "d", "--long-numbers", "drop"},
           {"import", "x.lp", "-d", "d", "--long-numbers", "text"},
           {"import", "x.parquet", "-d", "d", "--null-values", "NA"},
           {"import", "x.lp", "-d", "d", "--decimal-comma"},
           {"import", "x.csv", "-d", "d", "--skip-rows", "-1"},
           {"import", "x.parquet", "-d", "d", "--skip-rows", "1"},
           {"import", "x.txt", "-d", "d"},
           {"import", "x.csv", "-d", "d", "--precision", "s"},
           {"import", "x.lp", "-d", "d", "--precision", "x"},
           {"import", "x.lp", "-d", "d", "--time-column", "x"},
           {"import", "x.lp", "-d", "d", "--on-error", "x"},
           {"import", "7.csv", "-d", "d"}}) {
    err_.str("");
    EXPECT_EQ(Run(arguments), kExitUsage);
    EXPECT_NE(err_.str(), "");
  }
}

TEST_F(CommandLineTest, VersionShowsWhatTheHooksAdd) {
  hooks_.version_lines = {"DuckDB 9.9.9"};
  EXPECT_EQ(Run({"version"}), kExitSuccess);
  EXPECT_THAT(out_.str(), AllOf(StartsWith("arc " ARC_VERSION), HasSubstr("compiled by "),
                                EndsWith("\nDuckDB 9.9.9\n")));
}

TEST_F(CommandLineTest, ServeHandsTheConfigurationToTheHook) {
  config::LoadedConfig seen;
  hooks_.serve = [&](const config::LoadedConfig& loaded) {
    seen = loaded;
    return 7;
  };
  environment_ = {{"ARC_LOG_LEVEL", "warn"}, {"ARC_SERVER_PORT", "1"}};
  EXPECT_EQ(Run({"serve", "--config", "/dev/null", "--port", "8123", "--host", "::1", "--data-dir",
                 "/srv/x", "--set", "query.timeout=5", "--set", "server.io_threads=2"}),
            7);
  EXPECT_EQ(seen.config.server.port, 8123);
  EXPECT_EQ(seen.config.server.host, "::1");
  EXPECT_EQ(seen.config.storage.local_path, "/srv/x/arc");
  EXPECT_EQ(seen.config.query.timeout, std::chrono::seconds(5));
  EXPECT_EQ(seen.config.server.io_threads, 2U);
  EXPECT_EQ(seen.config.log.level, "warn");
  EXPECT_EQ(seen.origins.at("query.timeout"), "flag");
}

TEST_F(CommandLineTest, ServeDoesNotStartWithAWrongConfiguration) {
  hooks_.serve = [](const config::LoadedConfig&) -> int {
    ADD_FAILURE() << "started";
    return 0;
  };
  EXPECT_EQ(Run({"serve", "--config", "/dev/null", "--port", "abc"}), kExitFailure);
  EXPECT_THAT(err_.str(), HasSubstr("command line: server.port = \"abc\": expected an integer"));
  EXPECT_EQ(Run({"serve", "--config", "/does/not/exist"}), kExitFailure);
}

TEST_F(CommandLineTest, QueryAsksAndPrintsATable) {
  FakeServer server({.answer = HttpText("200 OK", kOneRow)});
  EXPECT_EQ(Run({"query", "SELECT \"a\\b\"\n", "--url", server.url_text().c_str(), "-d", "demo",
                 "--token", "t0ken"}),
            kExitSuccess);
  EXPECT_EQ(out_.str(), "  n\n----\n 42\n(1 row, 3.0 ms)\n");
  EXPECT_THAT(server.TakeRequest(), AllOf(StartsWith("POST /api/v1/query HTTP/1.1\r\n"),
                                          HasSubstr("\r\nx-arc-database: demo\r\n"),
                                          HasSubstr("\r\nAuthorization: Bearer t0ken\r\n"),
                                          HasSubstr("\r\nContent-Type: application/json\r\n"),
                                          EndsWith(R"({"sql":"SELECT \"a\\b\"\n"})")));
}

TEST_F(CommandLineTest, QueryTakesServerAndTokenFromTheEnvironment) {
  FakeServer server({.answer = HttpText("200 OK", kOneRow)});
  environment_ = {{"ARC_URL", server.url_text()}, {"ARC_TOKEN", "from-environment"}};
  EXPECT_EQ(Run({"query", "SELECT 1", "--format", "json"}), kExitSuccess);
  EXPECT_EQ(out_.str(), std::string(kOneRow) + "\n");
  EXPECT_THAT(server.TakeRequest(), AllOf(HasSubstr("Authorization: Bearer from-environment\r\n"),
                                          Not(HasSubstr("x-arc-database"))));
}

TEST_F(CommandLineTest, QueryReadsSqlFromStandardInput) {
  for (const std::vector<const char*>& arguments : std::vector<std::vector<const char*>>{
           {"query", "-", "--format", "csv"}, {"query", "--format", "csv"}}) {
    FakeServer server({.answer = HttpText("200 OK", kOneRow)});
    environment_ = {{"ARC_URL", server.url_text()}};
    is_in_terminal_ = false;
    in_.clear();
    in_.str("SELECT 42 AS n");
    out_.str("");
    EXPECT_EQ(Run(arguments), kExitSuccess) << err_.str();
    EXPECT_EQ(out_.str(), "n\n42\n");
    EXPECT_THAT(server.TakeRequest(), EndsWith(R"({"sql":"SELECT 42 AS n"})"));
  }
}

TEST_F(CommandLineTest, AFailedQuerySaysWhatTheServerSaid) {
  const std::pair<std::string, std::string> cases[] = {
      {HttpText("400 Bad Request", R"({"success":false,"error":"no table 'x'"})"), "no table 'x'"},
      {HttpText("401 Unauthorized", R"({"success":false,"error":"Authentication required"})"),
       "Authentication required (give a token with --token or ARC_TOKEN)"},
      {HttpText("502 Bad Gateway", "<html>\x1b[31m"),
       "the server answered with status 502: <html>\\x1b[31m"},
      {HttpText("200 OK", R"({"success":false,"error":"late"})"), "late"},
  };
  for (const auto& [answer, message] : cases) {
    FakeServer server({.answer = answer});
    err_.str("");
    EXPECT_EQ(Run({"query", "SELECT 1", "--url", server.url_text().c_str()}), kExitFailure);
    EXPECT_EQ(err_.str(), "arc query: " + message + "\n");
    EXPECT_EQ(out_.str(), "");
  }
}

TEST_F(CommandLineTest, WhereNobodyListensTheAnswerIsAHint) {
  std::string url;
  {
    const FakeServer server({.answer = ""});
    url = server.url_text();
  }
  EXPECT_EQ(Run({"query", "SELECT 1", "--url", url.c_str()}), kExitFailure);
  EXPECT_EQ(err_.str(), "arc query: cannot connect to " + url +
                            ": Connection refused (does `arc serve` run there? --url names another "
                            "place)\n");
}

TEST_F(CommandLineTest, AnIncompleteResultIsShownAndIsAFailure) {
  FakeServer server(
      {.answer = HttpText("200 OK", R"({"success":true,"columns":["n"],"data":[[1]],"row_count":1,)"
                                    R"("execution_time_ms":3,"truncated":true})")});
  EXPECT_EQ(Run({"query", "SELECT 1", "--url", server.url_text().c_str()}), kExitFailure);
  EXPECT_THAT(out_.str(), HasSubstr("\n 1\n"));
  EXPECT_EQ(err_.str(), "arc query: the result is incomplete: the server stopped early\n");
}

TEST_F(CommandLineTest, ATokenNeverShowsInAnError) {
  EXPECT_EQ(Run({"query", "SELECT 1", "--token", "sec\nret"}), kExitFailure);
  EXPECT_THAT(err_.str(), AllOf(HasSubstr("Authorization"), Not(HasSubstr("ret"))));
}

class ImportCommandTest : public CommandLineTest {
 protected:
  ~ImportCommandTest() override { std::filesystem::remove_all(folder_); }

  std::string WriteFile(const std::string& name, const std::string& text) {
    std::filesystem::create_directories(folder_);
    std::ofstream(folder_ / name) << text;
    return (folder_ / name).string();
  }

  const std::filesystem::path folder_ = std::filesystem::path(::testing::TempDir()) /
                                        ("import_command_test_" + std::to_string(getpid()));
};

TEST_F(ImportCommandTest, SendsTheFileAndShowsTheSummary) {
  FakeServer server({.answer = HttpText("200 OK", kImported)});
  const auto file = WriteFile("wind.CSV", "time;speed\n1;2\n");
  EXPECT_EQ(Run({"import", file.c_str(), "--database", "demo", "--url", server.url_text().c_str(),
                 "--time-column", "my time", "--time-format", "epoch_s", "--delimiter", ";",
                 "--skip-rows", "2"}),
            kExitSuccess)
      << err_.str();
  EXPECT_THAT(out_.str(), StartsWith("3,000 rows into demo.m, 2 partitions, 2001-01-01T00:00:00Z "
                                     "to 2001-01-02T00:00:00Z\n"));
  EXPECT_EQ(err_.str(), "");
  EXPECT_THAT(
      server.TakeRequest(),
      AllOf(StartsWith("POST /api/v1/import/csv?db=demo&measurement=wind&time_column="
                       "my%20time&time_format=epoch_s&delimiter=%3B&skip_rows=2 HTTP/1.1"),
            HasSubstr("\r\nContent-Type: multipart/form-data; boundary=arc-"),
            HasSubstr("filename=\"wind.CSV\""), HasSubstr("\r\n\r\ntime;speed\n1;2\n\r\n")));
}

TEST_F(ImportCommandTest, RulesOfValuesAreSentAndWarningsShown) {
  FakeServer server(
      {.answer =
           HttpText("200 OK", R"({"status":"ok","result":{"database":"d","measurement":"m",)"
                              R"("rows_imported":1,"warnings":["column \"plz\" is text"]}})")});
  const auto file = WriteFile("m.csv", "time,v\n1,2\n");
  EXPECT_EQ(Run({"import", file.c_str(), "-d", "d", "--null-values", "-999,NA", "--decimal-comma",
                 "--long-numbers", "round", "--url", server.url_text().c_str()}),
            kExitSuccess)
      << err_.str();
  EXPECT_THAT(server.TakeRequest(),
              StartsWith("POST /api/v1/import/csv?db=d&measurement=m&null_values=-999%2CNA&"
                         "decimal_comma=true&long_numbers=round HTTP/1.1"));
  EXPECT_THAT(out_.str(), EndsWith("rows/s\nwarning: column \"plz\" is text\n"));
  FakeServer empty({.answer = HttpText("200 OK", kImported)});
  EXPECT_EQ(Run({"import", file.c_str(), "-d", "d", "--null-values", "", "--url",
                 empty.url_text().c_str()}),
            kExitSuccess)
      << err_.str();
  EXPECT_THAT(empty.TakeRequest(),
              StartsWith("POST /api/v1/import/csv?db=d&measurement=m&null_values= HTTP/1.1"));
}

TEST_F(ImportCommandTest, TextFormatsNeedNoMeasurement) {
  FakeServer lines(
      {.answer = HttpText("200 OK",
                          R"({"status":"ok","result":{"database":"d","measurements":["cpu","mem"],)"
                          R"("rows_imported":2,"precision":"s","rows_skipped":101,"errors":[)"
                          R"({"line":3,"message":"no field"}],"duration_ms":5}})")});
  const auto file = WriteFile("7 days.lp.gz", "packed");
  EXPECT_EQ(Run({"import", file.c_str(), "-d", "d", "--precision", "s", "--on-error", "skip",
                 "--url", lines.url_text().c_str()}),
            kExitSuccess)
      << err_.str();
  EXPECT_THAT(lines.TakeRequest(),
              StartsWith("POST /api/v1/import/lp?db=d&on_error=skip&precision=s HTTP/1.1"));
  EXPECT_THAT(out_.str(), StartsWith("2 rows into d.cpu, mem\n"));
  EXPECT_THAT(out_.str(), EndsWith(" rows/s\n101 rows skipped\n  line 3: no field\n  ...\n"));
  FakeServer elements({.answer = HttpText("200 OK", kImported)});
  const auto orbits = WriteFile("orbits.TLE", "x");
  EXPECT_EQ(Run({"import", orbits.c_str(), "-d", "d", "--url", elements.url_text().c_str()}),
            kExitSuccess);
  EXPECT_THAT(elements.TakeRequest(), StartsWith("POST /api/v1/import/tle?db=d HTTP/1.1"));
}

TEST_F(ImportCommandTest, ATerminalSeesTheProgress) {
  is_err_terminal_ = true;
  FakeServer server({.answer = HttpText("200 OK", kImported)});
  const auto file = WriteFile("x.parquet", std::string(1 << 20, 'x'));
  EXPECT_EQ(
      Run({"import", file.c_str(), "-d", "demo", "-m", "m", "--url", server.url_text().c_str()}),
      kExitSuccess);
  EXPECT_THAT(err_.str(), AllOf(HasSubstr("waiting for the server"), EndsWith("\r\x1b[K")));
  EXPECT_THAT(server.TakeRequest(),
              StartsWith("POST /api/v1/import/parquet?db=demo&measurement=m "));
}

TEST_F(ImportCommandTest, ARefusalDuringTheUploadIsShown) {
  FakeServer server({.answer = HttpText("413 Payload Too Large", R"({"error":"at most 1MB"})"),
                     .body_bytes_read_max = 1000});
  const auto file = WriteFile("x.csv", std::string(32 << 20, 'x'));
  EXPECT_EQ(Run({"import", file.c_str(), "-d", "demo", "--url", server.url_text().c_str()}),
            kExitFailure);
  EXPECT_EQ(err_.str(), "arc import: at most 1MB\n");
}

TEST_F(ImportCommandTest, AMissingFileIsAFailure) {
  EXPECT_EQ(Run({"import", "/does/not/exist.csv", "-d", "demo"}), kExitFailure);
  EXPECT_EQ(err_.str(), "arc import: the file /does/not/exist.csv does not exist\n");
}

TEST(ImportSummaryTest, RowsPerSecondFollowTheTimeItTook) {
  const auto summary = ParseImportAnswer(kImported).TakeValue();
  EXPECT_EQ(FormatImportSummary(summary, 1500),
            "3,000 rows into demo.m, 2 partitions, 2001-01-01T00:00:00Z to 2001-01-02T00:00:00Z\n"
            "1.50 s, 2,000 rows/s\n");
  ImportSummary one{.database = "d", .measurement = "m", .rows = 1, .partitions = 1};
  EXPECT_THAT(FormatImportSummary(one, 0), StartsWith("1 row into d.m, 1 partition\n0.0 ms, "));
}

TEST(ImportSummaryTest, WhatIsNotASummaryIsRefused) {
  const std::string whole = kImported;
  for (std::size_t bytes = 0; bytes < whole.size(); ++bytes) {
    EXPECT_FALSE(ParseImportAnswer(whole.substr(0, bytes)).ok()) << bytes;
  }
  EXPECT_FALSE(ParseImportAnswer(R"({"result":{"rows_imported":"x"}})").ok());
}

TEST(QueryRequestJsonTest, EscapesControlCharacters) {
  EXPECT_EQ(QueryRequestJson({"a\t\x01\"\\ö"}), "{\"sql\":\"a\\u0009\\u0001\\\"\\\\ö\"}");
}

}  // namespace
}  // namespace arc::cli
