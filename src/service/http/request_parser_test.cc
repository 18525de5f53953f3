#include "service/http/request_parser.h"

#include <gtest/gtest.h>

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "foundation/base/check.h"

namespace arc::http {
namespace {

using Progress = RequestParser::Progress;

constexpr std::size_t kHeaderBytesMax = 1024;

class Collected : public BodySink {
 public:
  Result<void> Append(std::string_view piece) override {
    bytes += piece;
    return {};
  }
  Result<void> Finish(Request&) override { return {}; }
  std::string bytes;
};

struct Outcome {
  Progress progress = Progress::kNeedMore;
  std::string body;
  std::size_t unread_bytes = 0;
  int status = 0;  // when failed
};

Outcome ParsePieces(const std::vector<std::string_view>& pieces) {
  RequestParser parser(kHeaderBytesMax);
  boost::beast::flat_buffer input;
  Collected sink;
  Outcome outcome;
  for (const auto piece : pieces) {
    const auto target = input.prepare(piece.size());
    std::copy(piece.begin(), piece.end(), static_cast<char*>(target.data()));
    input.commit(piece.size());
    if (outcome.progress == Progress::kDone) continue;
    outcome.progress = parser.ReadHeader(input);
    if (outcome.progress == Progress::kDone && !parser.is_done()) {
      outcome.progress = parser.ReadBody(input, sink);
    }
    if (outcome.progress == Progress::kFailed) {
      outcome.status = parser.TakeFailure().status;
      return outcome;
    }
  }
  outcome.body = sink.bytes;
  outcome.unread_bytes = input.size();
  return outcome;
}

// Feeds the bytes in two pieces, split at `cut`.
Outcome Parse(std::string_view bytes, std::size_t cut) {
  return ParsePieces({bytes.substr(0, cut), bytes.substr(cut)});
}

const char* const kChunked =
    "\r\nPOST /a HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: Chunked\r\n\r\n"
    "5;name=value\r\nhello\r\n1\r\n \r\nA\r\n0123456789\r\n0\r\nTrailer: t\r\n\r\nGET ";

TEST(RequestParser, CutAtEveryByte) {
  const std::string_view bytes = kChunked;
  for (std::size_t cut = 0; cut <= bytes.size(); cut++) {
    const Outcome outcome = Parse(bytes, cut);
    EXPECT_EQ(outcome.progress, Progress::kDone) << cut;
    EXPECT_EQ(outcome.body, "hello 0123456789") << cut;
    EXPECT_EQ(outcome.unread_bytes, 4u) << cut;  // the next request
  }
}

TEST(RequestParser, ByteByByte) {
  for (const std::string_view bytes :
       {std::string_view(kChunked),
        std::string_view("GET / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n"
                         "0\r\n\r\n")}) {
    std::vector<std::string_view> pieces;
    for (std::size_t at = 0; at < bytes.size(); at++) pieces.push_back(bytes.substr(at, 1));
    EXPECT_EQ(ParsePieces(pieces).progress, Progress::kDone) << bytes;
  }
}

TEST(RequestParser, EveryPrefixNeedsMore) {
  const std::string_view bytes(kChunked, std::string_view(kChunked).size() - 4);
  for (std::size_t size = 0; size < bytes.size(); size++) {
    EXPECT_EQ(Parse(bytes.substr(0, size), 0).progress, Progress::kNeedMore) << size;
  }
}

TEST(RequestParser, ContentLengthBodyCutAtEveryByte) {
  const std::string_view bytes = "PUT / HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\nhelloXX";
  for (std::size_t cut = 0; cut <= bytes.size(); cut++) {
    const Outcome outcome = Parse(bytes, cut);
    EXPECT_EQ(outcome.progress, Progress::kDone) << cut;
    EXPECT_EQ(outcome.body, "hello") << cut;
    EXPECT_EQ(outcome.unread_bytes, 2u) << cut;
  }
}

TEST(RequestParser, RefusesWhatCouldBeReadInTwoWays) {
  const char* const kHeaders[] = {
      "Host: x\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n",
      "Host: x\r\nTransfer-Encoding: chunked\r\nContent-Length: 5\r\n",
      "Host: x\r\nContent-Length: 5\r\nContent-Length: 6\r\n",
      "Host: x\r\nContent-Length: 5, 6\r\n",
      "Host: x\r\nContent-Length: +5\r\n",
      "Host: x\r\nContent-Length: -5\r\n",
      "Host: x\r\nContent-Length: 5 5\r\n",
      "Host: x\r\nContent-Length: 0x5\r\n",
      "Host: x\r\nContent-Length:\r\n",
      "Host: x\r\nContent-Length: 18446744073709551616\r\n",
      "Host: x\r\nTransfer-Encoding: gzip\r\n",
      "Host: x\r\nTransfer-Encoding: gzip, chunked\r\n",
      "Host: x\r\nTransfer-Encoding: chunked, identity\r\n",
      "Host: x\r\nTransfer-Encoding: xchunked\r\n",
      "Host: x\r\nTransfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n",
      "Host: x\r\nTransfer-Encoding : chunked\r\n",
      "Host: x\r\n Transfer-Encoding: chunked\r\n",
      "Host: x\r\nTransfer-Encoding:\r\n chunked\r\n",
      "Host: x\r\nTransfer-Encoding:\r\n\tchunked\r\n",
      "Host: x\r\nContent-Length:\r\n 5\r\n",
      "Host: x\r\nContent-Length: 5\r\n \r\n",
      "Host: x\r\nX: a\r\n b\r\n",
      "Host: x\r\nX: a\r\n \r\n",
      " Host: x\r\n",
      "Host: x\r\nTransfer-Encoding: \x0b"
      "chunked\r\n",
      "Host: x\r\nNo colon\r\n",
      "Host: x\nContent-Length: 5\r\n",
      "Host: x\r\nContent-Length: 5\n\r\n",
      "Host: x\r\nName: a\rb\r\n",
      "Host: x\r\nHost: y\r\n",
      "",
  };
  for (const char* headers : kHeaders) {
    const auto bytes = "POST / HTTP/1.1\r\n" + std::string(headers) + "\r\n0\r\n\r\n";
    const Outcome outcome = Parse(bytes, 0);
    EXPECT_EQ(outcome.progress, Progress::kFailed) << headers;
    EXPECT_EQ(outcome.status, 400) << headers;
  }
}

// Wherever the bytes are cut, also between the line and its continuation.
TEST(RequestParser, AFoldIsRefusedCutAtEveryByte) {
  const std::string_view bytes =
      "POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding:\r\n chunked\r\n\r\n0\r\n\r\n";
  for (std::size_t cut = 0; cut <= bytes.size(); cut++) {
    const Outcome outcome = Parse(bytes, cut);
    EXPECT_EQ(outcome.progress, Progress::kFailed) << cut;
    EXPECT_EQ(outcome.status, 400) << cut;
  }
  // A line break and a space in a body are no fold.
  const Outcome body = Parse("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 4\r\n\r\na\r\n b", 0);
  EXPECT_EQ(body.progress, Progress::kDone);
}

TEST(RequestParser, RefusesBrokenChunks) {
  const char* const kBodies[] = {"x\r\n",
                                 "0x5\r\nhello\r\n\r\n",
                                 "-1\r\n",
                                 "\r\n",
                                 "5\r\nhelloXX\r\n",
                                 "5\r\nhello\n0\r\n",
                                 "5 5\r\nhe",
                                 "5\nhello\r\n",
                                 "10000000000000000\r\n",
                                 "0\r\nContent-Length: 5\r\n\r\n"};
  for (const char* body : kBodies) {
    const auto bytes =
        "POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n" + std::string(body);
    EXPECT_EQ(Parse(bytes, 0).status, 400) << body;
  }
}

TEST(RequestParser, HeaderLimitCountsTheWholeHeader) {
  const std::string start = "GET / HTTP/1.1\r\nHost: x\r\nName: ";
  const std::size_t room = kHeaderBytesMax - start.size() - 4;
  EXPECT_EQ(Parse(start + std::string(room, 'v') + "\r\n\r\n", 0).progress, Progress::kDone);
  EXPECT_EQ(Parse(start + std::string(room + 1, 'v') + "\r\n\r\n", 0).status, 431);
  EXPECT_EQ(Parse("GET /" + std::string(kHeaderBytesMax, 'x'), 0).status, 431);
  // Many small fields, arriving in pieces: none of them is large.
  std::string many = "GET / HTTP/1.1\r\nHost: x\r\n";
  for (int i = 0; i < 200; i++) many += "Name: v\r\n";
  EXPECT_EQ(Parse(many, 600).status, 431);
}

TEST(RequestParser, ChunkHeadersAndTrailersAreBounded) {
  const std::string start = "POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n";
  EXPECT_EQ(Parse(start + "5;" + std::string(2 * kHeaderBytesMax, 'x'), 0).status, 400);
  EXPECT_EQ(Parse(start + "0\r\nT: " + std::string(2 * kHeaderBytesMax, 'x'), 0).status, 400);
}

TEST(RequestParser, OtherVersionsAndExpectationsAreNamed) {
  EXPECT_EQ(Parse("GET / HTTP/2.0\r\n\r\n", 0).status, 505);
  EXPECT_EQ(Parse("GET / HTTP/1.1\r\nHost: x\r\nExpect: magic\r\n\r\n", 0).status, 417);
  EXPECT_EQ(Parse("GET / HTTP/1.0\r\n\r\n", 0).progress, Progress::kDone);
  EXPECT_EQ(Parse("GET / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n", 0).status, 400);
}

}  // namespace
}  // namespace arc::http
