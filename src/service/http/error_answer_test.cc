#include "service/http/error_answer.h"

#include <gtest/gtest.h>

#include "service/http/request_log.h"
#include "service/http/responder.h"
#include "service/http/response_head.h"

namespace arc::http {
namespace {

TEST(ErrorAnswer, MessageGoesToTheClientAndDetailToTheLog) {
  const Response response =
      ErrorAnswer(Error{ErrorCode::kStorageFailed, "cannot \"write\"", "/secret/path: EIO"});
  EXPECT_EQ(response.status, 500);
  EXPECT_EQ(response.content_type, "application/json");
  EXPECT_EQ(response.body, R"({"error":"cannot \"write\""})");
  EXPECT_EQ(response.log_detail, "/secret/path: EIO");
}

TEST(ErrorAnswer, OverloadSaysWhenToRetry) {
  const Response response = ErrorAnswer(Error{ErrorCode::kOverloaded, "full"});
  EXPECT_EQ(response.status, 503);
  ASSERT_EQ(response.headers.size(), 1u);
  EXPECT_EQ(response.headers[0].name, "Retry-After");
  EXPECT_EQ(response.headers[0].value, "1");
}

std::string InfluxHeaderOf(const Response& response) {
  for (const auto& header : response.headers) {
    if (header.name == "X-Influxdb-Error") return header.value;
  }
  return "none";
}

TEST(AddInfluxError, SaysTheErrorInTheWordsOfBothVersions) {
  auto response = ErrorAnswer(Error{ErrorCode::kTooLarge, "too \"much\"\r\nX: y \u00e9"});
  AddInfluxError(response);
  EXPECT_EQ(response.body, R"({"error":"too \"much\"\r\nX: y é","code":"request too large",)"
                           R"("message":"too \"much\"\r\nX: y é"})");
  EXPECT_EQ(InfluxHeaderOf(response), "too \"much\"??X: y ?");
  const auto body = response.body;
  AddInfluxError(response);
  EXPECT_EQ(response.body, body) << "once is enough";
}

TEST(AddInfluxError, HeadersAreShort) {
  auto response = ErrorAnswer(Error{ErrorCode::kInvalidInput, std::string(5000, 'x')});
  AddInfluxError(response);
  EXPECT_EQ(InfluxHeaderOf(response).size(), 1024u);
}

TEST(AddInfluxError, KeepsAccessControlsShape) {
  auto response = AccessErrorAnswer(Error{ErrorCode::kForbidden, "no"});
  AddInfluxError(response);
  EXPECT_EQ(response.body, R"({"success":false,"error":"no","code":"forbidden","message":"no"})");
  Response other{.status = 400, .body = "text"};
  AddInfluxError(other);
  EXPECT_EQ(other.body, "text");
}

TEST(ErrorAnswer, StatusesOfTheContract) {
  EXPECT_EQ(HttpStatus(ErrorCode::kInvalidInput), 400);
  EXPECT_EQ(HttpStatus(ErrorCode::kTooLarge), 413);
  EXPECT_EQ(HttpStatus(ErrorCode::kUnprocessable), 422);
  EXPECT_EQ(HttpStatus(ErrorCode::kCancelled), 503);
  EXPECT_EQ(HttpStatus(ErrorCode::kDeadlinePassed), 504);
}

TEST(RequestLog, ErrorTextIsTheBodysErrorOnly) {
  EXPECT_EQ(ErrorTextOf(R"({"success":false,"error":"a \"b\"","rows":[1]})"), R"(a \"b\")");
  EXPECT_EQ(ErrorTextOf("plain text"), "");
  EXPECT_EQ(ErrorTextOf(R"({"error":"cut)"), "cut");
  EXPECT_EQ(ErrorTextOf("{\"error\":\"" + std::string(500, 'x') + "\"}").size(), 200u);
  EXPECT_EQ(ErrorTextOf("{\"error\":\"cut\\"), "cut\\");
}

TEST(ResponseHead, LineBreaksInAValueCannotStartAHeader) {
  const Response response{.status = 200, .headers = {{"X-Name", "a\r\nSet-Cookie: b"}}};
  const std::string head =
      ResponseHead(response, AfterResponse::kKeepAlive, BodyEnd::kLength, Scheme::kHttp, 0);
  EXPECT_NE(head.find("X-Name: a  Set-Cookie: b\r\n"), std::string::npos);
}

TEST(ResponseHead, DateAndLength) {
  const std::string head = ResponseHead({.status = 404, .body = "four"}, AfterResponse::kClose,
                                        BodyEnd::kLength, Scheme::kHttp, 784'111'777);
  EXPECT_TRUE(head.starts_with("HTTP/1.1 404 Not Found\r\n"));
  EXPECT_NE(head.find("Date: Sun, 06 Nov 1994 08:49:37 GMT\r\n"), std::string::npos);
  EXPECT_NE(head.find("Content-Length: 4\r\n"), std::string::npos);
  EXPECT_NE(head.find("Connection: close\r\n"), std::string::npos);
  EXPECT_TRUE(head.ends_with("\r\n\r\n"));
}

TEST(ResponseHead, OnlyAnswersUnderTlsAskForTls) {
  const auto head_by = [](Scheme scheme) {
    return ResponseHead({.status = 204}, AfterResponse::kKeepAlive, BodyEnd::kLength, scheme, 0);
  };
  constexpr std::string_view header =
      "Strict-Transport-Security: max-age=31536000; includeSubDomains\r\n";
  EXPECT_NE(head_by(Scheme::kHttps).find(header), std::string::npos);
  EXPECT_EQ(head_by(Scheme::kHttp).find("Strict-Transport"), std::string::npos);
}

TEST(Responder, AnswersWith500WhenDropped) {
  int calls = 0;
  Response got;
  {
    Responder first([&](Response response) {
      calls++;
      got = std::move(response);
    });
    const Responder second(std::move(first));
  }
  EXPECT_EQ(calls, 1);
  EXPECT_EQ(got.status, 500);
}

TEST(ResponderDeathTest, SecondAnswerIsABug) {
  Responder responder([](Response) {});
  responder.Send({});
  EXPECT_DEATH(responder.Send({}), "BUG: a request was answered twice");
}

}  // namespace
}  // namespace arc::http
