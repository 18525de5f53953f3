// Unpacks compressed request bodies.

#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "foundation/base/result.h"

namespace arc::ingest {

enum class BodyEncoding { kIdentity, kGzip, kZstd };

// The first bytes decide, whatever the headers say: gzip 1f 8b, zstd 28 b5 2f fd, else identity.
// Neither line protocol nor a MessagePack body begins with these bytes.
BodyEncoding DetectEncoding(std::string_view body);

// The unpacked body, at most `bytes_max` bytes. Several gzip members, or zstd frames, one after the
// other are one body; identity is copied as it is.
//
// Memory: at most 1.5 * bytes_max at any moment, and the window of a zstd frame. A window above
// bytes_max is refused (8 MiB are always allowed, and never more than 128 MiB).
// Fails with kTooLarge beyond the limit, and with kInvalidInput when the body is damaged, cut short
// or followed by anything else. May be called from any thread.
Result<std::string> Inflate(std::string_view body, BodyEncoding encoding, std::size_t bytes_max);

}  // namespace arc::ingest
