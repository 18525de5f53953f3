// A store on a simulated disk, what a test writes to it, and all that it holds afterwards, in
// memory and in files.

#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "data/store/store.h"
#include "foundation/base/metrics.h"
#include "foundation/base/result.h"
#include "foundation/testing/faulty_file_system.h"

namespace arc::store {

inline const std::string kFilesRoot = "/data/files";
inline const std::string kWalFolder = "/data/wal";

// Small segments and a small log, so that a few requests rotate and copy; nothing is flushed but on
// demand or for the log's sake.
Store::Options SmallStore();

// The files below /data: path → bytes.
using Files = std::map<std::string, std::string>;
Files ReadTree(fs::FileSystem& disk);
// Fails the test when the disk refuses.
void WriteTree(fs::FileSystem& disk, const Files& files);

// Every row of a test has an id of its own. Table ("database.measurement") → ids; a row that is
// there twice is there twice.
using Contents = std::map<std::string, std::multiset<std::int64_t>>;

// Rows of one measurement in a request.
struct RowsOf {
  std::string measurement;
  std::vector<std::int64_t> ids;
  std::size_t padding_bytes = 0;  // in a column that is only there when it is not 0
};

// Lifetime: closes the store at the end, as a crash would when it was not closed before.
class OpenStore {
 public:
  // Opened and recovered. `disk` and `clock` outlive it.
  static Result<std::unique_ptr<OpenStore>> Start(testing::FaultyFileSystem& disk,
                                                  Store::Options options,
                                                  const Clock& clock = Clock::System());
  OpenStore(const OpenStore&) = delete;
  OpenStore& operator=(const OpenStore&) = delete;
  ~OpenStore();

  Store* operator->() { return store_.get(); }

  // One request; returns when it is answered.
  Result<void> Write(const std::string& database, const std::vector<RowsOf>& rows);
  Result<void> Flush();
  Result<void> Close();

  // Fails the test when a file of the catalog is not there or is not as the catalog says.
  Contents Read();
  // Finished data files on disk that the catalog neither has nor is about to delete.
  std::vector<std::string> UnlistedFiles();

 private:
  explicit OpenStore(testing::FaultyFileSystem& disk) : disk_(disk) {}
  void ReadFile(const catalog::MeasurementState& state, const catalog::FileEntry& file,
                std::multiset<std::int64_t>& ids);
  void ListFiles(const std::string& folder, std::vector<std::string>& paths);

  testing::FaultyFileSystem& disk_;
  Metrics metrics_;
  std::unique_ptr<Store> store_;
};

}  // namespace arc::store
