// Unpacks compressed request bodies.

#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "foundation/base/result.h"

namespace arc::ingest {

enum class BodyEncoding { kIdentity, kGzip, kZstd };

// Told by the first bytes, whatever the headers say: gzip 1f 8b, zstd 28 b5 2f fd, else identity.
// No line protocol begins with either; a MessagePack item never does.
BodyEncoding DetectEncoding(std::string_view body);

// The unpacked body, at most `bytes_max` bytes. Several gzip members, or zstd frames, one after the
// other are one body; identity is copied as it is.
// Memory: the limit holds while unpacking. At most 1.5 * bytes_max at once, and the window of a
// zstd
//         frame, which is refused above bytes_max (8 MiB are always allowed, 128 MiB never passed).
// Fails with kTooLarge beyond the limit, and with kInvalidInput when the body is damaged, cut short
// or followed by anything else. May be called from any thread.
Result<std::string> Inflate(std::string_view body, BodyEncoding encoding, std::size_t bytes_max);

}  // namespace arc::ingest
