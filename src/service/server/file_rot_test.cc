// A stored file with a flipped bit, with another file in its place, cut or gone: a query gives the
// rows that were written, or an error; never other rows.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <memory>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include "data/buffer/live_measurements.h"
#include "data/catalog/catalog.h"
#include "data/files/file_publisher.h"
#include "data/files/file_stager.h"
#include "data/integrity/damaged_files.h"
#include "foundation/base/metrics.h"
#include "foundation/testing/batch_builder.h"
#include "foundation/testing/temp_directory.h"
#include "query/engine/engine.h"

namespace arc::server {
namespace {

using ::testing::HasSubstr;

const MeasurementName kTable{"default", "plant"};
constexpr std::int64_t kHour = 3'600'000'000;
constexpr std::size_t kRows = 2'500;  // a file of three blocks
constexpr const char* kAllRows =
    "SELECT count(*), md5(string_agg(concat_ws('|', time, host, count, usage, up, note), ';'"
    " ORDER BY time)) FROM plant";
constexpr const char* kOneColumn = "SELECT count(*), md5(sum(count)::VARCHAR) FROM plant";

// ARC_FLIPS=1000 makes more of them.
int FlipCount() {
  const char* text = std::getenv("ARC_FLIPS");
  return text == nullptr ? 150 : std::atoi(text);
}

class FileRotTest : public ::testing::Test {
 protected:
  FileRotTest() {
    std::filesystem::create_directory(directory_ / "temp");
    options_.storage_root = root_;
    options_.temp_directory = directory_ / "temp";
    options_.memory_limit_bytes = std::uint64_t{1} << 30;
    options_.thread_count = 2;
    options_.damaged_files = &damaged_;
    engine_ = Value(engine::Engine::Open(options_, *catalog_, tables_, metrics_));
    WriteFile(0);
    WriteFile(1);
  }
  ~FileRotTest() override {
    engine_.reset();
    publisher_->Close();
    EXPECT_TRUE(catalog_->Close().ok());
  }

  template <class T>
  static T Value(Result<T> result) {
    EXPECT_TRUE(result.ok()) << LogText(result.error());
    return std::move(result).TakeValue();
  }

  // Rows of hour `hour` in a file of their own.
  void WriteFile(std::int64_t hour) {
    testing::BatchBuilder builder;
    std::vector<std::int64_t> times(kRows);
    testing::BatchBuilder::Cells<std::int64_t> counts(kRows);
    testing::BatchBuilder::Cells<double> usages(kRows);
    testing::BatchBuilder::Cells<bool> ups(kRows);
    testing::BatchBuilder::Cells<std::string> hosts(kRows), notes(kRows);
    for (std::size_t i = 0; i < kRows; i++) {
      times[i] = hour * kHour + static_cast<std::int64_t>(i) * 1000;
      hosts[i] = "host" + std::to_string(random_() % 9);
      if (i % 7 != 0) counts[i] = static_cast<std::int64_t>(random_());
      usages[i] = static_cast<double>(random_()) / 7;
      ups[i] = random_() % 2 == 0;
      notes[i] = std::string(random_() % 40, static_cast<char>('a' + random_() % 26)) +
                 std::to_string(random_()) + std::to_string(random_());
    }
    builder.Time(std::move(times)).Tag("host", hosts).Int64("count", counts);
    builder.Double("usage", usages).Bool("up", ups).String("note", notes);
    const auto batch = std::make_shared<const ColumnBatch>(builder.Build());
    const auto live = Value(tables_.FindOrCreate(kTable));
    std::vector<SchemaColumn> columns;
    for (const auto& column : batch->columns) {
      columns.push_back({column.name, column.type(), column.role});
    }
    const auto schema = std::make_shared<const RowSchema>(std::move(columns));
    const std::vector<BatchSlice> slices = {{batch, 0, kRows}};
    files::Publication publication;
    publication.files =
        Value(stager_->Stage({kTable, {live->id(), kLsnZero, kLsnZero}, *schema, slices}));
    catalog::MeasurementChange change;
    change.id = live->id();
    change.name = kTable;
    change.schema = schema;
    change.added_files = files::EntriesOf(publication.files);
    paths_.push_back(change.added_files.front().path);
    publication.changes.push_back(std::move(change));
    const auto published = publisher_->PublishAndWait(std::move(publication));
    EXPECT_TRUE(published.ok()) << LogText(published.error());
  }

  // The first value of the last column, or the error.
  Result<std::string> Ask(const std::string& sql) {
    const auto run = TRY(engine_->Start({.sql = sql, .database = ""}));
    const auto* chunk = TRY(run->Next());
    const auto& column = chunk->columns.back();
    return std::string(column.Text(0));
  }

  std::string FullPath(std::size_t file) const { return root_ + "/" + paths_[file]; }
  static std::string Bytes(const std::string& path) {
    std::ifstream file(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(file), {}};
  }
  static void Overwrite(const std::string& path, const std::string& bytes) {
    std::ofstream(path, std::ios::binary | std::ios::trunc) << bytes;
  }
  void ExpectDamaged(std::size_t file) {
    const auto asked = Ask(kAllRows);
    ASSERT_FALSE(asked.ok());
    EXPECT_EQ(asked.error().code, ErrorCode::kCorruptData) << LogText(asked.error());
    EXPECT_THAT(asked.error().message, HasSubstr("stored file is missing or damaged"));
    EXPECT_EQ(asked.error().message.find(paths_[file]), std::string::npos);
    EXPECT_THAT(asked.error().detail, HasSubstr(paths_[file]));
    ASSERT_EQ(damaged_.count(), 1u);
    EXPECT_EQ(damaged_.List().front().path, paths_[file]);
  }

  testing::TempDirectory directory_;
  const std::string root_ = directory_ / "files";
  std::mt19937_64 random_{std::random_device{}()};
  Metrics metrics_;
  integrity::DamagedFiles damaged_{Clock::System(), metrics_};
  std::unique_ptr<catalog::Catalog> catalog_ = Value(catalog::Catalog::Open(
      {.path = directory_ / "catalog.db"}, fs::FileSystem::Local(), Clock::System()));
  buffer::LiveMeasurements tables_{MeasurementId{}, kLsnZero};
  std::unique_ptr<files::FileStager> stager_ =
      Value(files::FileStager::Open(root_, fs::FileSystem::Local(), encoding::Compression::kLz4));
  std::unique_ptr<files::FilePublisher> publisher_ =
      std::make_unique<files::FilePublisher>(root_, fs::FileSystem::Local(), *catalog_);
  engine::EngineOptions options_;
  std::unique_ptr<engine::Engine> engine_;
  std::vector<std::string> paths_;
};

TEST_F(FileRotTest, AFlippedBitIsAnErrorOrTheRightRows) {
  const auto seed = std::random_device{}();
  SCOPED_TRACE("seed " + std::to_string(seed));
  std::mt19937_64 random(seed);
  const auto all_rows = Value(Ask(kAllRows));
  const auto one_column = Value(Ask(kOneColumn));
  int error_count = 0;
  for (int i = 0; i < FlipCount(); i++) {
    const auto path = FullPath(random() % paths_.size());
    const auto bytes = Bytes(path);
    ASSERT_GT(bytes.size(), 2u << 16);
    auto flipped = bytes;
    const auto at = random() % bytes.size();
    flipped[at] = static_cast<char>(flipped[at] ^ (1 << random() % 8));
    Overwrite(path, flipped);
    const auto asked = Ask(kAllRows);
    // Every byte of a file is read by this, or is one that nobody asks for.
    if (asked.ok()) {
      ASSERT_EQ(asked.value(), all_rows) << path << " byte " << at;
    } else {
      ASSERT_EQ(asked.error().code, ErrorCode::kCorruptData) << LogText(asked.error());
      error_count++;
    }
    const auto part = Ask(kOneColumn);
    if (part.ok()) {
      ASSERT_EQ(part.value(), one_column) << path << " byte " << at;
    }
    Overwrite(path, bytes);
  }
  EXPECT_GT(error_count, FlipCount() * 3 / 4);
  EXPECT_EQ(Value(Ask(kAllRows)), all_rows);
}

TEST_F(FileRotTest, AnotherFileOfTheMeasurementInItsPlaceIsAnError) {
  std::filesystem::copy_file(FullPath(1), FullPath(0),
                             std::filesystem::copy_options::overwrite_existing);
  ExpectDamaged(0);
}

// Of the same size, with everything but the footer from the other.
TEST_F(FileRotTest, BlocksOfAnotherFileAreAnError) {
  auto bytes = Bytes(FullPath(0));
  bytes.replace(1000, 50'000, Bytes(FullPath(1)), 1000, 50'000);
  Overwrite(FullPath(0), bytes);
  ExpectDamaged(0);
}

TEST_F(FileRotTest, AFileThatIsGoneOrCutIsAnError) {
  const auto bytes = Bytes(FullPath(1));
  std::filesystem::remove(FullPath(1));
  ExpectDamaged(1);
  EXPECT_EQ(damaged_.List().front().damage, integrity::Damage::kMissing);
  for (const std::size_t size : {0UL, 1UL, 70'000UL, bytes.size() - 1}) {
    Overwrite(FullPath(1), bytes.substr(0, size));
    ExpectDamaged(1);
  }
  Overwrite(FullPath(1), bytes + "x");
  ExpectDamaged(1);
  EXPECT_EQ(damaged_.List().front().damage, integrity::Damage::kWrong);
}

// The rows that a query does not need are not looked at.
TEST_F(FileRotTest, AQueryThatNeedsNoneOfItsRowsIsAnswered) {
  std::filesystem::remove(FullPath(1));
  EXPECT_TRUE(Ask("SELECT min(note) FROM plant WHERE time < '1970-01-01T01:00:00Z'").ok());
  EXPECT_EQ(damaged_.count(), 0u);
}

}  // namespace
}  // namespace arc::server
