#include "service/config/load_config.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <fstream>

#include "service/config/config_keys.h"
#include "service/config/known_names.h"

namespace arc::config {
namespace {

using ::testing::AllOf;
using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

constexpr Machine kMachine{.cores = 4, .memory_bytes = 16ULL << 30};

class LoadConfigTest : public ::testing::Test {
 protected:
  LoadConfigTest()
      : file_(std::filesystem::path(::testing::TempDir()) /
              ("load_config_test_" + std::to_string(getpid()) + ".toml")) {
    sources_.machine = kMachine;
  }
  ~LoadConfigTest() override { std::filesystem::remove(file_); }

  void WriteFile(const std::string& text) {
    std::ofstream(file_) << text;
    sources_.file = file_;
  }

  LoadedConfig Load() {
    auto loaded = LoadConfig(sources_);
    EXPECT_TRUE(loaded.ok()) << LogText(loaded.error());
    return std::move(loaded).TakeValue();
  }

  // The message of a configuration that must not load.
  std::string Failure() {
    const auto loaded = LoadConfig(sources_);
    EXPECT_FALSE(loaded.ok());
    if (loaded.ok()) return "";
    EXPECT_EQ(loaded.error().code, ErrorCode::kInvalidInput);
    return loaded.error().message;
  }

  // "path:line:column: "
  std::string Place(const std::string& line_and_column) const {
    return file_.string() + ":" + line_and_column + ": ";
  }

  const std::filesystem::path file_;
  ConfigSources sources_;
};

TEST_F(LoadConfigTest, DefaultsWithoutAnySource) {
  const auto loaded = Load();
  EXPECT_THAT(loaded.warnings, IsEmpty());
  EXPECT_EQ(loaded.config.server.host, "");
  EXPECT_EQ(loaded.config.server.port, 8000);
  EXPECT_EQ(loaded.config.server.max_payload_size, 1ULL << 30);
  EXPECT_EQ(loaded.config.query.timeout, std::chrono::seconds(300));
  EXPECT_EQ(loaded.config.storage.local_path, "./data/arc");
  EXPECT_EQ(loaded.config.storage.catalog_path, "./data/catalog.db");
  EXPECT_EQ(loaded.origins.at("server.port"), "default");
}

TEST_F(LoadConfigTest, AutomaticDefaultsFollowTheMachine) {
  const Config small = DefaultConfig({.cores = 1, .memory_bytes = 1ULL << 30});
  EXPECT_EQ(small.server.io_threads, 1U);
  EXPECT_EQ(small.database.max_connections, 16U);
  EXPECT_EQ(small.server.memory_limit >> 20, 819U);
  EXPECT_EQ(small.ingest.memory_budget >> 20, 102U);
  EXPECT_EQ(small.server.max_inflight_body_bytes, small.ingest.memory_budget);
  EXPECT_EQ(small.server.max_payload_size, small.server.max_inflight_body_bytes);
  EXPECT_EQ(small.database.memory_limit >> 20, 348U);

  const Config large = DefaultConfig({.cores = 64, .memory_bytes = 512ULL << 30});
  EXPECT_EQ(large.server.io_threads, 8U);
  EXPECT_EQ(large.database.max_connections, 64U);
  EXPECT_EQ(large.database.thread_count, 64U);
  EXPECT_EQ(large.server.memory_limit >> 20, 419'430U);
  EXPECT_EQ(large.server.max_payload_size, 1ULL << 30);
  EXPECT_EQ(large.server.max_inflight_body_bytes, 2ULL << 30);
  EXPECT_EQ(large.database.memory_limit, 32ULL << 30);
  EXPECT_EQ(large.ingest.memory_budget, 8ULL << 30);
}

TEST_F(LoadConfigTest, TheFileIsRead) {
  WriteFile(
      "[server]\nport = 9000\nmax_payload_size = \"64MB\"\n\n"
      "[database]\nmemory_limit = \"50%\"\nthread_count = \"auto\"\n\n"
      "[storage]\ndata_directory = \"/srv/arc\"\n");
  const auto loaded = Load();
  EXPECT_EQ(loaded.config.server.port, 9000);
  EXPECT_EQ(loaded.config.server.max_payload_size, 64ULL << 20);
  EXPECT_EQ(loaded.config.database.memory_limit, 8ULL << 30);
  EXPECT_EQ(loaded.config.database.thread_count, 4U);
  EXPECT_EQ(loaded.config.storage.local_path, "/srv/arc/arc");
  EXPECT_EQ(loaded.config.database.temp_directory, "/srv/arc/tmp");
  EXPECT_EQ(loaded.origins.at("server.port"), file_.string() + ":2");
  EXPECT_EQ(loaded.origins.at("storage.local_path"), "default");
}

TEST_F(LoadConfigTest, FlagsAreAboveTheEnvironmentAboveTheFile) {
  WriteFile("[server]\nport = 1\nhost = \"file\"\n[log]\nlevel = \"warn\"\n");
  sources_.environment = {{"ARC_SERVER_PORT", "2"}, {"ARC_SERVER_HOST", "environment"}};
  sources_.flags = {{"server.port", "3"}};
  const auto loaded = Load();
  EXPECT_EQ(loaded.config.server.port, 3);
  EXPECT_EQ(loaded.config.server.host, "environment");
  EXPECT_EQ(loaded.config.log.level, "warn");
  EXPECT_EQ(loaded.origins.at("server.port"), "flag");
  EXPECT_EQ(loaded.origins.at("server.host"), "env ARC_SERVER_HOST");
  EXPECT_EQ(loaded.origins.at("log.level"), file_.string() + ":5");
}

TEST_F(LoadConfigTest, AnEmptyVariableCountsAsNotSet) {
  sources_.environment = {{"ARC_SERVER_PORT", ""}};
  EXPECT_EQ(Load().config.server.port, 8000);
}

TEST_F(LoadConfigTest, AMissingFileIsAnErrorOnlyWhenItWasAskedFor) {
  sources_.search_path = {"/does/not/exist.toml"};
  EXPECT_EQ(Load().config.server.port, 8000);
  sources_.file = "/does/not/exist.toml";
  EXPECT_EQ(Failure(), "the configuration file /does/not/exist.toml does not exist");
}

TEST_F(LoadConfigTest, TheFirstFileOfTheSearchPathCounts) {
  WriteFile("[server]\nport = 9000\n");
  sources_.file.reset();
  sources_.search_path = {"/does/not/exist.toml", file_, "/dev/null"};
  EXPECT_EQ(Load().config.server.port, 9000);
}

TEST_F(LoadConfigTest, TheSearchPathEndsInTheHomeDirectory) {
  EXPECT_THAT(DefaultSearchPath({{"HOME", "/home/me"}}),
              ElementsAre("./arc.toml", "/etc/arc/arc.toml", "/home/me/.arc/arc.toml"));
  EXPECT_THAT(DefaultSearchPath({}), ElementsAre("./arc.toml", "/etc/arc/arc.toml"));
}

TEST_F(LoadConfigTest, ADirectoryIsNotAFile) {
  sources_.file = ::testing::TempDir();
  EXPECT_EQ(Failure(), ::testing::TempDir() + " is a directory, not a TOML file");
}

TEST_F(LoadConfigTest, SyntaxErrorsNameTheirPlace) {
  WriteFile("[server]\nport = = 8000\n");
  EXPECT_THAT(Failure(), HasSubstr(Place("2:8")));
}

TEST_F(LoadConfigTest, AKeyGivenTwiceIsASyntaxError) {
  WriteFile("[server]\nport = 1\nport = 2\n");
  EXPECT_THAT(Failure(), AllOf(HasSubstr(file_.string() + ":3:"), HasSubstr("port")));
}

TEST_F(LoadConfigTest, UnknownKeysNameTheirPlaceAndTheLikelyKey) {
  WriteFile("[server]\n  prot = 9000\n[ingest]\nmax_bufer_size = 5\nzzzzzz = 1\n");
  const auto message = Failure();
  EXPECT_THAT(message,
              HasSubstr(Place("2:3") + "unknown key 'server.prot' (did you mean 'server.port'?)"));
  EXPECT_THAT(message, HasSubstr(Place("4:1") + "unknown key 'ingest.max_bufer_size' "
                                                "(did you mean 'ingest.max_buffer_size'?)"));
  EXPECT_THAT(message, HasSubstr(Place("5:1") + "unknown key 'ingest.zzzzzz'"));
  EXPECT_THAT(message, Not(HasSubstr("zzzzzz' (did")));
}

TEST_F(LoadConfigTest, AKeyOutsideItsSectionIsPointedTheWay) {
  WriteFile("port = 9000\n[log]\nmax_connections = 2\n");
  EXPECT_THAT(Failure(), AllOf(HasSubstr("unknown key 'port' (did you mean 'server.port'?)"),
                               HasSubstr("unknown key 'log.max_connections' (did you mean "
                                         "'server.max_connections'?)")));
}

TEST_F(LoadConfigTest, AnUnknownSectionIsReportedOnce) {
  WriteFile("[sever]\nport = 1\nhost = \"\"\n[empty_one]\n");
  EXPECT_EQ(Failure(), "the configuration is not valid:\n  " + Place("1:2") +
                           "unknown section [sever] (did you mean 'server'?)\n  " + Place("4:2") +
                           "unknown section [empty_one]: `arc config` lists all sections");
}

TEST_F(LoadConfigTest, BadValuesSayWhatWasExpected) {
  WriteFile(
      "[server]\nport = 99999\nhost = 5\nread_timeout = true\nio_threads = [1]\n"
      "max_payload_size = \"huge\"\n[storage]\nbackend = \"s3\"\n[query]\ntimeout = 1.5\n");
  const auto message = Failure();
  EXPECT_THAT(message, HasSubstr(Place("2:1") +
                                 "server.port = \"99999\": expected an integer from 0 to 65535"));
  EXPECT_THAT(message, HasSubstr(Place("3:1") + "server.host = 5: expected a text, in quotes"));
  EXPECT_THAT(message, HasSubstr(Place("4:1") + "server.read_timeout = true: expected a number of "
                                                "seconds from 1 to 86400"));
  EXPECT_THAT(message, HasSubstr(Place("5:1") + "server.io_threads = a list: expected an integer"));
  EXPECT_THAT(message, HasSubstr("server.max_payload_size = \"huge\": expected a size such as"));
  EXPECT_THAT(message, HasSubstr("storage.backend = \"s3\": expected one of: local"));
  EXPECT_THAT(message, HasSubstr("query.timeout = \"1.5\": expected a number of seconds"));
}

TEST_F(LoadConfigTest, TimesMayHaveAUnit) {
  WriteFile("[server]\nidle_timeout = \"5m\"\n[ingest]\nmax_buffer_age_ms = \"90s\"\n");
  sources_.flags = {{"query.timeout", "1h"}};
  const auto config = Load().config;
  EXPECT_EQ(config.server.idle_timeout, std::chrono::minutes(5));
  EXPECT_EQ(config.ingest.max_buffer_age_ms, std::chrono::seconds(90));
  EXPECT_EQ(config.query.timeout, std::chrono::hours(1));
  for (const char* text : {"5", "x", "5 m", "m", "-1s", "99999999999999w", "2w"}) {
    sources_.flags = {{"server.idle_timeout", text}};
    EXPECT_EQ(LoadConfig(sources_).ok(), std::string_view(text) == "5") << text;
  }
}

TEST_F(LoadConfigTest, ABadVariableOrFlagIsNamed) {
  sources_.environment = {{"ARC_SERVER_PORT", "abc"}};
  sources_.flags = {{"log.level", "loud"}, {"sever.port", "1"}};
  const auto message = Failure();
  EXPECT_THAT(message, HasSubstr("environment: ARC_SERVER_PORT = \"abc\": expected an integer"));
  EXPECT_THAT(message, HasSubstr("command line: log.level = \"loud\": expected one of: debug,"));
  EXPECT_THAT(message, HasSubstr("command line: unknown key 'sever.port' (did you mean "
                                 "'server.port'?)"));
}

TEST_F(LoadConfigTest, KnownKeysWithoutUseWarn) {
  WriteFile(
      "[mqtt]\nenabled = true\n[storage]\ns3_bucket = \"our-bucket\"\n[cluster.rbac]\n"
      "max_cascade_descendants = 1\n[ingest]\nsort_keys = []\n");
  sources_.environment = {{"ARC_TIERED_STORAGE_COLD_S3_BUCKET", "cold"}};
  sources_.flags = {{"governance.enabled", "true"}};
  const std::string unused = " is known, but not used by this server yet";
  EXPECT_THAT(Load().warnings,
              ElementsAre(Place("2:1") + "mqtt.enabled" + unused,
                          Place("4:1") + "storage.s3_bucket" + unused,
                          Place("6:1") + "cluster.rbac.max_cascade_descendants" + unused,
                          Place("8:1") + "ingest.sort_keys" + unused,
                          "environment: ARC_TIERED_STORAGE_COLD_S3_BUCKET" + unused,
                          "command line: governance.enabled" + unused));
}

// What is not used stops nothing, be it as wrong as it may.
TEST_F(LoadConfigTest, NamesOfBucketsAndMachinesThatAreNoneWarn) {
  WriteFile("[storage]\ns3_bucket = \"../etc\"\ns3_endpoint = \"minio:99999\"\n");
  sources_.environment = {{"ARC_TIERED_STORAGE_COLD_S3_BUCKET", "Ours"}};
  const auto warnings = Load().warnings;
  EXPECT_THAT(warnings, Contains(HasSubstr(Place("2:1") + "storage.s3_bucket = \"../etc\"")));
  EXPECT_THAT(warnings,
              Contains(HasSubstr(Place("3:1") + "storage.s3_endpoint = \"minio:99999\"")));
  EXPECT_THAT(warnings,
              Contains(HasSubstr("ARC_TIERED_STORAGE_COLD_S3_BUCKET = \"Ours\": expected")));
  EXPECT_EQ(warnings.size(), 6u);  // and each is not used
  WriteFile("[storage]\ns3_bucket = \"my.bucket\"\ns3_endpoint = \"https://minio.lab:9000\"\n");
  sources_.environment = {};
  EXPECT_EQ(Load().warnings.size(), 2u);
}

TEST_F(LoadConfigTest, WhatIsOffStopsNothing) {
  const std::string wrong =
      "[audit_log]\nmax_total_size = \"1MB\"\nmax_file_size = \"1MB\"\nenabled = ";
  WriteFile(wrong + "false\n");
  Load();
  WriteFile(wrong + "true\n");
  EXPECT_THAT(Failure(), HasSubstr("audit_log.max_total_size"));
}

TEST_F(LoadConfigTest, NoKeyIsBothUsedAndUnused) {
  for (const auto& key : ConfigKeys()) {
    EXPECT_FALSE(IsUnusedKey(key.name)) << key.name;
    EXPECT_FALSE(IsUnusedVariable(EnvironmentNameOf(key.name))) << key.name;
  }
}

TEST_F(LoadConfigTest, UnknownVariablesWarnWithoutTheirValue) {
  sources_.environment = {{"ARC_SEVER_PORT", "secret"},
                          {"ARC_SOMETHING_ELSE_ENTIRELY", "secret"},
                          {"ARC_DEPS_DIR", "/x"},
                          {"ARC_TOKEN", "secret"},
                          {"PATH", "/bin"}};
  EXPECT_THAT(Load().warnings,
              ElementsAre("environment: unknown variable ARC_SEVER_PORT (did you mean "
                          "'ARC_SERVER_PORT'?)",
                          "environment: unknown variable ARC_SOMETHING_ELSE_ENTIRELY"));
}

TEST_F(LoadConfigTest, ABodyLargerThanAllBodiesTogetherIsRefused) {
  sources_.flags = {{"server.max_payload_size", "4GB"}};
  EXPECT_THAT(Failure(), AllOf(HasSubstr("server.max_payload_size (4GB)"),
                               HasSubstr("server.max_inflight_body_bytes (1638MB)")));
}

TEST_F(LoadConfigTest, WhatDoesNotFitTogetherNamesItsPlaceBesideEveryOtherMistake) {
  WriteFile("[log]\nlevel = \"loud\"\n[server]\nmax_payload_size = \"4GB\"\n");
  EXPECT_THAT(Failure(), AllOf(HasSubstr(Place("2:1") + "log.level"),
                               HasSubstr(file_.string() + ":4: server.max_payload_size (4GB)")));
  // The default that stands in for a wrong value is not held against the rest.
  WriteFile("[server]\nmax_payload_size = \"4GB\"\nmax_inflight_body_bytes = \"8XB\"\n");
  EXPECT_THAT(Failure(), Not(HasSubstr("(4GB)")));
}

TEST_F(LoadConfigTest, OtherFilesMustStayOutOfTheFoldersOfDatabases) {
  sources_.flags = {{"storage.local_path", "./data/"}, {"audit_log.enabled", "true"}};
  EXPECT_THAT(Failure(), AllOf(HasSubstr("storage.catalog_path (./data/catalog.db)"),
                               HasSubstr("database.temp_directory (./data/tmp)"),
                               HasSubstr("import.spool_directory (./data/spool)"),
                               HasSubstr("auth.db_path (./data/auth.db)"),
                               HasSubstr("audit_log.directory (./data/audit)"),
                               HasSubstr("storage.local_path (./data/)")));
  sources_.flags = {{"storage.local_path", "/srv/arc"},
                    {"database.temp_directory", "/srv/arc-tmp"}};
  EXPECT_EQ(Load().config.storage.local_path, "/srv/arc");
}

TEST_F(LoadConfigTest, AnAuditLogWithoutRoomForTwoFilesIsRefused) {
  sources_.flags = {{"audit_log.enabled", "true"}, {"audit_log.max_total_size", "31MB"}};
  EXPECT_THAT(Failure(), AllOf(HasSubstr("audit_log.max_total_size (31MB)"),
                               HasSubstr("audit_log.max_file_size (16MB)")));
  sources_.flags = {{"audit_log.enabled", "true"}, {"audit_log.max_total_size", "32MB"}};
  EXPECT_EQ(Load().config.audit_log.max_total_size, 32ULL << 20);
}

TEST_F(LoadConfigTest, TlsNeedsBothFiles) {
  sources_.flags = {{"server.tls_enabled", "true"}, {"server.tls_cert_file", "a.crt"}};
  EXPECT_THAT(Failure(), HasSubstr("server.tls_enabled needs server.tls_key_file"));
  sources_.flags["server.tls_key_file"] = "a.key";
  EXPECT_EQ(Load().config.server.tls_cert_file, "a.crt");
}

TEST_F(LoadConfigTest, AnOpenDoorWarns) {
  sources_.flags = {{"auth.enabled", "false"}};
  EXPECT_THAT(Load().warnings, ElementsAre(HasSubstr("auth.enabled is false")));
  for (const char* host : {"127.0.0.1", "::1", "localhost"}) {
    sources_.flags["server.host"] = host;
    EXPECT_THAT(Load().warnings, IsEmpty()) << host;
  }
  sources_.flags["server.host"] = "192.0.2.7";
  EXPECT_THAT(Load().warnings, ElementsAre(HasSubstr("auth.enabled is false")));
}

TEST_F(LoadConfigTest, MoreMemoryThanTheMachineHasWarns) {
  sources_.flags = {{"server.memory_limit", "17GB"}};
  EXPECT_THAT(Load().warnings,
              ElementsAre(AllOf(HasSubstr("server.memory_limit (17GB)"), HasSubstr("(16GB)"))));
}

}  // namespace
}  // namespace arc::config
