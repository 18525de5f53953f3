// The log's bytes. Input that begins with 'R' is the payload of a record: what it decodes to keeps
// the rules of batches. Any other is a segment: recovery ends, gives whole records only, and the
// same ones once more.

#include <spdlog/spdlog.h>

#include <map>

#include "data/wal/file_names.h"
#include "data/wal/recovery.h"
#include "data/wal/row_decoder.h"
#include "foundation/model/column_batch.h"
#include "foundation/testing/faulty_file_system.h"
#include "fuzzing.h"

namespace {

using arc::fuzzing::Require;

const std::string kFolder = "/wal";

// Payloads by LSN.
using Records = std::map<std::uint64_t, std::string>;

void CheckPayload(std::string_view payload) {
  const auto decoded = arc::wal::DecodeRows(payload);
  if (!decoded.ok()) return;
  for (const auto& rows : decoded.value()) {
    const auto broken = arc::FindBrokenRule(rows.batch);
    Require(broken.empty(), broken);
  }
}

Records RecoverFrom(arc::testing::FaultyFileSystem& disk) {
  Records records;
  const auto recovered = arc::wal::Recover(
      disk, kFolder, arc::kLsnZero,
      [&](const arc::wal::RecoveredRecord& record) -> arc::Result<void> {
        const auto lsn = static_cast<std::uint64_t>(record.lsn);
        Require(records.emplace(lsn, record.payload).second, "a record came twice");
        CheckPayload(record.payload);
        return {};
      });
  // The only failure that bytes can cause: a format that is not ours yet.
  const auto error = recovered.ok() ? "" : LogText(recovered.error());
  Require(recovered.ok() || error.find("newer server") != std::string::npos, error);
  return records;
}

void Put(arc::testing::FaultyFileSystem& disk, const std::string& path, std::string_view bytes) {
  Require(disk.CreateDirectories(kFolder).ok(), "the folder");
  auto file = disk.Create(path).TakeValue();
  Require(file->Append(bytes).ok() && file->Sync().ok() && file->Close().ok(), "the file");
}

}  // namespace

extern "C" int LLVMFuzzerInitialize(int*, char***) {
  spdlog::set_level(spdlog::level::off);  // every damage is told otherwise
  return 0;
}

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto bytes = arc::fuzzing::TextOf(data, size);
  if (bytes.starts_with('R')) {
    CheckPayload(bytes.substr(1));
    return 0;
  }
  arc::testing::FaultyFileSystem disk;
  Put(disk, kFolder + "/" + arc::wal::SegmentName(1), bytes);
  const auto first = RecoverFrom(disk);
  Require(RecoverFrom(disk) == first, "a second recovery finds other records");
  return 0;
}
