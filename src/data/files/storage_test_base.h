// Everything storage needs, in a folder of its own, for the tests of this folder.

#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <filesystem>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "data/buffer/live_measurements.h"
#include "data/catalog/catalog.h"
#include "data/encoding/read_back.h"
#include "data/files/file_publisher.h"
#include "data/files/file_stager.h"
#include "foundation/base/metrics.h"
#include "foundation/testing/failing_file_system.h"
#include "foundation/testing/manual_clock.h"
#include "foundation/testing/temp_directory.h"

namespace arc::files {

class StorageTestBase : public ::testing::Test {
 protected:
  explicit StorageTestBase(fs::FileSystem& catalog_disk = fs::FileSystem::Local()) {
    EXPECT_TRUE(catalog_disk.CreateDirectories(directory_.path()).ok());
    catalog::Catalog::Options options;
    options.path = directory_.path() + "/catalog.db";
    catalog_ = Value(catalog::Catalog::Open(options, catalog_disk, clock_));
    stager_ = Value(FileStager::Open(root_, file_system_, encoding::Compression::kLz4));
    publisher_ = std::make_unique<FilePublisher>(root_, file_system_, *catalog_);
  }
  ~StorageTestBase() override {
    publisher_->Close();
    EXPECT_TRUE(catalog_->Close().ok());
  }

  template <class T>
  static T Value(Result<T> result) {
    EXPECT_TRUE(result.ok()) << LogText(result.error());
    return std::move(result).TakeValue();
  }

  // Paths of all files below the root, relative to it, sorted.
  std::vector<std::string> FilesOnDisk() const {
    std::vector<std::string> files;
    for (const auto& entry : std::filesystem::recursive_directory_iterator(root_)) {
      if (entry.is_regular_file()) {
        files.push_back(std::filesystem::relative(entry.path(), root_).string());
      }
    }
    std::sort(files.begin(), files.end());
    return files;
  }
  std::vector<std::string> FilesInCatalog() const {
    std::vector<std::string> files;
    for (const auto& database : catalog_->snapshot()->Databases()) {
      for (const auto& state : catalog_->snapshot()->Measurements(database->name)) {
        for (std::size_t i = 0; i < state->files.size(); i++) files.push_back(state->files[i].path);
      }
    }
    std::sort(files.begin(), files.end());
    return files;
  }
  // The rows of all published files of a measurement, sorted.
  std::vector<std::string> PublishedRows(const MeasurementName& table) const {
    std::vector<std::string> rows;
    const auto state = catalog_->snapshot()->FindMeasurement(table);
    if (state == nullptr) return rows;
    for (std::size_t i = 0; i < state->files.size(); i++) {
      const auto read = encoding::ReadParquetFile(root_ + "/" + state->files[i].path);
      EXPECT_EQ(read.rows.size(), state->files[i].row_count);
      rows.insert(rows.end(), read.rows.begin(), read.rows.end());
    }
    std::sort(rows.begin(), rows.end());
    return rows;
  }

  arc::testing::TempDirectory directory_;
  const std::string root_ = directory_.path() + "/data";
  arc::testing::FailingFileSystem file_system_{fs::FileSystem::Local()};
  arc::testing::ManualClock clock_;
  Metrics metrics_;
  buffer::LiveMeasurements tables_{MeasurementId{0}, kLsnZero};
  std::unique_ptr<catalog::Catalog> catalog_;
  std::unique_ptr<FileStager> stager_;
  std::unique_ptr<FilePublisher> publisher_;
};

}  // namespace arc::files
