#include "data/store/store_fixture.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <charconv>
#include <future>
#include <numeric>
#include <optional>
#include <utility>

#include "data/encoding/read_back.h"
#include "data/files/file_name.h"
#include "foundation/testing/batch_builder.h"

namespace arc::store {
namespace {

constexpr std::int64_t kFirstTime = 1'700'000'000'000'000;
constexpr std::int64_t kHourMicros = 3'600'000'000;
constexpr std::chrono::milliseconds kPatience{60'000};  // far more than anything here takes

// Neighbours are of different hours, so that a flush of some rows makes two files.
std::int64_t TimeOf(std::int64_t id) { return kFirstTime + (id % 2) * kHourMicros + id; }

DecodedMeasurement Decode(const RowsOf& rows) {
  testing::BatchBuilder builder;
  std::vector<std::int64_t> times;
  for (const auto id : rows.ids) times.push_back(TimeOf(id));
  builder.Time(std::move(times));
  builder.Int64("id", {rows.ids.begin(), rows.ids.end()});
  builder.Tag("host", {rows.ids.size(), std::string("h")});
  if (rows.padding_bytes > 0) {
    builder.String("padding", {rows.ids.size(), std::string(rows.padding_bytes, 'x')});
  }
  DecodedMeasurement decoded{rows.measurement, builder.Build(), {}};
  decoded.lines.resize(rows.ids.size());
  std::iota(decoded.lines.begin(), decoded.lines.end(), 1);
  return decoded;
}

void ReadSlice(const BatchSlice& slice, std::multiset<std::int64_t>& ids) {
  for (const auto& column : slice.batch->columns) {
    if (column.name != "id") continue;
    const auto& values = std::get<std::vector<std::int64_t>>(column.values);
    for (auto row = slice.row_begin; row < slice.row_end; row++) ids.insert(values[row]);
  }
}

void ReadTreeBelow(fs::FileSystem& disk, const std::string& folder, Files& files) {
  const auto listed = disk.List(folder);
  if (!listed.ok()) return;
  for (const auto& entry : listed.value()) {
    const auto path = folder + "/" + entry.name;
    if (entry.is_directory) {
      ReadTreeBelow(disk, path, files);
    } else {
      auto bytes = fs::ReadWholeFile(disk, path, std::size_t{1} << 30);
      if (bytes.ok()) files[path] = std::move(bytes).TakeValue();  // else it went this moment
    }
  }
}

}  // namespace

Files ReadTree(fs::FileSystem& disk) {
  Files files;
  ReadTreeBelow(disk, "/data", files);
  return files;
}

void WriteTree(fs::FileSystem& disk, const Files& files) {
  for (const auto& [path, bytes] : files) {
    ASSERT_TRUE(disk.CreateDirectories(fs::ParentOf(path)).ok());
    const auto file = disk.Create(path).TakeValue();
    ASSERT_TRUE(file->Append(bytes).ok() && file->Sync().ok() && file->Close().ok());
    ASSERT_TRUE(disk.SyncDirectory(fs::ParentOf(path)).ok());
  }
}

Store::Options SmallStore() {
  Store::Options options;
  options.data_directory = "/data";
  options.files_root = kFilesRoot;
  options.catalog_path = "/data/catalog.db";
  options.wal_directory = kWalFolder;
  options.compression = encoding::Compression::kLz4;
  options.acknowledge_timeout = kPatience;
  options.segment_bytes = 12'000;
  options.log_bytes_max = 140'000;
  options.memory_budget = std::size_t{16} << 20;
  options.flush_policy.rows_max = 1'000'000;
  options.flush_policy.age_max = std::chrono::hours(1);
  options.flush_workers = 1;
  return options;
}

Result<std::unique_ptr<OpenStore>> OpenStore::Start(testing::FaultyFileSystem& disk,
                                                    Store::Options options, const Clock& clock) {
  std::unique_ptr<OpenStore> open(new OpenStore(disk));
  open->store_ = TRY(Store::Open(std::move(options), disk, clock, open->metrics_));
  TRY(open->store_->Recover());
  return open;
}

OpenStore::~OpenStore() {
  if (store_ == nullptr) return;
  IgnoreFailure(store_->Close(std::chrono::milliseconds(0)), "a store that is given up");
}

Result<void> OpenStore::Write(const std::string& database, const std::vector<RowsOf>& rows) {
  DecodedBody body;
  for (const auto& part : rows) body.measurements.push_back(Decode(part));
  std::promise<Result<write::WriteOutcome>> answer;
  store_->writer().Write(database, std::move(body), [&answer](Result<write::WriteOutcome> outcome) {
    answer.set_value(std::move(outcome));
  });
  auto outcome = answer.get_future().get();
  if (!outcome.ok()) return std::move(outcome).TakeError();
  EXPECT_EQ(outcome.value().rejections.count, 0u);
  return {};
}

Result<void> OpenStore::Flush() { return store_->flusher().FlushAll(kPatience); }

Result<void> OpenStore::Close() {
  auto closed = store_->Close(kPatience);
  store_.reset();
  return closed;
}

Contents OpenStore::Read() {
  Contents contents;
  for (const auto& live : store_->tables().List("")) {
    std::shared_ptr<const catalog::MeasurementState> state;
    std::optional<buffer::LiveMeasurement::View> view;
    while (!view) {  // again when a flush ends in between
      const auto snapshot = store_->catalog().snapshot();
      state = snapshot->FindMeasurement(live->name());
      view = live->Read(state ? state->flushed_lsn : kLsnZero, store_->tables().visible_lsn());
    }
    std::multiset<std::int64_t> ids;
    for (const auto& slice : view->slices) ReadSlice(slice, ids);
    for (std::size_t i = 0; state && i < state->files.size(); i++) {
      ReadFile(*state, state->files[i], ids);
    }
    if (!ids.empty()) contents[live->name().ToString()] = std::move(ids);
  }
  return contents;
}

void OpenStore::ReadFile(const catalog::MeasurementState& state, const catalog::FileEntry& file,
                         std::multiset<std::int64_t>& ids) {
  const auto bytes = fs::ReadWholeFile(disk_, kFilesRoot + "/" + file.path, std::size_t{1} << 30);
  ASSERT_TRUE(bytes.ok()) << LogText(bytes.error());
  const auto read = encoding::ReadParquetBytes(bytes.value());
  EXPECT_EQ(read.rows.size(), file.row_count) << file.path;
  EXPECT_EQ(read.labels.at("arc:measurement_id"), std::to_string(std::uint64_t(state.id)));
  ASSERT_GE(read.columns.size(), 2u);
  ASSERT_EQ(read.columns[1], "id: int64");
  for (const auto& row : read.rows) {
    const auto begin = row.data() + row.find(' ') + 1;
    std::int64_t id = 0;
    ASSERT_EQ(std::from_chars(begin, row.data() + row.size(), id).ec, std::errc()) << row;
    ids.insert(id);
  }
}

std::vector<std::string> OpenStore::UnlistedFiles() {
  const auto leaving = store_->catalog().removed_files().All();  // before they are gone
  std::vector<std::string> found;
  ListFiles("", found);
  std::set<std::string> unlisted(found.begin(), found.end());
  for (const auto& path : leaving) unlisted.erase(path);
  const auto snapshot = store_->catalog().snapshot();
  for (const auto& database : snapshot->Databases()) {
    for (const auto& state : snapshot->Measurements(database->name)) {
      for (std::size_t i = 0; i < state->files.size(); i++) unlisted.erase(state->files[i].path);
    }
  }
  return {unlisted.begin(), unlisted.end()};
}

void OpenStore::ListFiles(const std::string& folder, std::vector<std::string>& paths) {
  const auto entries = disk_.List(kFilesRoot + "/" + folder);
  if (!entries.ok()) return;  // an empty folder goes at any moment
  for (const auto& entry : entries.value()) {
    const auto path = folder.empty() ? entry.name : folder + "/" + entry.name;
    if (entry.is_directory) {
      ListFiles(path, paths);
    } else if (files::IsPublishedName(entry.name)) {
      paths.push_back(path);
    }
  }
}

}  // namespace arc::store
