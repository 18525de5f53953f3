// A text file as rows: line protocol or TLE, decoded a piece at a time.

#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "api/uploaded_file.h"
#include "base/result.h"
#include "fs/file_system.h"
#include "ingest/decoded_piece.h"
#include "storage/row_import.h"

namespace arc::api {

// Memory: a piece of 4 MiB and what it decodes to. A record may have 16 MiB; what is longer is not
// read as one.
class TextSource : public storage::RowSource {
 public:
  // Whether more of the file follows what is to be decoded.
  enum class Rest : std::uint8_t { kNone, kFollows };
  using Decoder =
      std::function<ingest::DecodedPiece(std::string_view text, Rest rest, const SchemaSource&)>;

  // `file` outlives this.
  static Result<std::unique_ptr<TextSource>> Open(const UploadedFile& file,
                                                  fs::FileSystem& file_system, Decoder decode);

  Result<std::optional<DecodedBody>> Next(const SchemaSource& schemas) override;

 private:
  TextSource(std::unique_ptr<fs::ReadFile> file, std::uint64_t offset, std::uint64_t end,
             Decoder decode)
      : file_(std::move(file)), offset_(offset), end_(end), decode_(std::move(decode)) {}
  Result<void> ReadMore();

  const std::unique_ptr<fs::ReadFile> file_;
  std::uint64_t offset_;  // of what is read next
  const std::uint64_t end_;
  const Decoder decode_;
  std::string text_;  // read and not decoded
  std::uint64_t lines_before_ = 0;
};

}  // namespace arc::api
