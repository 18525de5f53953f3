// Request heads and bodies, chunked ones too: what is read does not depend on how the bytes come.

#include <boost/beast/core/flat_buffer.hpp>

#include "fuzzing.h"
#include "service/http/request_parser.h"
#include "service/http/target.h"

namespace {

using arc::http::RequestParser;

class CollectingSink : public arc::http::BodySink {
 public:
  arc::Result<void> Append(std::string_view piece) override {
    body_ += piece;
    return {};
  }
  arc::Result<void> Finish(arc::http::Request&) override { return {}; }
  const std::string& body() const { return body_; }

 private:
  std::string body_;
};

// What is to be the same: outcome, head and body, as one text.
std::string ReadRequest(std::string_view bytes, std::size_t piece) {
  constexpr std::size_t kHeaderBytesMax = 1024;
  RequestParser parser(kHeaderBytesMax);
  boost::beast::flat_buffer input;
  CollectingSink sink;
  auto progress = RequestParser::Progress::kNeedMore;
  bool has_header = false;
  for (std::size_t at = 0; at < bytes.size(); at += piece) {
    const auto more = bytes.substr(at, piece);
    const auto room = input.prepare(more.size());
    more.copy(static_cast<char*>(room.data()), more.size());
    input.commit(more.size());
    if (!has_header) {
      progress = parser.ReadHeader(input);
      has_header = progress == RequestParser::Progress::kDone;
    }
    if (has_header && !parser.is_done()) progress = parser.ReadBody(input, sink);
    if (progress == RequestParser::Progress::kFailed) {
      const auto failure = parser.TakeFailure();
      arc::fuzzing::Require(failure.status >= 400 && failure.status < 600, "no error's status");
      return "failed";
    }
    if (has_header && parser.is_done()) break;
  }
  if (!has_header) return "needs more";
  auto text = parser.request().method + ' ' + parser.target() + '\n';
  for (const auto& header : parser.request().headers) {
    text += header.name + ": " + header.value + '\n';
  }
  return text + (parser.is_done() ? "done\n" : "cut\n") + sink.body();
}

bool IsComplete(std::string_view outcome) {
  return outcome.find("\ndone\n") != std::string_view::npos;
}

void CheckTarget(std::string_view text) {
  const auto target = arc::http::ParseTarget(text);
  if (!target.ok()) return;
  for (const auto& part : target.value().path_parts) {
    arc::fuzzing::Require(!part.empty() && part != "." && part != "..", "a path that climbs");
    for (const char c : part) {
      arc::fuzzing::Require(static_cast<unsigned char>(c) >= 0x20 && c != 0x7F, "a control byte");
    }
  }
}

}  // namespace

// The first byte is the size of the pieces.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const auto bytes = arc::fuzzing::TextOf(data + 1, size - 1);
  const auto whole = ReadRequest(bytes, bytes.size() + 1);
  const auto pieces = ReadRequest(bytes, std::size_t{data[0]} + 1);
  // What is refused may be so sooner or later.
  if (IsComplete(whole) || IsComplete(pieces)) {
    arc::fuzzing::Require(whole == pieces, "pieces: " + pieces + "\nwhole: " + whole);
  }
  CheckTarget(bytes);
  return 0;
}
