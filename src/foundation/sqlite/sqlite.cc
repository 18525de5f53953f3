#include "foundation/sqlite/sqlite.h"

#include <array>
#include <bit>
#include <utility>

#include "foundation/base/allocated.h"
#include "foundation/base/check.h"
#include "foundation/base/crc32c.h"

namespace arc::sqlite {
namespace {

ErrorCode CodeOf(int extended_code) {
  if (extended_code == SQLITE_CONSTRAINT_TRIGGER) return ErrorCode::kCorruptData;
  switch (extended_code & 0xff) {  // the primary code
    case SQLITE_CONSTRAINT:
      return ErrorCode::kAlreadyExists;
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB:
    case SQLITE_ERROR:  // our SQL is always the same, so a table or column is missing in the file
      return ErrorCode::kCorruptData;
    case SQLITE_FULL:
      return ErrorCode::kNoSpace;
    default:
      return ErrorCode::kStorageFailed;
  }
}

std::string MessageOf(int extended_code) {
  switch (extended_code & 0xff) {
    case SQLITE_CONSTRAINT:
      return "the file holds this already";
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB:
    case SQLITE_ERROR:
      return "the file is damaged, or none of ours";
    case SQLITE_FULL:
      return "the file cannot be written: no space left on device";
    case SQLITE_BUSY:
      return "the file is in use by another process";
    default:
      return "the file cannot be read or written";
  }
}

// Whether the failure came from our disk.
bool IsOfTheDisk(int extended_code) {
  const int primary_code = extended_code & 0xff;
  return primary_code == SQLITE_IOERR || primary_code == SQLITE_FULL ||
         primary_code == SQLITE_CANTOPEN;
}

void AddNumber(char type, std::uint64_t number, std::uint32_t& crc) {
  std::array<char, 9> bytes{type};
  for (std::size_t i = 0; i < 8; i++) bytes.at(i + 1) = static_cast<char>(number >> (8 * i));
  crc = Crc32c(crc, {bytes.data(), bytes.size()});
}

void AddBytes(char type, const void* bytes, int size, std::uint32_t& crc) {
  AddNumber(type, static_cast<std::uint64_t>(size), crc);
  if (size > 0) {
    crc = Crc32c(crc, {static_cast<const char*>(bytes), static_cast<std::size_t>(size)});
  }
}

// Each value counts with the type that it has: if that is not its column's type, the value is
// damaged, and the checksum must show it.
void Checksum(sqlite3_context* context, int count, sqlite3_value** values) {
  std::uint32_t crc = 0;
  for (int i = 0; i < count; i++) {
    auto* value = values[i];
    switch (sqlite3_value_type(value)) {
      case SQLITE_INTEGER:
        AddNumber('i', static_cast<std::uint64_t>(sqlite3_value_int64(value)), crc);
        break;
      case SQLITE_FLOAT:
        AddNumber('f', std::bit_cast<std::uint64_t>(sqlite3_value_double(value)), crc);
        break;
      case SQLITE_NULL:
        AddNumber('n', 0, crc);
        break;
      case SQLITE_TEXT: {
        const auto* text = sqlite3_value_text(value);
        AddBytes('t', text, sqlite3_value_bytes(value), crc);
        break;
      }
      default: {
        const auto* blob = sqlite3_value_blob(value);
        AddBytes('b', blob, sqlite3_value_bytes(value), crc);
      }
    }
  }
  sqlite3_result_int64(context, crc);
}

}  // namespace

Result<std::unique_ptr<SqliteConnection>> SqliteConnection::Open(fs::FileSystem& file_system,
                                                                 const std::string& path) {
  auto vfs = std::make_unique<SqliteVfs>(file_system);
  sqlite3* handle = nullptr;
  // No mutex: the connection belongs to one thread at a time.
  const int code = sqlite3_open_v2(
      path.c_str(), &handle, SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX, vfs->name().c_str());
  (void)Allocated(handle);
  std::unique_ptr<SqliteConnection> connection(new SqliteConnection(std::move(vfs), handle, path));
  sqlite3_extended_result_codes(handle, 1);
  if (code != SQLITE_OK) return connection->LastError();
  // Because our VFS has no shared memory and no temporary files.
  TRY(connection->Execute("PRAGMA locking_mode = EXCLUSIVE; PRAGMA temp_store = MEMORY;"));
  return connection;
}

SqliteConnection::~SqliteConnection() {
  CHECK(sqlite3_close(handle_) == SQLITE_OK, "a statement outlives its SQLite connection");
}

void SqliteConnection::KeepLogOnClose(bool is_kept) {
  const int code =
      sqlite3_db_config(handle_, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, int{is_kept}, nullptr);
  CHECK(code == SQLITE_OK, "SQLite does not know how to leave its log alone");
}

Result<void> SqliteConnection::AddChecksumFunction(const char* name) {
  const int code = sqlite3_create_function_v2(handle_, name, -1, SQLITE_UTF8 | SQLITE_DETERMINISTIC,
                                              nullptr, &Checksum, nullptr, nullptr, nullptr);
  if (code == SQLITE_OK) return {};
  return LastError();
}

Result<void> SqliteConnection::Execute(const char* sql) {
  if (sqlite3_exec(handle_, sql, nullptr, nullptr, nullptr) == SQLITE_OK) return {};
  return LastError();
}

Result<std::int64_t> SqliteConnection::QueryNumber(std::string_view sql) {
  auto statement = TRY(Prepare(sql));
  const bool has_row = TRY(statement.Step());
  CHECK(has_row, "a query for one value found none");
  return statement.Number(0);
}

Result<std::string> SqliteConnection::QueryText(std::string_view sql) {
  auto statement = TRY(Prepare(sql));
  const bool has_row = TRY(statement.Step());
  CHECK(has_row, "a query for one value found none");
  return std::string(statement.Text(0));
}

Result<SqliteStatement> SqliteConnection::Prepare(std::string_view sql) {
  sqlite3_stmt* statement = nullptr;
  const int code = sqlite3_prepare_v3(handle_, sql.data(), static_cast<int>(sql.size()),
                                      SQLITE_PREPARE_PERSISTENT, &statement, nullptr);
  if (code != SQLITE_OK) return LastError();
  return SqliteStatement(*this, statement);
}

Error SqliteConnection::LastError() const {
  const int code = sqlite3_extended_errcode(handle_);
  Error error{CodeOf(code),
              code == SQLITE_CONSTRAINT_TRIGGER ? sqlite3_errmsg(handle_) : MessageOf(code),
              path_ + ": SQLite " + std::to_string(code) + ": " + sqlite3_errmsg(handle_)};
  if (IsOfTheDisk(code) && vfs_->last_failure()) {
    error.detail += "; " + LogText(*vfs_->last_failure());
  }
  return error;
}

SqliteStatement& SqliteStatement::Bind(std::int64_t value) {
  const int code = sqlite3_bind_int64(statement_.get(), ++bound_count_, value);
  CHECK(code == SQLITE_OK, "a number cannot be bound to a SQLite statement");
  return *this;
}

SqliteStatement& SqliteStatement::Bind(std::string_view text) {
  // A null pointer would be NULL, and an empty view may have one.
  const char* bytes = text.empty() ? "" : text.data();
  const int code = sqlite3_bind_text64(statement_.get(), ++bound_count_, bytes, text.size(),
                                       SQLITE_STATIC, SQLITE_UTF8);
  CHECK(code == SQLITE_OK, "a text cannot be bound to a SQLite statement");
  return *this;
}

Result<bool> SqliteStatement::Step() {
  const int code = sqlite3_step(statement_.get());
  if (code == SQLITE_ROW) return true;
  if (code == SQLITE_DONE) {
    Reset();
    return false;
  }
  auto error = connection_->LastError();
  Reset();
  return error;
}

Result<void> SqliteStatement::Run() {
  const bool has_row = TRY(Step());
  CHECK(!has_row, "a SQLite statement has rows that nobody reads");
  changed_row_count_ = sqlite3_changes64(sqlite3_db_handle(statement_.get()));
  return {};
}

std::int64_t SqliteStatement::Number(int column) const {
  return sqlite3_column_int64(statement_.get(), column);
}

std::string_view SqliteStatement::Text(int column) const {
  const auto* bytes = reinterpret_cast<const char*>(sqlite3_column_text(statement_.get(), column));
  const auto size = static_cast<std::size_t>(sqlite3_column_bytes(statement_.get(), column));
  return bytes == nullptr ? std::string_view() : std::string_view(bytes, size);
}

void SqliteStatement::Reset() {
  sqlite3_reset(statement_.get());
  bound_count_ = 0;
}

}  // namespace arc::sqlite
