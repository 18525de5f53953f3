#include "service/api/uploaded_file.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <string_view>
#include <utility>
#include <vector>

#include "data/ingest/inflate/stream_inflater.h"
#include "service/api/request_parameters.h"
#include "service/http/multipart.h"

namespace arc::api {
namespace {

constexpr std::size_t kReadBytes = 256 * 1024;
// What http removes at the next start if this process does not.
constexpr std::string_view kUnpackedSuffix = ".unpacked.spool";

Result<ingest::BodyEncoding> EncodingAt(fs::ReadFile& file, std::uint64_t offset,
                                        std::uint64_t byte_count) {
  std::array<char, 4> magic{};
  const auto wanted = std::min<std::uint64_t>(magic.size(), byte_count);
  const auto count = TRY(file.ReadAt(offset, std::span(magic).first(wanted)));
  return ingest::DetectEncoding({magic.data(), count});
}

// Unpacks a part of `packed` into `unpacked`.
Result<void> UnpackInto(fs::ReadFile& packed, std::uint64_t offset, std::uint64_t byte_count,
                        ingest::StreamInflater& inflater, std::uint64_t bytes_max,
                        fs::AppendFile& unpacked) {
  const auto sink = [&](std::string_view bytes) -> Result<void> {
    if (unpacked.bytes_written() + bytes.size() > bytes_max) {
      return Error{
          ErrorCode::kTooLarge,
          fmt::format("the file unpacks to more than {} bytes (import.max_file_size)", bytes_max)};
    }
    return unpacked.Append(bytes);
  };
  std::vector<char> buffer(kReadBytes);
  for (std::uint64_t done = 0; done < byte_count;) {
    const auto wanted = std::min<std::uint64_t>(buffer.size(), byte_count - done);
    const auto count = TRY(packed.ReadAt(offset + done, std::span(buffer).first(wanted)));
    if (count == 0) return Invalid("the file is cut short");
    TRY(inflater.Add({buffer.data(), count}, sink));
    done += count;
  }
  return inflater.Finish();
}

}  // namespace

Result<UploadedFile> UploadedFile::Find(const http::Request& request, fs::FileSystem& file_system,
                                        std::uint64_t bytes_max) {
  if (request.spooled == nullptr) return Invalid("the request carries no file");
  UploadedFile file(request.spooled->path(), 0, request.spooled->byte_count());
  const auto content_type = request.HeaderValue("content-type");
  if (http::IsMultipart(content_type)) {
    const auto body = TRY(file_system.Open(file.path_));
    const auto part = TRY(http::FindMultipartFile(content_type, *body));
    file.offset_ = part.offset;
    file.byte_count_ = part.byte_count;
  }
  if (file.byte_count_ == 0) return Invalid("the file is empty");
  TRY(file.Unpack(file_system, bytes_max));
  return file;
}

Result<void> UploadedFile::Unpack(fs::FileSystem& file_system, std::uint64_t bytes_max) {
  const auto packed = TRY(file_system.Open(path_));
  const auto encoding = TRY(EncodingAt(*packed, offset_, byte_count_));
  if (encoding == ingest::BodyEncoding::kIdentity) return {};
  const auto path = fmt::format("{}{}", path_, kUnpackedSuffix);
  const auto unpacked = TRY(file_system.Create(path));
  unpacked_ = std::make_unique<http::SpooledBody>(file_system, path);
  const auto inflater = ingest::MakeStreamInflater(encoding);
  TRY(UnpackInto(*packed, offset_, byte_count_, *inflater, bytes_max, *unpacked));
  path_ = path;
  offset_ = 0;
  byte_count_ = unpacked->bytes_written();
  TRY(unpacked->Close());
  return byte_count_ > 0 ? Result<void>() : Invalid("the file is empty");
}

}  // namespace arc::api
