#include "data/catalog/catalog_file.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <filesystem>
#include <fstream>
#include <string>
#include <utility>
#include <vector>

#include "data/catalog/catalog_test_base.h"

namespace arc::catalog {
namespace {

using ::testing::HasSubstr;

class CatalogFileTest : public CatalogTestBase {
 protected:
  // A closed catalog with one of everything.
  void MakeCatalog() {
    OpenOrDie();
    ASSERT_EQ(Commit(ChangeOf(1, "cpu", {FileAt("a", 1)})), "ok");
    Close();
  }
  std::string OpenText() {
    const auto opened = Open();
    if (opened.ok()) return "ok";
    EXPECT_EQ(opened.error().code, ErrorCode::kCorruptData);
    return LogText(opened.error());
  }
  // What an older server kept of `everything`.
  static std::string WithoutFooters(std::string everything) {
    for (auto at = everything.find(" footer "); at != std::string::npos;
         at = everything.find(" footer ", at + 1)) {
      const auto end = everything.find(" lsn", at);
      everything.replace(at, end - at, " footer 0 0");
    }
    return everything;
  }
  void WriteFile(const std::string& bytes) { std::ofstream(path_, std::ios::binary) << bytes; }
  std::string FileBytes() {
    std::ifstream file(path_, std::ios::binary);
    return {std::istreambuf_iterator<char>(file), {}};
  }
};

TEST_F(CatalogFileTest, AllItsFilesAreForTheOwnerOnly) {
  OpenOrDie();
  ASSERT_EQ(Commit(ChangeOf(1, "cpu")), "ok");
  int file_count = 0;
  for (const auto& file : std::filesystem::directory_iterator(directory_.path())) {
    struct stat status {};
    ASSERT_EQ(::stat(file.path().c_str(), &status), 0);
    EXPECT_EQ(status.st_mode & 07777, 0600u) << file.path();
    file_count++;
  }
  EXPECT_EQ(file_count, 2);  // with SQLite's log
  Close();
  EXPECT_FALSE(std::filesystem::exists(path_ + "-wal"));
}

TEST_F(CatalogFileTest, TheDocumentedNumbersAndModesAreThere) {
  MakeCatalog();
  auto connection = std::move(sqlite::SqliteConnection::Open(disk_, path_)).TakeValue();
  EXPECT_EQ(connection->QueryNumber("PRAGMA application_id").value(), 1095910209);
  EXPECT_EQ(connection->QueryNumber("PRAGMA user_version").value(), 5);
  EXPECT_EQ(connection->QueryText("PRAGMA journal_mode").value(), "wal");
  EXPECT_EQ(connection->QueryNumber("SELECT count(*) FROM files").value(), 1);
  connection.reset();
  connection = std::move(OpenCatalogFile(disk_, path_)).TakeValue();
  EXPECT_EQ(connection->QueryNumber("PRAGMA synchronous").value(), 2);
  EXPECT_EQ(connection->QueryNumber("PRAGMA foreign_keys").value(), 1);
}

// Either may be half of what somebody wants back: the log may be of another day.
TEST_F(CatalogFileTest, ACheckLeavesTheFileAndItsLogAsTheyAre) {
  OpenOrDie();
  ASSERT_EQ(Commit(ChangeOf(1, "cpu", {FileAt("a", 1)})), "ok");
  const auto aside = path_ + ".aside";
  for (const auto* suffix : {"", "-wal"}) {
    std::filesystem::copy_file(path_ + suffix, aside + suffix);
  }
  Close();
  const auto bytes_of = [&](const std::string& path) {
    return fs::ReadWholeFile(disk_, path, 1 << 20).TakeValue();
  };
  const auto content = bytes_of(aside);
  const auto log_content = bytes_of(aside + "-wal");
  ASSERT_FALSE(log_content.empty());
  EXPECT_TRUE(CheckCatalogFile(disk_, aside).ok());
  EXPECT_EQ(bytes_of(aside), content);
  EXPECT_EQ(bytes_of(aside + "-wal"), log_content);
}

TEST_F(CatalogFileTest, WhatACrashLeftOfACreationIsReplaced) {
  std::ofstream(path_ + ".new") << "half a catalog";
  MakeCatalog();
  EXPECT_FALSE(std::filesystem::exists(path_ + ".new"));
}

TEST_F(CatalogFileTest, ANewerFormatIsRefusedAndLeftAlone) {
  MakeCatalog();
  Execute("PRAGMA user_version = 6");
  const auto bytes = FileBytes();
  EXPECT_THAT(OpenText(), HasSubstr("written by a newer server (format version 6, this server "
                                    "reads up to 5): start that one"));
  EXPECT_TRUE(FileBytes() == bytes);
}

TEST_F(CatalogFileTest, VersionOneIsBroughtUpToDate) {
  MakeCatalog();
  OpenOrDie();
  const auto everything = Everything();
  Close();
  Execute(
      "DROP TABLE tombstones; DROP TABLE removed_files; DROP INDEX files_by_measurement;"
      "ALTER TABLE files DROP COLUMN footer_bytes;"
      "ALTER TABLE files DROP COLUMN footer_checksum;"
      "PRAGMA user_version = 1");
  OpenOrDie();
  EXPECT_EQ(Everything(), WithoutFooters(everything));
  DropChange drop;
  drop.measurements = {{{"db", "cpu"}, MeasurementId{1}}};
  drop.lsn = Lsn{5};
  EXPECT_TRUE(catalog_->Drop(drop).ok());
  Close();
  auto connection = std::move(sqlite::SqliteConnection::Open(disk_, path_)).TakeValue();
  EXPECT_EQ(connection->QueryNumber("PRAGMA user_version").value(), 5);
  EXPECT_EQ(connection->QueryNumber("SELECT count(*) FROM tombstones").value(), 1);
}

TEST_F(CatalogFileTest, FilesOfOthersAreRefusedAndLeftAlone) {
  WriteFile(std::string(5000, 'x'));
  EXPECT_THAT(OpenText(), HasSubstr("none of ours"));
  EXPECT_EQ(FileBytes(), std::string(5000, 'x'));
  WriteFile("");
  EXPECT_THAT(OpenText(), HasSubstr("empty, or a SQLite database of something else"));
  WriteFile("");
  Execute("CREATE TABLE mine (x)");
  const auto bytes = FileBytes();
  EXPECT_THAT(OpenText(), HasSubstr("of something else"));
  EXPECT_TRUE(FileBytes() == bytes);
}

// What SQLite takes for sound, because it knows no better.
TEST_F(CatalogFileTest, RowsThatAreNotThoseWrittenLastAreRefused) {
  for (const auto* edit :
       {"UPDATE files SET row_count = row_count + 1", "UPDATE files SET max_time = max_time + 1",
        "DELETE FROM files WHERE id = (SELECT min(id) FROM files)",
        "UPDATE measurements SET flushed_lsn = flushed_lsn + 1",
        "UPDATE columns SET is_tag = 1 - is_tag", "UPDATE databases SET created_at = 7",
        "INSERT INTO databases VALUES ('more', 1)",
        "UPDATE meta SET value = 7 WHERE key = 'digest'"}) {
    MakeCatalog();
    Execute(edit);
    EXPECT_THAT(OpenText(), HasSubstr("the catalog is damaged")) << edit;
    std::filesystem::remove(path_);
  }
}

TEST_F(CatalogFileTest, AFolderThatIsNotThereIsAStorageFailure) {
  options_.path = directory_ / "missing/catalog.db";
  const auto opened = Catalog::Open(options_, disk_, clock_);
  EXPECT_EQ(opened.error().code, ErrorCode::kStorageFailed);
  EXPECT_THAT(LogText(opened.error()), HasSubstr("No such file"));
}

TEST_F(CatalogFileTest, AFileThatCannotBeOpenedIsAStorageFailure) {
  std::filesystem::create_directory(path_);
  const auto opened = Open();
  EXPECT_EQ(opened.error().code, ErrorCode::kStorageFailed);
  EXPECT_THAT(opened.error().detail, HasSubstr("unable to open database file"));
}

TEST_F(CatalogFileTest, AFileCutAtAnyPageIsRefused) {
  MakeCatalog();
  const auto bytes = FileBytes();
  ASSERT_EQ(bytes.size() % 4096, 0u);
  std::vector<std::size_t> sizes = {0, 1, 99, 100, 512, 4095};
  for (std::size_t size = 4096; size < bytes.size(); size += 4096) sizes.push_back(size);
  for (const auto size : sizes) {
    WriteFile(bytes.substr(0, size));
    EXPECT_NE(OpenText(), "ok") << size;
  }
}

TEST_F(CatalogFileTest, AnOverwrittenPageIsRefused) {
  MakeCatalog();
  auto bytes = FileBytes();
  for (std::size_t page = 0; page < bytes.size() / 4096; page++) {
    auto damaged = bytes;
    for (std::size_t i = 0; i < 4096; i++) damaged[page * 4096 + i] = static_cast<char>(0xa5);
    WriteFile(damaged);
    const auto opened = OpenText();
    // SQLite's index pages hold nothing that is read on opening: they are found when used.
    if (opened == "ok") {
      EXPECT_NE(Commit({{ChangeOf(1, "cpu", {FileAt("b", 1)}), ChangeOf(2, "mem")}}), "ok") << page;
      Close();
    }
  }
}

TEST_F(CatalogFileTest, RowsThatContradictEachOtherAreRefused) {
  const std::pair<const char*, const char*> damages[] = {
      {"UPDATE files SET measurement_id = 9", "files: no measurement for a"},
      {"UPDATE files SET sort_order = 'size'", "files: sort order of a"},
      {"UPDATE files SET max_time = min_time - 1", "files: times of a"},
      {"UPDATE columns SET measurement_id = 9", "columns: no measurement for host"},
      {"UPDATE columns SET ordinal = ordinal + 1 WHERE ordinal = 1", "columns: ordinal of value"},
      {"UPDATE columns SET type = 'date'", "columns: type of host"},
      {"UPDATE columns SET name = 'HOST' WHERE ordinal = 1", "columns: two are named HOST"},
      {"UPDATE measurements SET database = 'gone'", "measurements: no database gone"},
      {"UPDATE measurements SET name = '../x'", "measurements: name ../x"},
      {"UPDATE databases SET name = '..'", "databases: name .."},
      {"INSERT INTO meta VALUES ('other', 1)", "meta: unknown key other"},
      {"INSERT INTO tombstones VALUES (1, 5)", "tombstones: measurement 1 exists"},
      {"INSERT INTO removed_files VALUES ('a')", "removed_files: a is not removed"},
      {"DROP TABLE columns", "no such table: columns"},
  };
  MakeCatalog();
  const auto bytes = FileBytes();
  for (const auto& [sql, expected] : damages) {
    WriteFile(bytes);
    Execute(sql);
    EXPECT_THAT(OpenText(), HasSubstr(expected)) << sql;
  }
}

}  // namespace
}  // namespace arc::catalog
