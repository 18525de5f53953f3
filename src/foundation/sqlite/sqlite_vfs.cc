#include "foundation/sqlite/sqlite_vfs.h"

#include <algorithm>
#include <array>
#include <atomic>
#include <cstring>
#include <memory>
#include <new>
#include <span>
#include <string_view>
#include <utility>

#include "foundation/base/check.h"

namespace arc::sqlite {
namespace {

constexpr int kPathBytesMax = 4096;
constexpr int kSectorBytes = 4096;

// An open file. SQLite provides the memory for it and uses only its base.
struct VfsFile : sqlite3_file {
  VfsFile(SqliteVfs& owner, std::string name, std::unique_ptr<fs::RandomFile> opened,
          bool may_be_new)
      : sqlite3_file{},
        vfs(owner),
        path(std::move(name)),
        file(std::move(opened)),
        needs_directory_sync(may_be_new) {}

  SqliteVfs& vfs;
  const std::string path;
  const std::unique_ptr<fs::RandomFile> file;
  // True until the first sync, which then syncs the folder too. It does not matter whether the file
  // existed before: its entry may not have been durable.
  bool needs_directory_sync;
};

VfsFile& Of(sqlite3_file* file) { return *static_cast<VfsFile*>(file); }
SqliteVfs& Of(sqlite3_vfs* vfs) { return *static_cast<SqliteVfs*>(vfs->pAppData); }

int CodeOf(SqliteVfs& vfs, const Result<void>& outcome, int code) {
  return outcome.ok() ? SQLITE_OK : vfs.Failed(outcome.error(), code);
}

// SQLite is C: no exception may pass through it. The only one that can come is std::bad_alloc; it
// is reported as a failure of the disk.
template <class Body>
int Guarded(SqliteVfs& vfs, int code, const Body& body) noexcept {
  try {
    return body();
  } catch (...) {
    return vfs.FailedWithoutMemory(code);
  }
}

int Close(sqlite3_file* base) noexcept {
  Of(base).~VfsFile();
  base->pMethods = nullptr;
  return SQLITE_OK;
}

// Bytes behind the end of the file read as zeros, and the return code says so.
int Read(sqlite3_file* base, void* target, int count, sqlite3_int64 offset) noexcept {
  return Guarded(Of(base).vfs, SQLITE_IOERR_READ, [&]() -> int {
    auto& self = Of(base);
    const std::span bytes(static_cast<char*>(target), static_cast<std::size_t>(count));
    const auto read = self.file->ReadAt(static_cast<std::uint64_t>(offset), bytes);
    if (!read.ok()) return self.vfs.Failed(read.error(), SQLITE_IOERR_READ);
    const auto missing = bytes.subspan(read.value());
    std::fill(missing.begin(), missing.end(), '\0');
    return missing.empty() ? SQLITE_OK : SQLITE_IOERR_SHORT_READ;
  });
}

int Write(sqlite3_file* base, const void* bytes, int count, sqlite3_int64 offset) noexcept {
  return Guarded(Of(base).vfs, SQLITE_IOERR_WRITE, [&]() -> int {
    auto& self = Of(base);
    const std::array pieces = {
        std::string_view(static_cast<const char*>(bytes), static_cast<std::size_t>(count))};
    const auto written = self.file->WriteAt(static_cast<std::uint64_t>(offset), pieces);
    return CodeOf(self.vfs, written, SQLITE_IOERR_WRITE);
  });
}

int Truncate(sqlite3_file* base, sqlite3_int64 byte_count) noexcept {
  return Guarded(Of(base).vfs, SQLITE_IOERR_TRUNCATE, [&]() -> int {
    auto& self = Of(base);
    const auto truncated = self.file->Truncate(static_cast<std::uint64_t>(byte_count));
    return CodeOf(self.vfs, truncated, SQLITE_IOERR_TRUNCATE);
  });
}

int Sync(sqlite3_file* base, int) noexcept {
  return Guarded(Of(base).vfs, SQLITE_IOERR_FSYNC, [&]() -> int {
    auto& self = Of(base);
    const auto synced = self.file->Sync();
    if (!synced.ok()) return self.vfs.Failed(synced.error(), SQLITE_IOERR_FSYNC);
    if (!self.needs_directory_sync) return SQLITE_OK;
    const auto entered = self.vfs.file_system().SyncDirectory(fs::ParentOf(self.path));
    self.needs_directory_sync = !entered.ok();
    return CodeOf(self.vfs, entered, SQLITE_IOERR_DIR_FSYNC);
  });
}

int FileSize(sqlite3_file* base, sqlite3_int64* byte_count) noexcept {
  return Guarded(Of(base).vfs, SQLITE_IOERR_FSTAT, [&]() -> int {
    auto& self = Of(base);
    const auto size = self.file->ByteCount();
    if (!size.ok()) return self.vfs.Failed(size.error(), SQLITE_IOERR_FSTAT);
    *byte_count = static_cast<sqlite3_int64>(size.value());
    return SQLITE_OK;
  });
}

// Takes the strongest lock, whatever SQLite asks for, and keeps it until the file is closed.
int Lock(sqlite3_file* base, int) noexcept {
  return Guarded(Of(base).vfs, SQLITE_IOERR_LOCK, [&]() -> int {
    auto& self = Of(base);
    const auto locked = self.file->LockExclusively();
    if (!locked.ok() && locked.error().code == ErrorCode::kOverloaded) return SQLITE_BUSY;
    return CodeOf(self.vfs, locked, SQLITE_IOERR_LOCK);
  });
}

int Unlock(sqlite3_file*, int) noexcept { return SQLITE_OK; }

int CheckReservedLock(sqlite3_file*, int* is_reserved) noexcept {
  *is_reserved = 0;  // by anybody else
  return SQLITE_OK;
}

int FileControl(sqlite3_file*, int, void*) noexcept { return SQLITE_NOTFOUND; }

int SectorSize(sqlite3_file*) noexcept { return kSectorBytes; }

// As SQLite's own VFS does, we assume that a write cut by a power loss changes no bytes beside it.
int DeviceCharacteristics(sqlite3_file*) noexcept { return SQLITE_IOCAP_POWERSAFE_OVERWRITE; }

constexpr sqlite3_io_methods MakeMethods() {
  sqlite3_io_methods methods{};
  methods.iVersion = 1;  // without shared memory
  methods.xClose = Close;
  methods.xRead = Read;
  methods.xWrite = Write;
  methods.xTruncate = Truncate;
  methods.xSync = Sync;
  methods.xFileSize = FileSize;
  methods.xLock = Lock;
  methods.xUnlock = Unlock;
  methods.xCheckReservedLock = CheckReservedLock;
  methods.xFileControl = FileControl;
  methods.xSectorSize = SectorSize;
  methods.xDeviceCharacteristics = DeviceCharacteristics;
  return methods;
}

constexpr sqlite3_io_methods kMethods = MakeMethods();

int Open(sqlite3_vfs* base, const char* name, sqlite3_file* file, int flags,
         int* out_flags) noexcept {
  return Guarded(Of(base), SQLITE_CANTOPEN, [&]() -> int {
    auto& vfs = Of(base);
    file->pMethods = nullptr;  // while it is null, SQLite does not call Close()
    // Temporary files have no name. They are kept in memory (temp_store).
    if (name == nullptr) return SQLITE_CANTOPEN;
    const bool may_create = (flags & SQLITE_OPEN_CREATE) != 0;
    using enum fs::FileSystem::IfAbsent;
    auto opened = vfs.file_system().OpenRandom(name, may_create ? kCreate : kFail);
    if (!opened.ok()) return vfs.Failed(opened.error(), SQLITE_CANTOPEN);
    new (file) VfsFile(vfs, name, std::move(opened).TakeValue(), may_create);
    file->pMethods = &kMethods;
    if (out_flags != nullptr) *out_flags = (flags & ~SQLITE_OPEN_READONLY) | SQLITE_OPEN_READWRITE;
    return SQLITE_OK;
  });
}

int Delete(sqlite3_vfs* base, const char* path, int must_sync) noexcept {
  return Guarded(Of(base), SQLITE_IOERR_DELETE, [&]() -> int {
    auto& vfs = Of(base);
    const auto removed = vfs.file_system().Remove(path);
    if (!removed.ok()) {
      const bool was_absent = removed.error().code == ErrorCode::kNotFound;
      return was_absent ? SQLITE_IOERR_DELETE_NOENT
                        : vfs.Failed(removed.error(), SQLITE_IOERR_DELETE);
    }
    if (must_sync == 0) return SQLITE_OK;
    const auto synced = vfs.file_system().SyncDirectory(fs::ParentOf(path));
    return CodeOf(vfs, synced, SQLITE_IOERR_DIR_FSYNC);
  });
}

// Every file that exists may be read and written.
int Access(sqlite3_vfs* base, const char* path, int, int* is_there) noexcept {
  return Guarded(Of(base), SQLITE_IOERR_ACCESS, [&]() -> int {
    auto& vfs = Of(base);
    const auto exists = vfs.file_system().Exists(path);
    if (!exists.ok()) return vfs.Failed(exists.error(), SQLITE_IOERR_ACCESS);
    *is_there = exists.value() ? 1 : 0;
    return SQLITE_OK;
  });
}

int FullPathname(sqlite3_vfs*, const char* path, int bytes_max, char* full_path) noexcept {
  const auto byte_count = std::strlen(path) + 1;
  if (byte_count > static_cast<std::size_t>(bytes_max)) return SQLITE_CANTOPEN;
  std::memcpy(full_path, path, byte_count);
  return SQLITE_OK;
}

std::string UniqueName() {
  static std::atomic<std::uint64_t> count{0};
  return "arc-" + std::to_string(count++);
}

}  // namespace

SqliteVfs::SqliteVfs(fs::FileSystem& file_system)
    : file_system_(file_system), name_(UniqueName()), vfs_{} {
  auto* const standard = sqlite3_vfs_find(nullptr);
  CHECK(standard != nullptr, "SQLite has no VFS of its own");
  vfs_ = *standard;  // keeps its randomness, time and sleeping
  vfs_.iVersion = 1;
  vfs_.szOsFile = sizeof(VfsFile);
  vfs_.mxPathname = kPathBytesMax;
  vfs_.pNext = nullptr;
  vfs_.zName = name_.c_str();
  vfs_.pAppData = this;
  vfs_.xOpen = Open;
  vfs_.xDelete = Delete;
  vfs_.xAccess = Access;
  vfs_.xFullPathname = FullPathname;
  CHECK(sqlite3_vfs_register(&vfs_, /*makeDflt=*/0) == SQLITE_OK, "SQLite refused a VFS");
}

SqliteVfs::~SqliteVfs() { sqlite3_vfs_unregister(&vfs_); }

int SqliteVfs::Failed(const Error& error, int code) {
  last_failure_ = error;
  if (code == SQLITE_IOERR_FSYNC || code == SQLITE_IOERR_DIR_FSYNC) has_sync_failed_ = true;
  return error.code == ErrorCode::kNoSpace ? SQLITE_FULL : code;
}

int SqliteVfs::FailedWithoutMemory(int code) noexcept {
  if (code == SQLITE_IOERR_FSYNC || code == SQLITE_IOERR_DIR_FSYNC) has_sync_failed_ = true;
  last_failure_.emplace(Error{ErrorCode::kStorageFailed, "out of memory"});  // no room on the heap
  return code;
}

}  // namespace arc::sqlite
