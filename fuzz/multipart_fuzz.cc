// Multipart bodies: the file that is found lies within the body and is what the body says.

#include "foundation/fs/file_system.h"
#include "fuzzing.h"
#include "service/http/multipart.h"

namespace {

class BytesFile : public arc::fs::ReadFile {
 public:
  explicit BytesFile(std::string_view bytes) : bytes_(bytes) {}
  arc::Result<std::size_t> ReadAt(std::uint64_t offset, std::span<char> target) override {
    if (offset >= bytes_.size()) return std::size_t{0};
    return bytes_.substr(offset).copy(target.data(), target.size());
  }
  std::uint64_t byte_count() const override { return bytes_.size(); }

 private:
  const std::string_view bytes_;
};

}  // namespace

// The first line is the Content-Type, the rest the body.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto text = arc::fuzzing::TextOf(data, size);
  const auto newline = text.find('\n');
  if (newline == std::string_view::npos) return 0;
  const auto content_type = text.substr(0, newline);
  const auto body = text.substr(newline + 1);
  if (!arc::http::IsMultipart(content_type)) return 0;
  BytesFile file(body);
  const auto found = arc::http::FindMultipartFile(content_type, file);
  if (!found.ok()) return 0;
  const auto& part = found.value();
  arc::fuzzing::Require(part.offset + part.byte_count <= body.size(), "a part beyond the body");
  // A boundary ends it, and none is within.
  arc::fuzzing::Require(body.substr(part.offset + part.byte_count).starts_with("\r\n--"),
                        "a part that no boundary ends");
  return 0;
}
