#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <map>
#include <memory>
#include <numeric>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "access/audit/audit_log.h"
#include "access/audit/audit_reader.h"
#include "access/audit/event.h"
#include "foundation/base/log.h"
#include "foundation/testing/faulty_file_system.h"
#include "foundation/testing/temp_directory.h"

namespace arc::audit {
namespace {

using ::testing::ElementsAre;
using ::testing::Pair;

class FakeClock : public Clock {
 public:
  std::int64_t NowMicros() const override { return now_++; }
  SteadyTime NowSteady() const override { return SteadyTime(std::chrono::microseconds(now_)); }
  void Pass(std::chrono::hours time) { now_ += std::chrono::microseconds(time).count(); }

 private:
  mutable std::atomic<std::int64_t> now_{1'767'225'600'000'000};
};

class AuditTest : public ::testing::Test {
 protected:
  AuditTest() : AuditTest(fs::FileSystem::Local()) {}
  explicit AuditTest(fs::FileSystem& files) : files_(files) {
    options_.directory = directory_ / "audit";
    options_.file_bytes_max = 2000;  // about twelve entries
    options_.retention = std::chrono::hours(24);
    Open();
  }
  void Open() {
    log_.reset();
    log_ = AuditLog::Open(options_, files_, clock_, metrics_).TakeValue();
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
  std::vector<std::uint64_t> FileBytes() {
    std::vector<std::uint64_t> bytes;
    for (const auto& entry : files_.List(options_.directory).TakeValue()) {
      bytes.push_back(entry.byte_count);
    }
    return bytes;
  }
  std::uint64_t TotalBytes() {
    const auto bytes = FileBytes();
    return std::accumulate(bytes.begin(), bytes.end(), std::uint64_t{0});
  }
  std::uint64_t Counted(const std::string& name, const std::string& labels = "") {
    return metrics_.AddCounter(name, "", labels).value();
  }
  std::uint64_t Removed(const std::string& reason) {
    return Counted("arc_audit_files_removed_total", "reason=\"" + reason + "\"");
  }

  const testing::TempDirectory directory_;
  fs::FileSystem& files_;
  FakeClock clock_;
  Metrics metrics_;
  AuditOptions options_;
  std::unique_ptr<AuditLog> log_;
};

// In memory, and so without waiting for syncs.
struct FaultyDisk {
  testing::FaultyFileSystem disk_;
};

// A base before AuditTest, so that the log is gone before the disk is.
class AuditFaultTest : protected FaultyDisk, public AuditTest {
 protected:
  AuditFaultTest() : AuditTest(disk_) {}
  void FailEvery(std::string_view pattern) { disk_.FailEvery(pattern, ErrorCode::kStorageFailed); }
  // What is expected of a disk that works.
  void WriteAll() {
    const auto written = log_->Flush();
    EXPECT_TRUE(written.ok()) << LogText(written.error());
  }
};

// What is logged while it lives.
class CapturedLog {
 public:
  CapturedLog() {
    EXPECT_TRUE(SetUpLogging("info", LogFormat::kConsole).ok());
    ::testing::internal::CaptureStderr();
  }
  ~CapturedLog() {
    if (!is_taken_) Take();
  }
  // Ends it.
  std::string Take() {
    is_taken_ = true;
    return ::testing::internal::GetCapturedStderr();
  }

 private:
  bool is_taken_ = false;
};

int Count(std::string_view text, std::string_view part) {
  int count = 0;
  for (auto at = text.find(part); at != text.npos; at = text.find(part, at + 1)) count++;
  return count;
}

// "e<last>" down to "e<first>".
std::vector<std::string> NewestFirst(int last, int first) {
  std::vector<std::string> types;
  for (int i = last; i >= first; i--) types.push_back("e" + std::to_string(i));
  return types;
}

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
  EXPECT_EQ(Removed("age"), count - 1);
  EXPECT_EQ(Removed("size"), 0u);
}

TEST_F(AuditTest, ABurstIsHeldToTheLimitsAsWell) {
  options_.total_bytes_max = 6500;
  Open();
  for (int i = 0; i < 200; i++) Record("e" + std::to_string(i));
  ASSERT_TRUE(log_->Flush().ok());
  EXPECT_LE(TotalBytes(), options_.total_bytes_max);
  for (const auto bytes : FileBytes()) EXPECT_LE(bytes, options_.file_bytes_max);
  const auto kept = static_cast<int>(Types({.limit = 1000}).size());
  EXPECT_GT(kept, 25);
  EXPECT_EQ(Types({.limit = 1000}), NewestFirst(199, 200 - kept));
}

TEST_F(AuditTest, ALowerLimitCountsAfterTheRestartButNeverForTheFileBeingWritten) {
  for (int i = 0; i < 50; i++) Record("e" + std::to_string(i));
  ASSERT_TRUE(log_->Flush().ok());
  ASSERT_GT(FileBytes().size(), 3u);
  options_.total_bytes_max = 100;
  Open();
  for (int i = 50; i < 60; i++) {
    Record("e" + std::to_string(i));
    EXPECT_EQ(Types({.limit = 1000}), NewestFirst(i, 50));
  }
  EXPECT_EQ(FileBytes().size(), 1u);
}

TEST_F(AuditTest, AFileThatSomebodyElseRemovedIsNoFailure) {
  for (int i = 0; i < 50; i++) Record("e" + std::to_string(i));
  ASSERT_TRUE(log_->Flush().ok());
  const auto count = FileBytes().size();
  options_.total_bytes_max = 4000;
  Open();
  ASSERT_TRUE(files_.Remove(log_->FilePaths().value().back()).ok());
  Record("new");
  EXPECT_TRUE(log_->Flush().ok());
  EXPECT_LE(TotalBytes(), 4000u);
  EXPECT_GT(Removed("size"), 0u);
  EXPECT_EQ(FileBytes().size(), count - Removed("size"));  // one less, and one new
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
  options_.file_bytes_max = 1 << 20;
  Open();
  for (int i = 0; i < 20'000; i++) Record("x", "a", std::string(1000, 'p'));
  EXPECT_LT(metrics_.AddCounter("arc_audit_events_total", "").value(), 20'000u);
  EXPECT_GT(metrics_.AddCounter("arc_audit_dropped_total", "").value(), 0u);
}

TEST_F(AuditFaultTest, TheOldestFilesGoBeforeAllTogetherAreTooLarge) {
  options_.total_bytes_max = 6500;
  Open();
  for (int i = 0; i < 200; i++) {
    Record("e" + std::to_string(i));
    ASSERT_TRUE(log_->Flush().ok());
    ASSERT_LE(TotalBytes(), options_.total_bytes_max) << i;
    if (i >= 50) {
      ASSERT_GT(TotalBytes(), options_.total_bytes_max - options_.file_bytes_max - 300) << i;
    }
    if (i == 100) Open();
  }
  const auto kept = static_cast<int>(Types({.limit = 1000}).size());
  EXPECT_GT(kept, 25);
  EXPECT_EQ(Types({.limit = 1000}), NewestFirst(199, 200 - kept));
  EXPECT_GT(Removed("size"), 10u);
  EXPECT_EQ(Removed("age"), 0u);
}

TEST_F(AuditFaultTest, AFileThatCannotBeRemovedStopsNothing) {
  options_.total_bytes_max = 6500;
  Open();
  Record("e0");
  WriteAll();
  const auto stuck = log_->FilePaths().value().front();
  FailEvery("remove " + stuck);
  CapturedLog captured;
  for (int i = 1; i < 100; i++) {
    Record("e" + std::to_string(i));
    WriteAll();
    ASSERT_LE(TotalBytes(), options_.total_bytes_max) << "others go in its place: " << i;
  }
  EXPECT_EQ(log_->FilePaths().value().back(), stuck);
  EXPECT_EQ(Types({.limit = 1}), NewestFirst(99, 99));
  EXPECT_EQ(Count(captured.Take(), "an old file cannot be removed"), 1);
}

TEST_F(AuditFaultTest, RemovalsForSizeAreToldOnceAnHour) {
  options_.total_bytes_max = 6500;
  Open();
  CapturedLog captured;
  const auto removals = [&] {
    const auto before = Removed("size");
    for (int i = 0; i < 100; i++) {
      Record("e");
      EXPECT_TRUE(log_->Flush().ok());
    }
    return Removed("size") - before;
  };
  EXPECT_GT(removals(), 3u);
  clock_.Pass(std::chrono::hours(1));
  EXPECT_GT(removals(), 3u);
  EXPECT_EQ(Count(captured.Take(), "for audit_log.max_total_size (6500 bytes)"), 2);
}

TEST_F(AuditFaultTest, WhatTheDiskRefusesIsWrittenLaterInOrderAndOnce) {
  for (const bool has_file : {true, false}) {
    for (const char* pattern : {"create ", "sync folder ", "append ", "sync /"}) {
      const std::string_view text = pattern;
      const bool only_begins_files = text == "create " || text == "sync folder ";
      SCOPED_TRACE(std::string(text) + (has_file ? "a file is open" : "none is"));
      options_.directory = "/" + std::to_string(disk_.operation_count());
      Open();
      Record("e0");
      WriteAll();
      if (!has_file) Open();
      FailEvery(pattern);
      int count = 1;
      for (int i = 0; i < 3; i++) {
        Record("e" + std::to_string(count++));
        Record("e" + std::to_string(count++));
        EXPECT_EQ(log_->Flush().ok(), has_file && only_begins_files);
        EXPECT_THAT(Types(), ::testing::Contains("e0"));  // the rest can still be read
      }
      disk_.Repair();
      Record("e" + std::to_string(count));
      WriteAll();
      EXPECT_EQ(Types(), NewestFirst(count, 0));
    }
  }
  EXPECT_EQ(Counted("arc_audit_dropped_total"), 0u);
}

TEST_F(AuditFaultTest, NoFileIsWrittenOrSyncedAfterAFailedSync) {
  Record("e0");
  WriteAll();
  const auto first = disk_.operation_count();
  FailEvery("sync " + options_.directory);
  for (int i = 1; i < 4; i++) {
    Record("e" + std::to_string(i));
    EXPECT_FALSE(log_->Flush().ok());
  }
  disk_.Repair();
  WriteAll();
  std::map<std::string, int> counts;
  for (const auto& operation : disk_.operations()) {
    const auto text = operation.text.substr(0, operation.text.find(':'));
    if (operation.number <= first) continue;
    if (text.starts_with("append ") || text.starts_with("sync /")) counts[text]++;
  }
  EXPECT_EQ(counts.size(), 2u * 4);
  for (const auto& [text, count] : counts) EXPECT_EQ(count, 1) << text;
}

// Every operation of a workload fails once. At the end every entry is there once. After a power
// cut, too, except that a file whose cut was lost may show entries twice.
TEST_F(AuditFaultTest, AnyOneFailureLosesAndDoublesNothing) {
  for (std::uint64_t number = 1; number <= 40; number++) {
    options_.directory = "/" + std::to_string(number);
    Open();
    const auto failing = disk_.operation_count() + number;
    disk_.FailAt(failing, ErrorCode::kStorageFailed);
    for (int i = 0; i < 45; i++) {
      Record("e" + std::to_string(i));
      if (i % 5 == 4) IgnoreFailure(log_->Flush(), "it is planned");
    }
    ASSERT_GE(disk_.operation_count(), failing) << "the workload is too short";
    disk_.Repair();
    WriteAll();
    const auto expected = NewestFirst(44, 0);
    ASSERT_EQ(Types(), expected) << disk_.Describe(failing);
    disk_.Crash(testing::Unsynced::kRandomSubset);
    disk_.Reboot();
    Open();
    const auto found = Types({.limit = 1000});
    ASSERT_EQ(std::set<std::string>(found.begin(), found.end()),
              std::set<std::string>(expected.begin(), expected.end()))
        << disk_.Describe(failing);
  }
}

TEST_F(AuditFaultTest, AFullDiskLeavesNoHalfLinesInTheWay) {
  Record("e0");
  WriteAll();
  disk_.SetCapacity(TotalBytes() + 250);  // a line and a half
  for (int i = 1; i < 6; i++) {
    Record("e" + std::to_string(i));
    Record("e" + std::to_string(++i));
    EXPECT_EQ(log_->Flush().error().code, ErrorCode::kNoSpace);
    EXPECT_LE(FileBytes().size(), 2u);
  }
  disk_.SetCapacity(1 << 20);
  Record("e7");
  WriteAll();
  EXPECT_EQ(Types(), NewestFirst(7, 0));
  EXPECT_EQ(FileBytes().size(), 2u);
}

TEST_F(AuditFaultTest, AFileThatCannotBeCutDoublesAndLosesNothing) {
  Record("e0");
  WriteAll();
  FailEvery("sync /");
  Record("e1");
  EXPECT_FALSE(log_->Flush().ok());
  disk_.Repair();
  FailEvery("truncate ");
  Record("e2");
  WriteAll();
  EXPECT_THAT(Types(), ElementsAre("e2", "e1", "e1", "e0"));
}

TEST_F(AuditFaultTest, WhatWaitsIsBoundedAndIsNotLostLater) {
  options_.file_bytes_max = 1 << 20;
  Open();
  FailEvery("append ");
  const std::string path(900, 'p');
  bool has_recorded = false;
  disk_.DelayEvery("append ", [&](const testing::DiskOperation&) {
    if (std::exchange(has_recorded, true)) return;
    for (int i = 0; i < 8000; i++) Record("y", "a", path);  // while others are being written
  });
  for (int i = 0; i < 6000; i++) Record("x", "a", path);
  for (int i = 0; i < 3; i++) EXPECT_FALSE(log_->Flush().ok());
  const auto recorded = Counted("arc_audit_events_total");
  EXPECT_EQ(recorded + Counted("arc_audit_dropped_total"), 14'000u);
  disk_.Repair();
  WriteAll();
  const auto types = Types({.limit = 100'000});
  EXPECT_EQ(types.size(), recorded);
  EXPECT_EQ(std::count(types.begin(), types.end(), "x"), 6000);
  EXPECT_TRUE(std::is_sorted(types.rbegin(), types.rend()));  // the newest first
  EXPECT_LE(TotalBytes(), AuditLog::kPendingBytesMax);
  EXPECT_GT(TotalBytes(), AuditLog::kPendingBytesMax - 2000);
}

TEST_F(AuditFaultTest, AFailureIsToldOnceAndSoAreItsEndAndItsLosses) {
  CapturedLog captured;
  for (int streak = 0; streak < 2; streak++) {
    FailEvery("sync /");
    for (int i = 0; i < 5; i++) {
      Record("e");
      EXPECT_FALSE(log_->Flush().ok());
    }
    disk_.Repair();
    WriteAll();
  }
  FailEvery("sync /");
  Record("e");
  log_.reset();
  const auto text = captured.Take();
  EXPECT_EQ(Count(text, "entries wait in memory"), 3) << text;
  EXPECT_EQ(Count(text, "that waited are written; entries lost meanwhile: 0"), 2) << text;
  EXPECT_EQ(Count(text, "up to 1 entries are lost"), 1) << text;
  EXPECT_EQ(Count(text, "audit:"), 6) << text;
}

}  // namespace
}  // namespace arc::audit
