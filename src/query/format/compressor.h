// Compresses a stream of bytes for a client that accepts it.

#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace arc::format {

enum class Coding { kZstd, kGzip };

// The best coding that an Accept-Encoding header (RFC 9110, 12.5.3) allows; nothing for plain
// bytes.
std::optional<Coding> ChooseCoding(std::string_view accept_encoding);

// The word for Content-Encoding.
std::string_view NameOf(Coding coding);

// One stream. Memory: about 300 KiB for gzip, 1 MiB for zstd.
class Compressor {
 public:
  enum class Flush {
    kPiece,  // a reader can unpack everything added so far
    kEnd,
  };

  virtual ~Compressor() = default;
  // Appends to `out`.
  virtual void Add(std::string_view bytes, Flush flush, std::string& out) = 0;
};

std::unique_ptr<Compressor> MakeCompressor(Coding coding);

}  // namespace arc::format
