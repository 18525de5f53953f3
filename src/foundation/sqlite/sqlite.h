// A thin layer over SQLite's C interface: handles that free themselves, errors as Result.

#pragma once

#include <sqlite3.h>

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include "foundation/base/result.h"
#include "foundation/fs/file_system.h"
#include "foundation/sqlite/sqlite_vfs.h"

namespace arc::sqlite {

class SqliteStatement;

// One connection, which reads and writes through `file_system` and keeps temporary data in memory.
// From its first access to the file on, it keeps every other connection out, also those of other
// processes.
// Threads: one at a time.
class SqliteConnection {
 public:
  // The file must exist. `file_system` must outlive the connection.
  static Result<std::unique_ptr<SqliteConnection>> Open(fs::FileSystem& file_system,
                                                        const std::string& path);

  SqliteConnection(const SqliteConnection&) = delete;
  SqliteConnection& operator=(const SqliteConnection&) = delete;
  // Requires: all its statements are destroyed.
  ~SqliteConnection();

  // True: closing leaves SQLite's log as it is, instead of moving its contents into the file.
  void KeepLogOnClose(bool is_kept);

  // From here on statements may call `name`(...): the CRC-32C of any number of values and their
  // types. The same values in the same order give the same number on every machine.
  Result<void> AddChecksumFunction(const char* name);

  // One or more statements without parameters; rows are dropped.
  Result<void> Execute(const char* sql);
  // The first column of the first row of `sql`, which must have one.
  Result<std::int64_t> QueryNumber(std::string_view sql);
  Result<std::string> QueryText(std::string_view sql);
  // `sql` is one statement, executed any number of times.
  Result<SqliteStatement> Prepare(std::string_view sql);

  // The last failure as an Error: kAlreadyExists when a constraint is broken (SQLITE_CONSTRAINT),
  // kCorruptData when the file is damaged or a trigger raises an error (its text is the message),
  // kNoSpace when the disk is full, else kStorageFailed.
  Error LastError() const;
  // Whether any sync has failed, also one that SQLite does not report. Close the connection then.
  bool has_sync_failed() const { return vfs_->has_sync_failed(); }

 private:
  SqliteConnection(std::unique_ptr<SqliteVfs> vfs, sqlite3* handle, std::string path)
      : vfs_(std::move(vfs)), handle_(handle), path_(std::move(path)) {}

  const std::unique_ptr<SqliteVfs> vfs_;
  sqlite3* const handle_;
  const std::string path_;
};

// A prepared statement. Bind in order, then Run() or Step() through the rows.
// Lifetime: shorter than its connection's.
class SqliteStatement {
 public:
  SqliteStatement() = default;  // to be assigned to

  SqliteStatement& Bind(std::int64_t value);
  SqliteStatement& Bind(std::uint64_t value) { return Bind(static_cast<std::int64_t>(value)); }
  // `text` must live until the statement has run.
  SqliteStatement& Bind(std::string_view text);

  // To the next row; false when there is none left (the statement may then be bound anew).
  Result<bool> Step();
  // Executes a statement that returns no rows.
  Result<void> Run();
  // How many rows the last Run() inserted, updated or deleted.
  std::int64_t changed_row_count() const { return changed_row_count_; }

  std::int64_t Number(int column) const;
  std::uint64_t Unsigned(int column) const { return static_cast<std::uint64_t>(Number(column)); }
  // Valid until the next Step().
  std::string_view Text(int column) const;

 private:
  friend class SqliteConnection;
  struct Finalize {
    void operator()(sqlite3_stmt* statement) const { sqlite3_finalize(statement); }
  };
  SqliteStatement(SqliteConnection& connection, sqlite3_stmt* statement)
      : connection_(&connection), statement_(statement) {}
  void Reset();

  SqliteConnection* connection_ = nullptr;
  std::unique_ptr<sqlite3_stmt, Finalize> statement_;
  int bound_count_ = 0;
  std::int64_t changed_row_count_ = 0;
};

}  // namespace arc::sqlite
