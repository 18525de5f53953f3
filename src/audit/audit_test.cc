#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <memory>
#include <string>

#include "audit/audit_log.h"
#include "audit/audit_reader.h"
#include "audit/event.h"
#include "testing/temp_directory.h"

namespace arc::audit {
namespace {

using ::testing::ElementsAre;
using ::testing::Pair;

class FakeClock : public Clock {
 public:
  std::int64_t NowMicros() const override { return now_++; }
  SteadyTime NowSteady() const override { return {}; }
  void Pass(std::chrono::hours time) { now_ += std::chrono::microseconds(time).count(); }

 private:
  mutable std::atomic<std::int64_t> now_{1'767'225'600'000'000};
};

class AuditTest : public ::testing::Test {
 protected:
  AuditTest() { Open(); }
  void Open() {
    log_.reset();
    log_ = AuditLog::Open({.directory = directory_ / "audit",
                           .file_bytes_max = 2000,
                           .retention = std::chrono::hours(24)},
                          files_, clock_, metrics_)
               .TakeValue();
  }
  void Record(const std::string& type, const std::string& actor = "a",
              const std::string& path = "/") {
    AuditEntry entry;
    entry.event_type = type;
    entry.actor = actor;
    entry.path = path;
    log_->Record(entry);
  }
  std::vector<std::string> Types(const AuditQuestion& question = {}) {
    std::vector<std::string> types;
    for (const auto& entry : ReadEntries(*log_, files_, question).TakeValue()) {
      types.push_back(entry.event_type);
    }
    return types;
  }

  const testing::TempDirectory directory_;
  fs::FileSystem& files_ = fs::FileSystem::Local();
  FakeClock clock_;
  Metrics metrics_;
  std::unique_ptr<AuditLog> log_;
};

TEST(AuditEntryTest, IsReadAsItWasWritten) {
  AuditEntry entry{.timestamp = 5,
                   .event_type = "token.created",
                   .actor = "a \"b\"\n",
                   .method = "POST",
                   .path = "/x",
                   .database = "d",
                   .status_code = 201,
                   .ip_address = "::1",
                   .user_agent = "curl",
                   .duration_ms = 7,
                   .detail = "why"};
  const auto line = ToLine(entry);
  EXPECT_EQ(line.find('\n'), line.size() - 1);
  EXPECT_EQ(ParseLine(line), entry);
  for (std::size_t length = 0; length + 2 < line.size(); length++) {
    EXPECT_FALSE(ParseLine(line.substr(0, length))) << length;
  }
  entry.user_agent = std::string(5000, 'x') + "\xff";
  entry.path = std::string(5000, '/');
  EXPECT_LT(ToLine(entry).size(), 1700u);
}

TEST(EventTest, NamesWhatRequestsAre) {
  const auto type = [](const char* method, const char* pattern, int status) {
    return std::string(EventOf(method, pattern, status).type);
  };
  EXPECT_EQ(type("POST", "/api/v1/auth/tokens", 201), "token.created");
  EXPECT_EQ(type("POST", "/api/v1/auth/tokens/:id/rotate", 200), "token.rotated");
  EXPECT_EQ(type("POST", "/api/v1/write/msgpack", 204), "data.write");
  EXPECT_EQ(type("POST", "/api/v1/write/line-protocol/flush", 200), "data.flush");
  EXPECT_EQ(type("POST", "/api/v1/auth/tokens", 401), "auth.failed");
  EXPECT_EQ(type("", "", 401), "auth.failed");
  EXPECT_EQ(type("GET", "/api/v1/databases", 403), "access.denied");
  EXPECT_EQ(type("POST", "/api/v9/new", 200), "request");
  EXPECT_EQ(type("GET", "/health", 200), "");
  EXPECT_EQ(type("GET", "", 404), "");
  EXPECT_TRUE(EventOf("POST", "/api/v1/query/arrow", 200).is_read);
  EXPECT_FALSE(EventOf("POST", "/write", 204).is_read);
}

TEST_F(AuditTest, AnswersNewestFirst) {
  for (const char* type : {"a", "b", "c", "b"}) Record(type);
  Record("d", "other");
  EXPECT_THAT(Types(), ElementsAre("d", "b", "c", "b", "a"));
  EXPECT_THAT(Types({.event_type = "b"}), ElementsAre("b", "b"));
  EXPECT_THAT(Types({.actor = "other"}), ElementsAre("d"));
  EXPECT_THAT(Types({.limit = 2, .offset = 1}), ElementsAre("b", "c"));
  const auto all = ReadEntries(*log_, files_, {}).TakeValue();
  EXPECT_THAT(Types({.since = all[2].timestamp}), ElementsAre("d", "b", "c"));
  EXPECT_THAT(Types({.until = all[2].timestamp}), ElementsAre("c", "b", "a"));
  EXPECT_THAT(CountEvents(*log_, files_, all[3].timestamp).value(),
              ElementsAre(Pair("b", 2), Pair("c", 1), Pair("d", 1)));
}

TEST_F(AuditTest, GoesOnInNewFilesAndAfterARestart) {
  std::vector<std::string> expected;
  for (int i = 0; i < 60; i++) {
    Record("e" + std::to_string(i));
    expected.insert(expected.begin(), "e" + std::to_string(i));
    if (i % 5 == 0) {
      ASSERT_TRUE(log_->Flush().ok());
    }
    if (i == 30) Open();
  }
  EXPECT_EQ(Types(), expected);
  EXPECT_GT(log_->FilePaths().value().size(), 3u);
}

TEST_F(AuditTest, OldFilesGo) {
  for (int i = 0; i < 30; i++) {
    Record("old");
    ASSERT_TRUE(log_->Flush().ok());
  }
  const auto count = log_->FilePaths().value().size();
  ASSERT_GT(count, 2u);
  clock_.Pass(std::chrono::hours(12));
  Open();
  Record("middle");
  ASSERT_TRUE(log_->Flush().ok());
  EXPECT_EQ(log_->FilePaths().value().size(), count + 1);
  clock_.Pass(std::chrono::hours(20));
  Open();
  Record("new");
  // The last of the old ones began more than a day ago, but it reaches up to "middle".
  EXPECT_EQ(Types({.event_type = "middle"}).size(), 1u);
  EXPECT_LT(Types({.event_type = "old"}).size(), 30u);
  EXPECT_EQ(log_->FilePaths().value().size(), 3u);
}

TEST_F(AuditTest, ALineThatACrashCutIsLeftOut) {
  Record("good");
  ASSERT_TRUE(log_->Flush().ok());
  const auto path = log_->FilePaths().value().front();
  const auto text = fs::ReadWholeFile(files_, path, 1 << 20).TakeValue();
  ASSERT_TRUE(fs::WriteWholeFile(files_, path, text + text.substr(0, 20)).ok());
  EXPECT_THAT(Types(), ElementsAre("good"));
}

TEST_F(AuditTest, IsBounded) {
  for (int i = 0; i < 20'000; i++) Record("x", "a", std::string(1000, 'p'));
  EXPECT_LT(metrics_.AddCounter("arc_audit_events_total", "").value(), 20'000u);
  EXPECT_GT(metrics_.AddCounter("arc_audit_dropped_total", "").value(), 0u);
}

}  // namespace
}  // namespace arc::audit
