#include "service/http/multipart.h"

#include <gmock/gmock.h>

#include <algorithm>
#include <string>

namespace arc::http {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Pair;

constexpr const char* kType = "multipart/form-data; boundary=\"b-1\"";

class StringFile : public fs::ReadFile {
 public:
  explicit StringFile(std::string bytes) : bytes_(std::move(bytes)) {}
  Result<std::size_t> ReadAt(std::uint64_t offset, std::span<char> target) override {
    if (offset >= bytes_.size()) return std::size_t{0};
    return bytes_.copy(target.data(), target.size(), offset);
  }
  std::uint64_t byte_count() const override { return bytes_.size(); }

 private:
  const std::string bytes_;
};

Result<MultipartFile> Find(const std::string& body, const char* type = kType) {
  StringFile file(body);
  return FindMultipartFile(type, file);
}

std::string Part(const std::string& disposition, const std::string& content) {
  return "--b-1\r\nContent-Disposition: form-data; " + disposition +
         "\r\nContent-Type: text/csv\r\n\r\n" + content + "\r\n";
}

TEST(Multipart, FindsTheFileInPlaceAndTheFields) {
  const std::string content = "a,b\r\n--b-\r\n1,2\r\n\r\n";
  const std::string body = "preamble\r\n" + Part("name=\"x\"", "1") +
                           Part("name=file; filename=\"da\\\"ta;1.csv\"", content) +
                           Part("name=\"empty\"", "") + "--b-1--\r\nepilogue";
  const auto found = Find(body);
  ASSERT_TRUE(found.ok()) << found.error().message;
  EXPECT_EQ(found.value().filename, "da\"ta;1.csv");
  EXPECT_EQ(body.substr(found.value().offset, found.value().byte_count), content);
  EXPECT_THAT(found.value().fields, ElementsAre(Pair("x", "1"), Pair("empty", "")));
}

TEST(Multipart, EveryPrefixIsRefused) {
  const std::string body = Part("name=\"x\"", "1") + Part("name=\"file\"", "data") + "--b-1--";
  ASSERT_TRUE(Find(body).ok());
  for (std::size_t size = 0; size < body.size(); size++) {
    const auto found = Find(body.substr(0, size));
    ASSERT_FALSE(found.ok()) << size;
    EXPECT_EQ(found.error().code, ErrorCode::kInvalidInput) << size;
  }
}

// The delimiter lies across the border of two windows of 64 KiB, at each possible place.
TEST(Multipart, DelimiterAcrossWindows) {
  for (std::size_t shift = 0; shift < 300; shift++) {
    const std::string content(131'072 - shift, '\r');
    const std::string body = Part("name=\"file\"", content) + "--b-1--\r\n";
    const auto found = Find(body);
    ASSERT_TRUE(found.ok()) << shift;
    EXPECT_EQ(found.value().byte_count, content.size()) << shift;
  }
}

TEST(Multipart, SaysWhatIsMissing) {
  const std::string file = Part("name=\"file\"", "data");
  const auto message = [](const std::string& body, const char* type = kType) {
    const auto found = Find(body, type);
    return found.ok() ? "found" : found.error().message;
  };
  EXPECT_THAT(message(file, "multipart/form-data"), HasSubstr("does not name a boundary"));
  EXPECT_THAT(message("data"), HasSubstr("does not occur"));
  EXPECT_THAT(message(file), HasSubstr("closing boundary is missing"));
  EXPECT_THAT(message(Part("name=\"x\"", "1") + "--b-1--"), HasSubstr("no field named file"));
  EXPECT_THAT(message(file + file + "--b-1--"), HasSubstr("more than one"));
  EXPECT_THAT(message(Part("filename=x", "1") + "--b-1--"), HasSubstr("has no name"));
  EXPECT_THAT(message("--b-1\r\nA: b\r\n\r\nx\r\n--b-1--"), HasSubstr("no Content-Disposition"));
  EXPECT_THAT(message("--b-1\r\nContent-Disposition: form-data; name=file\r\n"
                      "Content-Transfer-Encoding: base64\r\n\r\nx\r\n--b-1--"),
              HasSubstr("Content-Transfer-Encoding"));
}

TEST(Multipart, LimitsAreKept) {
  const std::string file = Part("name=\"file\"", "data");
  const auto code = [](const std::string& body) {
    const auto found = Find(body);
    return found.ok() ? ErrorCode::kInternal : found.error().code;
  };
  EXPECT_EQ(code(Part("name=\"x\"", std::string(70'000, 'x')) + file + "--b-1--"),
            ErrorCode::kTooLarge);
  EXPECT_EQ(code(Part("name=\"" + std::string(10'000, 'x') + "\"", "1") + file + "--b-1--"),
            ErrorCode::kTooLarge);
  std::string many;
  for (int i = 0; i < 101; i++) many += Part("name=\"x\"", "1");
  EXPECT_EQ(code(many + file + "--b-1--"), ErrorCode::kTooLarge);
}

TEST(Multipart, OtherTypesAreNotMultipart) {
  EXPECT_TRUE(IsMultipart("Multipart/Form-Data; boundary=x"));
  EXPECT_FALSE(IsMultipart("text/csv"));
  EXPECT_FALSE(IsMultipart(""));
}

}  // namespace
}  // namespace arc::http
