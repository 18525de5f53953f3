// Shows the bytes of the log to a person: headers, groups, records, and what is damaged. Changes
// nothing, so it may run beside a server (whose last group it may then see half written).

#pragma once

#include <functional>
#include <string>
#include <string_view>

#include "data/wal/log_record.h"
#include "foundation/base/result.h"
#include "foundation/fs/file_system.h"

namespace arc::wal {

// One line, without a line feed; valid during the call.
using DumpSink = std::function<void(std::string_view line)>;
// Called after the line of each sound record, to show its payload; may be empty.
using DumpPayload = std::function<void(const RecoveredRecord&, const DumpSink&)>;

// `path`: a segment, a checkpoint, or a folder of them. Damage is a line, not a failure; fails when
// a file cannot be read or is none of ours. Marks are not shown.
Result<void> Dump(fs::FileSystem& file_system, const std::string& path, const DumpSink& sink,
                  const DumpPayload& payload = {});

}  // namespace arc::wal
