#include "service/http/multipart.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>

#include "foundation/text/ascii.h"

namespace arc::http {
namespace {

constexpr std::size_t kWindowBytes = 64 << 10;
constexpr std::size_t kPartHeaderBytesMax = 8 << 10;
constexpr std::uint64_t kFieldBytesMax = 64 << 10;
constexpr int kPartCountMax = 100;
constexpr std::size_t kBoundaryBytesMax = 70;  // RFC 2046, section 5.1.1

Error Malformed(std::string_view what) {
  return {ErrorCode::kInvalidInput, fmt::format("Malformed multipart body: {}", what)};
}

// Takes a token or a quoted string off the front of `text`. In quotes, a backslash escapes a quote
// or a backslash only: some clients send a Windows path as it is.
std::string TakeParameterValue(std::string_view& text) {
  std::string value;
  if (!text.starts_with('"')) {
    const auto end = std::min(text.find(';'), text.size());
    value = TrimSpaces(text.substr(0, end));
    text.remove_prefix(end);
    return value;
  }
  text.remove_prefix(1);
  while (!text.empty() && text[0] != '"') {
    const bool is_escape = text.starts_with("\\\"") || text.starts_with("\\\\");
    if (is_escape) text.remove_prefix(1);
    value += text[0];
    text.remove_prefix(1);
  }
  if (!text.empty()) text.remove_prefix(1);
  return value;
}

// The value of a parameter in `type; name=value; name="value"`.
std::optional<std::string> ParameterOf(std::string_view header_value, std::string_view name) {
  auto semicolon = header_value.find(';');
  while (semicolon != std::string_view::npos) {
    header_value.remove_prefix(semicolon + 1);
    const auto equals = std::min(header_value.find_first_of("=;"), header_value.size());
    const std::string_view found = TrimSpaces(header_value.substr(0, equals));
    header_value.remove_prefix(equals);
    if (header_value.starts_with('=')) {
      header_value = header_value.substr(1);
      std::string value = TakeParameterValue(header_value);
      if (EqualIgnoringCase(found, name)) return value;
    }
    semicolon = header_value.find(';');
  }
  return std::nullopt;
}

// Positions in the body, found and read through a window of bounded size.
class BodyScanner {
 public:
  explicit BodyScanner(fs::ReadFile& body) : body_(body) {}

  // At most `byte_count` bytes from `offset` on; fewer at the end. Valid until the next call.
  Result<std::string_view> ReadAt(std::uint64_t offset, std::size_t byte_count) {
    window_.resize(byte_count);
    const std::size_t read = TRY(body_.ReadAt(offset, window_));
    return std::string_view(window_).substr(0, read);
  }

  // The first position of `text` at or after `offset`.
  Result<std::optional<std::uint64_t>> Find(std::string_view text, std::uint64_t offset) {
    for (;;) {
      const std::string_view bytes = TRY(ReadAt(offset, kWindowBytes));
      const auto found = bytes.find(text);
      if (found != std::string_view::npos) return std::optional(offset + found);
      if (bytes.size() < kWindowBytes) return std::optional<std::uint64_t>();
      offset += bytes.size() - (text.size() - 1);  // it may straddle two windows
    }
  }

 private:
  fs::ReadFile& body_;
  std::string window_;
};

struct PartHeader {
  std::string name;
  std::string filename;
};

Result<PartHeader> ParsePartHeader(std::string_view lines) {
  std::optional<PartHeader> header;
  while (!lines.empty()) {
    const auto end = std::min(lines.find("\r\n"), lines.size());
    const std::string_view line = lines.substr(0, end);
    lines.remove_prefix(std::min(end + 2, lines.size()));
    const auto colon = line.find(':');
    if (colon == std::string_view::npos) return Malformed("a part's header line has no colon");
    const std::string_view name = TrimSpaces(line.substr(0, colon));
    const std::string_view value = TrimSpaces(line.substr(colon + 1));
    if (EqualIgnoringCase(name, "Content-Disposition")) {
      auto part_name = ParameterOf(value, "name");
      if (!part_name) return Malformed("a part's Content-Disposition has no name");
      header = PartHeader{std::move(*part_name), ParameterOf(value, "filename").value_or("")};
    } else if (EqualIgnoringCase(name, "Content-Transfer-Encoding") &&
               (EqualIgnoringCase(value, "base64") ||
                EqualIgnoringCase(value, "quoted-printable"))) {
      return Malformed("parts must be sent as they are, without a Content-Transfer-Encoding");
    }
  }
  if (!header) return Malformed("a part has no Content-Disposition");
  return *std::move(header);
}

// Reads parts one after the other.
//
//   body      = [ preamble CRLF ] "--" boundary *( part CRLF "--" boundary ) "--" [ epilogue ]
//   part      = *LWSP CRLF *( header CRLF ) CRLF content
class MultipartReader {
 public:
  MultipartReader(fs::ReadFile& body, const std::string& boundary)
      : scanner_(body), delimiter_("\r\n--" + boundary) {}

  Result<MultipartFile> Read();

 private:
  Result<void> SkipPreamble();
  // False after the last part; otherwise `position_` is where a part's header starts.
  Result<bool> StartPart();
  Result<PartHeader> ReadHeader();
  Result<void> ReadContent(PartHeader header);

  BodyScanner scanner_;
  const std::string delimiter_;
  std::uint64_t position_ = 0;
  MultipartFile result_;
  bool has_file_ = false;
};

Result<MultipartFile> MultipartReader::Read() {
  TRY(SkipPreamble());
  int part_count = 0;
  while (TRY(StartPart())) {
    if (++part_count > kPartCountMax) {
      return Error{ErrorCode::kTooLarge,
                   fmt::format("The multipart body has more than {} parts", kPartCountMax)};
    }
    auto header = TRY(ReadHeader());
    TRY(ReadContent(std::move(header)));
  }
  if (!has_file_) return Error{ErrorCode::kInvalidInput, "The form has no field named file"};
  return std::move(result_);
}

Result<void> MultipartReader::SkipPreamble() {
  const std::string_view first_line = std::string_view(delimiter_).substr(2);
  if (TRY(scanner_.ReadAt(0, first_line.size())) == first_line) {
    position_ = first_line.size();
    return {};
  }
  const auto found = TRY(scanner_.Find(delimiter_, 0));
  if (!found) return Malformed("the boundary of its Content-Type does not occur");
  position_ = *found + delimiter_.size();
  return {};
}

Result<bool> MultipartReader::StartPart() {
  std::string_view line = TRY(scanner_.ReadAt(position_, kPartHeaderBytesMax));
  if (line.starts_with("--")) return false;
  const auto end = std::min(line.find_first_not_of(" \t"), line.size());
  line.remove_prefix(end);
  if (!line.starts_with("\r\n")) return Malformed("a boundary is not followed by a line break");
  position_ += end + 2;
  return true;
}

Result<PartHeader> MultipartReader::ReadHeader() {
  const std::string_view bytes = TRY(scanner_.ReadAt(position_, kPartHeaderBytesMax));
  const auto end = bytes.find("\r\n\r\n");
  if (end != std::string_view::npos) {
    position_ += end + 4;
    return ParsePartHeader(bytes.substr(0, end));
  }
  if (bytes.size() < kPartHeaderBytesMax) return Malformed("it ends within a part's header");
  return Error{ErrorCode::kTooLarge,
               fmt::format("A part's header is larger than {} bytes", kPartHeaderBytesMax)};
}

Result<void> MultipartReader::ReadContent(PartHeader header) {
  // The line break before the delimiter belongs to it; an empty content shares the header's.
  const auto end = TRY(scanner_.Find(delimiter_, position_ - 2));
  if (!end) return Malformed("the closing boundary is missing");
  const std::uint64_t begin = std::min(position_, *end);
  const std::uint64_t byte_count = *end - begin;
  position_ = *end + delimiter_.size();
  if (header.name == "file") {
    if (has_file_) return Malformed("it has more than one field named file");
    has_file_ = true;
    result_.filename = std::move(header.filename);
    result_.offset = begin;
    result_.byte_count = byte_count;
    return {};
  }
  if (byte_count > kFieldBytesMax) {
    return Error{ErrorCode::kTooLarge, fmt::format("The form's field {} is larger than {} bytes",
                                                   header.name, kFieldBytesMax)};
  }
  const std::string_view value = TRY(scanner_.ReadAt(begin, byte_count));
  if (value.size() != byte_count) return Malformed("it is cut short");
  result_.fields.emplace_back(std::move(header.name), value);
  return {};
}

}  // namespace

bool IsMultipart(std::string_view content_type) {
  const std::string_view type = content_type.substr(0, content_type.find(';'));
  return EqualIgnoringCase(TrimSpaces(type), "multipart/form-data");
}

Result<MultipartFile> FindMultipartFile(std::string_view content_type, fs::ReadFile& body) {
  const auto boundary = ParameterOf(content_type, "boundary");
  if (!boundary || boundary->empty()) {
    return Malformed("its Content-Type does not name a boundary");
  }
  if (boundary->size() > kBoundaryBytesMax) {
    return Malformed("its boundary is longer than 70 characters");
  }
  return MultipartReader(body, *boundary).Read();
}

}  // namespace arc::http
