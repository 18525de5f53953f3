// Carries out groups of changes: SQLite first, then the state in memory.
//
// A group is one SQLite transaction. Each change in it is planned against the state that the ones
// before it left, and written; one that is refused leaves no row behind and does not touch the
// others. Then the generation, a digest of all rows and the last ids are written, and the
// transaction is committed and synced. Only then the new state replaces the old one, so memory
// never shows what a crash could take back. When anything fails but a refusal, the transaction's
// outcome may be unknown: the file is closed, read again as a whole and checked against its digest,
// and what it says becomes the state. Runs on the catalog's thread.

#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "data/catalog/catalog_writer.h"
#include "data/catalog/change_plan.h"
#include "data/catalog/removed_files.h"
#include "data/catalog/state.h"
#include "foundation/base/result.h"
#include "foundation/fs/file_system.h"
#include "foundation/sqlite/sqlite.h"
#include "foundation/time/clock.h"

namespace arc::catalog {

// Threads: one at a time.
class Committer {
 public:
  // `file_system` and `clock` must outlive the committer. No transaction has a smaller number than
  // `generation_min`.
  static Result<std::unique_ptr<Committer>> Open(fs::FileSystem& file_system, std::string path,
                                                 const Clock& clock,
                                                 std::uint64_t generation_min = 0);

  // Applies each change to the state that those before it left, all in one transaction. Returns the
  // outcome of each; a refused one leaves the others alone. When SQLite or the disk fails, all
  // fail, and what is true is read from the file again. Should that fail too, the state stays as it
  // was, and every further group fails until one finds the file readable. An exception (no
  // memory) is such a failure. `outcomes`: as many as `group`, all ok.
  void CommitGroup(const std::vector<const Change*>& group,
                   std::vector<Result<void>>& outcomes) noexcept;

  const CatalogState& state() const { return state_; }
  // The same object always, never null.
  const std::shared_ptr<RemovedFiles>& removed_files() const { return removed_files_; }
  std::uint64_t transaction_count() const { return transaction_count_; }

  // Moves everything from SQLite's log into its main file.
  Result<void> Close();
  // Leaves both as they are.
  void CloseAsItIs();

 private:
  Committer(fs::FileSystem& file_system, std::string path, const Clock& clock,
            std::uint64_t generation_min)
      : file_system_(file_system),
        path_(std::move(path)),
        clock_(clock),
        generation_min_(generation_min) {}
  Result<void> ReadAnew();
  void ReadAnewOrLog() noexcept;
  Result<void> WriteGroupOrCatch(const std::vector<const Change*>& group,
                                 std::vector<Result<void>>& outcomes) noexcept;
  Result<void> WriteGroup(const std::vector<const Change*>& group,
                          std::vector<Result<void>>& outcomes);

  fs::FileSystem& file_system_;
  const std::string path_;
  const Clock& clock_;
  const std::uint64_t generation_min_;
  CatalogState state_;
  std::shared_ptr<RemovedFiles> removed_files_;
  std::uint64_t transaction_count_ = 0;
  std::uint64_t digest_ = 0;  // of what the file holds

  // Both null while the file cannot be read.
  std::unique_ptr<sqlite::SqliteConnection> connection_;
  std::unique_ptr<CatalogWriter> writer_;
};

}  // namespace arc::catalog
