// Rows from a text file, line protocol or TLE, decoded a piece at a time.

#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "data/imports/row_import.h"
#include "data/ingest/decoded_piece.h"
#include "foundation/base/result.h"
#include "foundation/fs/file_system.h"

namespace arc::imports {

// Memory: a piece of 4 MiB and its rows. A record may have up to 16 MiB; text that seems to be a
// longer record is decoded line by line.
class TextSource : public imports::RowSource {
 public:
  // Whether more of the file follows the text.
  enum class Rest : std::uint8_t { kNone, kFollows };
  using Decoder =
      std::function<ingest::DecodedPiece(std::string_view text, Rest rest, const SchemaSource&)>;

  // Reads the bytes [offset, offset + byte_count) of the file at `path`.
  static Result<std::unique_ptr<TextSource>> Open(fs::FileSystem& file_system,
                                                  const std::string& path, std::uint64_t offset,
                                                  std::uint64_t byte_count, Decoder decode);

  Result<std::optional<DecodedBody>> Next(const SchemaSource& schemas) override;

 private:
  TextSource(std::unique_ptr<fs::ReadFile> file, std::uint64_t offset, std::uint64_t end,
             Decoder decode)
      : file_(std::move(file)), offset_(offset), end_(end), decode_(std::move(decode)) {}
  Result<void> ReadMore();

  const std::unique_ptr<fs::ReadFile> file_;
  std::uint64_t offset_;  // of the next read
  const std::uint64_t end_;
  const Decoder decode_;
  std::string text_;  // read and not decoded yet
  std::uint64_t lines_before_ = 0;
};

}  // namespace arc::imports
