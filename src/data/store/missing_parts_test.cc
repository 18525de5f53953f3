// Each part of a data directory is deleted, emptied, or replaced by an older copy of itself, after
// a crash and after a clean stop. The next start refuses and says the way on, or says what is
// missing, or nothing is missing; and no data file goes that has rows which nobody else has.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "data/encoding/read_back.h"
#include "data/files/file_name.h"
#include "data/store/crash_fixture.h"

namespace arc::store {
namespace {

using ::testing::AnyOf;
using ::testing::HasSubstr;

// The files whose path begins with `prefix`.
std::set<std::string> Below(const Files& files, const std::string& prefix) {
  std::set<std::string> paths;
  for (const auto& [path, bytes] : files) {
    if (path.starts_with(prefix)) paths.insert(path);
  }
  return paths;
}

std::set<std::string> DataFiles(const Files& files) {
  std::set<std::string> paths;
  for (const auto& path : Below(files, kFilesRoot)) {
    if (files::IsOwnPath(path)) paths.insert(path);
  }
  return paths;
}

struct Written {
  Files older;  // at some time before
  Files files;
  Contents contents;
};

enum class Ending { kCrash, kCleanStop };

Result<void> Write(Workload& work, FaultyFileSystem& disk, Files& older) {
  TRY(work.Start());
  TRY(work.Write("one", {{"cpu", 3}, {"mem", 1}}));
  TRY(work.Flush());
  TRY(work.Write("one", {{"cpu", 2}}));
  TRY(work.Write("two", {{"net", 2}, {"cpu", 1}}));
  older = ReadTree(disk);
  TRY(work.Write("one", {{"mem", 2}}));
  TRY(work.Flush());
  // Few rows in old segments that are full of what was dropped: they are copied into a checkpoint.
  TRY(work.Write("one", {{"disk", 2}, {"mem", 1}}));
  for (int i = 0; i < 3; i++) TRY(work.Write("one", {kBulk}));
  TRY(work.DropMeasurement({"one", "bulk"}));
  TRY(work.Write("one", {kBulk}));
  TRY(work.AwaitCheckpoint());
  for (int i = 0; i < 3; i++) TRY(work.Write("two", {kBulk, {"cpu", 1}}));
  TRY(work.Write("two", {{"net", 1}}));
  return {};
}

Written WriteEverything(Ending ending) {
  FaultyFileSystem disk;
  disk.SetCapacity(kDiskBytes);
  History history(Durability::kSync);
  Written written;
  Workload work(disk, SmallStore(), history);
  const auto worked = Write(work, disk, written.older);
  EXPECT_TRUE(worked.ok()) << LogText(worked.error());
  if (ending == Ending::kCleanStop) {
    EXPECT_TRUE(work.Close().ok());
  } else {
    disk.Crash(Unsynced::kKeepAll);
  }
  disk.Reboot();
  written.files = ReadTree(disk);
  written.contents = history.acknowledged();
  return written;
}

enum class Damage { kDeleted, kEmptied, kOlder };

// What one damage does to a part: the files with these paths.
Files Damaged(const Written& written, const std::set<std::string>& part,
              const std::string& part_prefix, Damage damage) {
  auto files = written.files;
  for (const auto& path : part) {
    if (damage == Damage::kEmptied) {
      files[path].clear();
    } else {
      files.erase(path);
    }
  }
  if (damage != Damage::kOlder) return files;
  for (const auto& path : Below(written.older, part_prefix)) {
    files[path] = written.older.at(path);
  }
  return files;
}

struct Part {
  std::string name;
  std::string prefix;
};

// By the names that are there: the first, a middle and the last segment among them.
std::vector<Part> PartsOf(const Files& files) {
  const auto segments = Below(files, kWalFolder + "/w1-");
  const std::vector<std::string> ordered(segments.begin(), segments.end());
  std::vector<Part> parts = {{"catalog.db", "/data/catalog.db"},
                             {"catalog.db-wal", "/data/catalog.db-wal"},
                             {"wal", kWalFolder + "/"},
                             {"files", kFilesRoot + "/"},
                             {"state", "/data/arc.state"},
                             {"state and wal", "/data/arc.state"},
                             {"catalog and state", "/data/catalog.db"},
                             {"checkpoint", kWalFolder + "/checkpoint-"}};
  if (!ordered.empty()) {
    parts.push_back({"first segment", ordered.front()});
    parts.push_back({"middle segment", ordered[ordered.size() / 2]});
    parts.push_back({"last segment", ordered.back()});
  }
  return parts;
}

std::set<std::string> PathsOf(const Files& files, const Part& part) {
  auto paths = Below(files, part.prefix);
  if (part.name == "catalog.db") paths.erase("/data/catalog.db-wal");
  const auto add = [&](const std::string& prefix) {
    const auto more = Below(files, prefix);
    paths.insert(more.begin(), more.end());
  };
  if (part.name == "state and wal") add(kWalFolder + "/");
  if (part.name == "catalog and state") add("/data/arc.state");
  return paths;
}

// Of a start: refused, with the words; or what is there, with the problems.
struct Outcome {
  std::string refusal;
  std::vector<std::string> problems;
  Contents contents;
  Files after;
};

Outcome StartOn(const Files& files) {
  FaultyFileSystem disk;
  disk.SetCapacity(kDiskBytes);
  WriteTree(disk, files);
  Outcome outcome;
  auto started = OpenStore::Start(disk, SmallStore());
  if (started.ok()) {
    auto& store = *started.value();
    outcome.problems = store->Problems();
    outcome.contents = store.Read();
  } else {
    outcome.refusal = LogText(started.error());
  }
  outcome.after = ReadTree(disk);
  return outcome;
}

void CheckRefusal(const Files& before, const Outcome& outcome) {
  EXPECT_THAT(outcome.refusal, AnyOf(HasSubstr("arc catalog rebuild"), HasSubstr("arc.state")));
  EXPECT_EQ(DataFiles(before), DataFiles(outcome.after));
  for (const auto* prefix : {"/data/wal/", "/data/catalog.db", "/data/arc."}) {
    for (const auto& path : Below(before, prefix)) {
      if (path == "/data/catalog.db-wal" && before.at(path).empty()) continue;  // means nothing
      ASSERT_TRUE(outcome.after.contains(path)) << path;
      EXPECT_TRUE(before.at(path) == outcome.after.at(path)) << path << " has changed";
    }
  }
}

// A file that the start has deleted had only rows that the log has given back.
void CheckDeletedFiles(const Files& before, const Outcome& outcome) {
  std::set<std::int64_t> found;
  for (const auto& [table, ids] : outcome.contents) found.insert(ids.begin(), ids.end());
  for (const auto& path : DataFiles(before)) {
    if (outcome.after.contains(path)) continue;
    for (const auto& row : encoding::ReadParquetBytes(before.at(path)).rows) {
      const auto id = std::stoll(row.substr(row.find(' ') + 1));
      EXPECT_TRUE(found.contains(id)) << path << " had row " << id;
    }
  }
}

std::string Text(const std::vector<std::string>& lines) {
  std::string text;
  for (const auto& line : lines) text += line + "\n";
  return text;
}

void CheckEveryDamage(Ending ending) {
  const auto written = WriteEverything(ending);
  ASSERT_FALSE(::testing::Test::HasFailure());
  const auto whole = StartOn(written.files);
  ASSERT_EQ(whole.refusal, "");
  EXPECT_EQ(Text(whole.problems), "") << "nothing was damaged";
  EXPECT_EQ(whole.contents, written.contents);
  std::size_t refused_count = 0, told_count = 0, unharmed_count = 0;
  for (const auto& part : PartsOf(written.files)) {
    for (const auto damage : {Damage::kDeleted, Damage::kEmptied, Damage::kOlder}) {
      const auto paths = PathsOf(written.files, part);
      const bool was_there = !Below(written.older, part.prefix).empty();
      // What becomes of single files is told elsewhere, when they are read and compared.
      if (part.name == "files" && damage != Damage::kDeleted) continue;
      // After a clean stop there is no log of SQLite, but an old one may be put there.
      if (paths.empty() && (damage != Damage::kOlder || !was_there)) continue;
      SCOPED_TRACE(part.name + ", damage " + std::to_string(static_cast<int>(damage)));
      const auto files = Damaged(written, paths, part.prefix, damage);
      const auto outcome = StartOn(files);
      if (!outcome.refusal.empty()) {
        CheckRefusal(files, outcome);
        refused_count++;
      } else if (outcome.contents != written.contents) {
        EXPECT_FALSE(outcome.problems.empty()) << "rows are missing, and nothing says so";
        CheckDeletedFiles(files, outcome);
        told_count++;
      } else {
        unharmed_count++;
      }
    }
  }
  std::cout << refused_count << " refused, " << told_count << " told, " << unharmed_count
            << " unharmed\n";
  EXPECT_GT(refused_count, 5u);
}

TEST(MissingPartsTest, AfterACrashNothingIsMissedInSilence) { CheckEveryDamage(Ending::kCrash); }

TEST(MissingPartsTest, AfterACleanStopNothingIsMissedInSilence) {
  CheckEveryDamage(Ending::kCleanStop);
}

TEST(MissingPartsTest, WithoutAnythingItIsANewServer) {
  const auto outcome = StartOn({{"/data/arc.format", "1\n"}, {"/data/arc/other.txt", "x"}});
  EXPECT_EQ(outcome.refusal, "");
  EXPECT_EQ(Text(outcome.problems), "");
}

// A server that never had a data file, but databases, and a file of another program.
TEST(MissingPartsTest, WithoutACatalogThatHadNoFilesItIsNotANewServer) {
  FaultyFileSystem disk;
  {
    auto started = OpenStore::Start(disk, SmallStore());
    ASSERT_TRUE(started.ok());
    ASSERT_TRUE((*started.value())->catalog().CreateDatabase("plant").ok());
    ASSERT_TRUE(started.value()->Close().ok());
  }
  auto files = ReadTree(disk);
  files.erase("/data/catalog.db");
  const auto outcome = StartOn(files);
  EXPECT_THAT(outcome.refusal, HasSubstr("arc catalog rebuild"));
}

// The loss is listed until it is accepted, over any number of starts.
TEST(MissingPartsTest, ALossStaysUntilItsFileIsRemoved) {
  const auto written = WriteEverything(Ending::kCrash);
  auto files = written.files;
  files.erase(*Below(files, kWalFolder + "/w1-").rbegin());
  FaultyFileSystem disk;
  disk.SetCapacity(kDiskBytes);
  WriteTree(disk, files);
  std::vector<std::string> problems;
  for (int i = 0; i < 3; i++) {
    auto started = OpenStore::Start(disk, SmallStore());
    ASSERT_TRUE(started.ok()) << LogText(started.error());
    auto& store = *started.value();
    ASSERT_EQ(store->Problems().size(), 1u) << Text(store->Problems());
    EXPECT_THAT(store->Problems().front(), HasSubstr("write-ahead log"));
    EXPECT_TRUE(i == 0 || store->Problems() == problems);
    problems = store->Problems();
    EXPECT_TRUE(store.Write("one", {{"cpu", {1'000'000 + i}}}).ok());
    EXPECT_TRUE(store.Close().ok());
  }
  ASSERT_TRUE(disk.Remove("/data/arc.losses").ok());
  auto started = OpenStore::Start(disk, SmallStore());
  ASSERT_TRUE(started.ok());
  EXPECT_EQ(Text((*started.value())->Problems()), "");
}

}  // namespace
}  // namespace arc::store
