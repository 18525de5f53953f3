#include "data/integrity/verifier.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <memory>
#include <string>
#include <thread>
#include <utility>

#include "foundation/base/crc32c.h"
#include "foundation/testing/temp_directory.h"

namespace arc::integrity {
namespace {

using std::chrono::hours;
using std::chrono::milliseconds;

// Files without block checksums, as an older server wrote them: the whole has one.
class VerifierTest : public ::testing::Test {
 protected:
  VerifierTest() {
    std::filesystem::create_directory(root_);
    catalog_ = Value(catalog::Catalog::Open({.path = directory_ / "catalog.db"},
                                            fs::FileSystem::Local(), Clock::System()));
    for (const char* name : {"a", "b", "c"}) AddFile(name);
    Start({.root = root_, .bytes_per_second = 0});
  }
  ~VerifierTest() override {
    verifier_.reset();
    EXPECT_TRUE(catalog_->Close().ok());
  }
  template <class T>
  static T Value(Result<T> result) {
    EXPECT_TRUE(result.ok()) << LogText(result.error());
    return std::move(result).TakeValue();
  }
  void Start(Verifier::Options options) {
    verifier_.reset();
    options.look_interval = milliseconds(1);
    verifier_ = std::make_unique<Verifier>(options, fs::FileSystem::Local(), *catalog_, damaged_,
                                           Clock::System(), metrics_);
  }
  void AddFile(const std::string& name) {
    const std::string bytes(300'000, name.front());
    Write(name, bytes);
    catalog::MeasurementChange change;
    change.id = MeasurementId{1};
    change.name = {"db", "m"};
    change.schema = std::make_shared<const RowSchema>(std::vector<SchemaColumn>{});
    catalog::FileEntry entry;
    entry.path = name;
    entry.row_count = 1;
    entry.byte_count = bytes.size();
    entry.checksum = Crc32c(0, bytes);
    change.added_files = {entry};
    EXPECT_TRUE(catalog_->CommitAndWait({{std::move(change)}}).ok());
  }
  void Write(const std::string& name, const std::string& bytes) {
    std::ofstream(root_ + "/" + name, std::ios::binary | std::ios::trunc) << bytes;
  }
  // Until a pass that was asked for now is done.
  VerifyStatus Verified() {
    const auto pass = verifier_->VerifyNow();
    return Eventually([&] { return verifier_->status().finished_pass >= pass; });
  }
  template <class Condition>
  VerifyStatus Eventually(Condition condition) {
    const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(60);
    while (!condition() && std::chrono::steady_clock::now() < deadline) std::this_thread::yield();
    EXPECT_TRUE(condition());
    return verifier_->status();
  }

  testing::TempDirectory directory_;
  const std::string root_ = directory_ / "files";
  Metrics metrics_;
  DamagedFiles damaged_{Clock::System(), metrics_};
  std::unique_ptr<catalog::Catalog> catalog_;
  std::unique_ptr<Verifier> verifier_;
};

TEST_F(VerifierTest, FindsRotAndForgetsWhatIsWholeAgain) {
  EXPECT_EQ(Verified().damaged_count, 0u);
  auto bytes = std::string(300'000, 'b');
  bytes[123'456] = 'x';
  Write("b", bytes);
  const auto status = Verified();
  EXPECT_EQ(status.damaged_count, 1u);
  EXPECT_EQ(status.checked_file_count, 3u);
  EXPECT_EQ(status.checked_byte_count, 900'000u);
  ASSERT_EQ(damaged_.count(), 1u);
  EXPECT_EQ(damaged_.List().front().path, "b");
  EXPECT_EQ(damaged_.List().front().damage, Damage::kWrong);
  Write("b", std::string(300'000, 'b'));
  Eventually([&] { return damaged_.count() == 0; });
}

TEST_F(VerifierTest, NoticesByItselfWhatIsMissingOrCut) {
  std::filesystem::remove(root_ + "/a");
  Write("c", "short");
  Eventually([&] { return damaged_.count() == 2; });
  EXPECT_EQ(damaged_.List()[0].damage, Damage::kMissing);
  EXPECT_EQ(damaged_.List()[1].damage, Damage::kWrong);
  EXPECT_EQ(verifier_->status().pass, 0u);
}

TEST_F(VerifierTest, ForgetsWhatTheCatalogHasNoMore) {
  std::filesystem::remove(root_ + "/a");
  Eventually([&] { return damaged_.count() == 1; });
  catalog::DropChange drop;
  drop.measurements = {{{"db", "m"}, MeasurementId{1}}};
  drop.lsn = Lsn{5};
  ASSERT_TRUE(catalog_->Drop(drop).ok());
  Eventually([&] { return damaged_.count() == 0; });
  EXPECT_EQ(Verified().file_count, 0u);
}

TEST_F(VerifierTest, ASlowPassIsHurriedOrStopped) {
  // An hour and more a file.
  Start({.root = root_, .bytes_per_second = 10, .first_pass_after = milliseconds(0)});
  Eventually([&] { return verifier_->status().is_running; });
  EXPECT_FALSE(verifier_->status().is_hurried);
  const auto status = Verified();
  EXPECT_TRUE(status.is_hurried);
  EXPECT_EQ(status.checked_file_count, 3u);
  Start({.root = root_, .bytes_per_second = 10, .first_pass_after = milliseconds(0)});
  Eventually([&] { return verifier_->status().is_running; });
  verifier_.reset();
}

TEST_F(VerifierTest, GoesRoundByItselfAtItsRate) {
  Start({.root = root_,
         .bytes_per_second = 9'000'000,
         .first_pass_after = milliseconds(0),
         .pass_interval = hours(1)});
  const auto begun = std::chrono::steady_clock::now();
  const auto status = Eventually([&] { return verifier_->status().finished_pass == 1; });
  // All but the last file was waited for.
  EXPECT_GE(std::chrono::steady_clock::now() - begun, milliseconds(60));
  EXPECT_FALSE(status.is_hurried);
  EXPECT_EQ(status.checked_byte_count, 900'000u);
}

}  // namespace
}  // namespace arc::integrity
