// A catalog in a folder of its own, for the tests of this folder.

#pragma once

#include <gtest/gtest.h>

#include <functional>
#include <future>
#include <memory>
#include <string>
#include <utility>

#include "data/catalog/catalog.h"
#include "data/catalog/test_values.h"
#include "foundation/fs/file_system.h"
#include "foundation/sqlite/sqlite.h"
#include "foundation/testing/manual_clock.h"
#include "foundation/testing/temp_directory.h"

namespace arc::catalog {

class CatalogTestBase : public ::testing::Test {
 protected:
  explicit CatalogTestBase(fs::FileSystem& disk = fs::FileSystem::Local()) : disk_(disk) {}
  ~CatalogTestBase() override {
    if (catalog_ != nullptr) {
      EXPECT_TRUE(catalog_->Close().ok());
    }
  }

  Result<void> Open() {
    options_.path = path_;
    auto opened = Catalog::Open(options_, disk_, clock_);
    if (!opened.ok()) return opened.error();
    catalog_ = std::move(opened).TakeValue();
    return {};
  }
  void OpenOrDie() {
    const auto opened = Open();
    ASSERT_TRUE(opened.ok()) << LogText(opened.error());
  }
  void Close() {
    const auto closed = catalog_->Close();
    ASSERT_TRUE(closed.ok()) << LogText(closed.error());
    catalog_.reset();
  }

  // "ok", or the code's number and the message: short to compare.
  std::string Commit(MeasurementChange change) { return Commit(Only(std::move(change))); }
  std::string Commit(CatalogChange change) {
    return OutcomeText(catalog_->CommitAndWait(std::move(change)));
  }
  static std::string OutcomeText(const Result<void>& outcome) {
    return outcome.ok() ? "ok" : outcome.error().message;
  }

  std::shared_ptr<const MeasurementState> Find(const std::string& measurement) {
    return catalog_->snapshot()->FindMeasurement({"db", measurement});
  }
  std::string Everything() { return Describe(*catalog_->snapshot()); }

  // Runs SQL on the closed catalog's file.
  void Execute(const std::string& sql) {
    auto connection = sqlite::SqliteConnection::Open(disk_, path_);
    ASSERT_TRUE(connection.ok()) << LogText(connection.error());
    const auto executed = connection.value()->Execute(sql.c_str());
    ASSERT_TRUE(executed.ok()) << LogText(executed.error());
  }

  // Holds up the committer thread until the guard goes, so that what is queued meanwhile becomes
  // one group.
  class HeldUp {
   public:
    explicit HeldUp(Catalog& catalog) {
      const auto is_held = std::make_shared<std::promise<void>>();
      catalog.Commit({}, [is_held, go_on = go_on_.get_future().share()](const Result<void>&) {
        is_held->set_value();
        go_on.wait();
      });
      is_held->get_future().wait();
    }
    ~HeldUp() { go_on_.set_value(); }

   private:
    std::promise<void> go_on_;
  };

  const arc::testing::TempDirectory directory_;
  const std::string path_ = directory_ / "catalog.db";
  const arc::testing::ManualClock clock_{};
  fs::FileSystem& disk_;
  Catalog::Options options_;
  std::unique_ptr<Catalog> catalog_;
};

}  // namespace arc::catalog
