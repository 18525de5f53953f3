// Unpacks a file of any size, a piece at a time.

#pragma once

#include <functional>
#include <memory>
#include <string_view>

#include "data/ingest/inflate/inflate.h"
#include "foundation/base/result.h"

namespace arc::ingest {

// One stream: gzip members, or zstd frames, one after the other.
// Threads: one. Memory: 64 KiB and the format's window (gzip 32 KiB, zstd up to 128 MiB).
class StreamInflater {
 public:
  // Takes the unpacked bytes in order, at most 64 KiB at a time; its failure ends the unpacking.
  using Sink = std::function<Result<void>(std::string_view bytes)>;

  virtual ~StreamInflater() = default;
  // Fails with kInvalidInput when the bytes are damaged, or as the sink does.
  virtual Result<void> Add(std::string_view packed, const Sink& sink) = 0;
  // To be called at the end. Fails with kInvalidInput when the stream is cut short.
  virtual Result<void> Finish() = 0;
};

// Requires: not kIdentity.
std::unique_ptr<StreamInflater> MakeStreamInflater(BodyEncoding encoding);

}  // namespace arc::ingest
