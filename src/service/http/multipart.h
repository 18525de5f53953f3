// Finds the file inside a multipart/form-data body (RFC 7578, RFC 2046) where it lies, so that an
// import reads it in place.

#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "foundation/base/result.h"
#include "foundation/fs/file_system.h"
#include "service/http/message.h"

namespace arc::http {

struct MultipartFile {
  std::string filename;  // as the client says; empty when it does not. Never a path of ours.
  std::uint64_t offset = 0;
  std::uint64_t byte_count = 0;
  NamedValues fields;  // the other parts
};

// Whether a Content-Type says multipart/form-data. A body of any other type is the file itself.
bool IsMultipart(std::string_view content_type);

// Finds the part named "file" in `body`, the complete multipart body. Reads it once from start to
// end, 64 KiB at a time.
// Limits: 100 parts, 8 KiB of headers a part, 64 KiB a field.
// Fails with kInvalidInput on a body that is malformed, cut short, or has not exactly one "file";
// with kTooLarge past a limit.
Result<MultipartFile> FindMultipartFile(std::string_view content_type, fs::ReadFile& body);

}  // namespace arc::http
