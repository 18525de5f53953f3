// Carries out groups of changes: SQLite first, then the state in memory.

#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "catalog/catalog_state.h"
#include "catalog/catalog_writer.h"
#include "catalog/change_plan.h"
#include "catalog/sqlite.h"

namespace arc::catalog {

// Threads: one at a time.
class Committer {
 public:
  // `clock` must outlive the committer.
  static Result<std::unique_ptr<Committer>> Open(std::string path, const Clock& clock);

  // Applies each work to the state that those before it left, all in one transaction. Returns the
  // outcome of each; a refused one leaves the others alone. When SQLite or the disk fails, all
  // fail, and what is true is read from the file again. Should that fail too, the state stays as it
  // was, and every further group fails until one finds the file readable.
  std::vector<Result<void>> CommitGroup(const std::vector<const Work*>& group);

  const CatalogState& state() const { return state_; }
  std::uint64_t transaction_count() const { return transaction_count_; }

  // Moves everything from SQLite's log into its main file.
  Result<void> Close();

 private:
  Committer(std::string path, const Clock& clock) : path_(std::move(path)), clock_(clock) {}
  Result<void> ReadAnew();
  Result<void> WriteGroup(const std::vector<const Work*>& group,
                          std::vector<Result<void>>& outcomes);

  const std::string path_;
  const Clock& clock_;
  CatalogState state_;
  std::uint64_t transaction_count_ = 0;

  // Both null while the file cannot be read.
  std::unique_ptr<SqliteConnection> connection_;
  std::unique_ptr<CatalogWriter> writer_;
};

}  // namespace arc::catalog
