#include "service/cli/http_client.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>

#include "service/cli/fake_server.h"

namespace arc::cli {
namespace {

using ::testing::AllOf;
using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::MatchesRegex;
using ::testing::StartsWith;

// More than the buffers of a connection hold.
constexpr std::size_t kLargeBodyBytes = 16 << 20;

Result<HttpAnswer> Post(const FakeServer& server, RequestBody& body, HttpOptions options = {}) {
  return SendHttpRequest(server.url(), {"POST", "/x?y=1", {{"Name", "value"}}}, body, options);
}

Result<HttpAnswer> PostText(const FakeServer& server, std::string text, HttpOptions options = {}) {
  TextBody body(std::move(text));
  return Post(server, body, options);
}

TEST(HttpClientTest, SendsTheRequestAndReadsTheAnswer) {
  FakeServer server({.answer = HttpText("200 OK", "hello")});
  const auto answer = PostText(server, "a body");
  ASSERT_TRUE(answer.ok()) << answer.error().message;
  EXPECT_EQ(answer.value().status, 200);
  EXPECT_EQ(answer.value().body, "hello");
  EXPECT_THAT(server.TakeRequest(),
              AllOf(StartsWith("POST /x?y=1 HTTP/1.1\r\nHost: 127.0.0.1:"),
                    HasSubstr("\r\nName: value\r\n"), HasSubstr("\r\nContent-Length: 6\r\n"),
                    EndsWith("\r\n\r\na body")));
}

TEST(HttpClientTest, ALargeBodyArrivesWhole) {
  FakeServer server({.answer = HttpText("200 OK", "")});
  std::string text;
  while (text.size() < 8 << 20) text += std::to_string(text.size()) + std::string(100, ' ');
  std::uint64_t last_progress = 0;
  HttpOptions options;
  options.on_progress = [&](std::uint64_t sent) {
    EXPECT_GE(sent, last_progress);
    last_progress = sent;
  };
  ASSERT_TRUE(PostText(server, text, options).ok());
  const auto request = server.TakeRequest();
  EXPECT_TRUE(request.ends_with("\r\n\r\n" + text));
  EXPECT_EQ(last_progress, text.size());
}

TEST(HttpClientTest, ReadsChunkedAnswersAndAnswersWithoutALength) {
  FakeServer chunked({.answer = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
                                "3\r\nabc\r\n2\r\nde\r\n0\r\nTrailer: x\r\n\r\n"});
  EXPECT_EQ(PostText(chunked, "").value().body, "abcde");
  FakeServer until_closed({.answer = "HTTP/1.1 200 OK\r\n\r\nto the end"});
  EXPECT_EQ(PostText(until_closed, "").value().body, "to the end");
}

TEST(HttpClientTest, AnAnswerThatComesEarlyIsTakenWhenTheServerCloses) {
  for (int i = 0; i < 10; ++i) {
    FakeServer server(
        {.answer = HttpText("413 Payload Too Large", "too big"), .body_bytes_read_max = 100'000});
    const auto answer = PostText(server, std::string(kLargeBodyBytes, 'x'));
    ASSERT_TRUE(answer.ok()) << answer.error().message;
    EXPECT_EQ(answer.value().status, 413);
    EXPECT_EQ(answer.value().body, "too big");
  }
}

TEST(HttpClientTest, AnAnswerThatComesEarlyIsTakenWhenTheServerOnlyStopsReading) {
  FakeServer server({.answer = HttpText("413 Payload Too Large", "too big"),
                     .body_bytes_read_max = 0,
                     .closes_after_answer = false});
  const auto answer = PostText(server, std::string(kLargeBodyBytes, 'x'));
  ASSERT_TRUE(answer.ok()) << answer.error().message;
  EXPECT_EQ(answer.value().status, 413);
}

TEST(HttpClientTest, ASilentServerIsGivenUp) {
  FakeServer server({.answer = ""});
  HttpOptions options;
  options.silence_timeout = std::chrono::milliseconds(1);
  const auto answer = PostText(server, "x", options);
  ASSERT_FALSE(answer.ok());
  EXPECT_EQ(answer.error().code, ErrorCode::kDeadlinePassed);
}

TEST(HttpClientTest, EveryCutAnswerIsAnError) {
  const std::string whole = HttpText("200 OK", "body");
  for (std::size_t bytes = 1; bytes < whole.size(); ++bytes) {
    FakeServer server({.answer = whole.substr(0, bytes)});
    const auto answer = PostText(server, "x");
    ASSERT_FALSE(answer.ok()) << bytes;
    EXPECT_EQ(answer.error().message, "the server closed the connection without a full answer");
  }
}

TEST(HttpClientTest, AConnectionThatBreaksDuringTheUploadSaysHowFarItCame) {
  FakeServer server({.answer = "HTTP/1.1 ", .body_bytes_read_max = 0});
  const auto answer = PostText(server, std::string(kLargeBodyBytes, 'x'));
  ASSERT_FALSE(answer.ok());
  EXPECT_THAT(answer.error().message,
              MatchesRegex("the server closed the connection after [0-9]+ of 16777216 bytes .*"));
}

TEST(HttpClientTest, SomethingElseThanHttpIsAnError) {
  FakeServer server({.answer = "SSH-2.0-OpenSSH_9.2\r\n\r\n"});
  EXPECT_THAT(PostText(server, "").error().message, HasSubstr("did not answer in HTTP"));
}

TEST(HttpClientTest, AnAnswerOverTheLimitIsAnError) {
  FakeServer server({.answer = HttpText("200 OK", std::string(1001, 'x'))});
  HttpOptions options;
  options.answer_bytes_max = 1000;
  EXPECT_EQ(PostText(server, "", options).error().code, ErrorCode::kTooLarge);
}

TEST(HttpClientTest, NobodyListens) {
  ServerUrl url;
  {
    const FakeServer server({.answer = ""});
    url = server.url();
  }
  TextBody body("");
  const auto answer = SendHttpRequest(url, {"GET", "/"}, body, {});
  ASSERT_FALSE(answer.ok());
  EXPECT_EQ(answer.error().message,
            "cannot connect to http://" + url.Authority() + ": Connection refused");
}

TEST(HttpClientTest, AHeaderCannotSmuggleAnother) {
  TextBody body("");
  const auto answer =
      SendHttpRequest({.host = "127.0.0.1"}, {"GET", "/", {{"A", "secret\r\nB: c"}}}, body, {});
  ASSERT_FALSE(answer.ok());
  EXPECT_EQ(answer.error().message, "the value of the header A contains a control character");
}

class FileUploadTest : public ::testing::Test {
 protected:
  ~FileUploadTest() override { std::filesystem::remove(path_); }
  void WriteFile(const std::string& text) { std::ofstream(path_) << text; }

  const std::filesystem::path path_ =
      std::filesystem::path(::testing::TempDir()) / ("up\"load" + std::to_string(getpid()));
};

TEST_F(FileUploadTest, SendsTheFileAsAPartOfAForm) {
  WriteFile("a,b\n1,2\n");
  FakeServer server({.answer = HttpText("200 OK", "")});
  const auto body = FileUploadBody::Open(path_).TakeValue();
  const std::string boundary =
      "--" + body->content_type().substr(body->content_type().find('=') + 1);
  ASSERT_TRUE(Post(server, *body).ok());
  EXPECT_THAT(server.TakeRequest(),
              EndsWith("\r\n\r\n" + boundary +
                       "\r\nContent-Disposition: form-data; name=\"file\"; filename=\"up%22load" +
                       std::to_string(getpid()) +
                       "\"\r\nContent-Type: application/octet-stream\r\n\r\na,b\n1,2\n\r\n" +
                       boundary + "--\r\n"));
}

TEST_F(FileUploadTest, ReadsTheSameThroughAnyBuffer) {
  WriteFile("0123456789");
  for (const std::size_t buffer_bytes : {1, 7, 1000}) {
    const auto body = FileUploadBody::Open(path_).TakeValue();
    std::string all;
    std::string buffer(buffer_bytes, 0);
    for (std::size_t count = 1; count > 0; all += buffer.substr(0, count)) {
      count = body->Read(buffer).TakeValue();
    }
    EXPECT_EQ(all.size(), body->size_bytes());
    EXPECT_THAT(all, HasSubstr("\r\n\r\n0123456789\r\n--"));
  }
}

TEST_F(FileUploadTest, AFileThatBecomesShorterIsAnError) {
  WriteFile("0123456789");
  const auto body = FileUploadBody::Open(path_).TakeValue();
  WriteFile("");
  FakeServer server({.answer = ""});
  const auto answer = Post(server, *body);
  ASSERT_FALSE(answer.ok());
  EXPECT_THAT(answer.error().message, HasSubstr("became shorter"));
}

TEST_F(FileUploadTest, OnlyFilesCanBeSent) {
  EXPECT_THAT(FileUploadBody::Open("/does/not/exist").error().message, HasSubstr("not exist"));
  EXPECT_THAT(FileUploadBody::Open("/tmp").error().message, HasSubstr("is not a file"));
}

}  // namespace
}  // namespace arc::cli
