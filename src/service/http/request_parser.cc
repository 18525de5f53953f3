#include "service/http/request_parser.h"

#include <fmt/format.h>

#include "foundation/text/ascii.h"
#include "service/http/error_answer.h"

namespace arc::http {
namespace {

namespace beast_http = boost::beast::http;

std::string_view Std(boost::beast::string_view text) { return {text.data(), text.size()}; }

// RFC 9112, section 2.2: empty lines before a request are ignored.
void SkipEmptyLines(boost::beast::flat_buffer& input) {
  const std::string_view bytes(static_cast<const char*>(input.cdata().data()), input.size());
  const auto start = bytes.find_first_not_of("\r\n");
  input.consume(start == std::string_view::npos ? bytes.size() : start);
}

// A field that goes on in the next line (RFC 9112, section 5.2), which two readers understand in
// two ways. `lines`: whole fields, or the line before them.
bool HasFold(std::string_view lines) {
  for (std::size_t at = 1; at < lines.size(); at++) {
    if (lines[at - 1] == '\n' && (lines[at] == ' ' || lines[at] == '\t')) return true;
  }
  return false;
}

}  // namespace

RequestParser::RequestParser(std::size_t header_bytes_max) : header_bytes_max_(header_bytes_max) {
  eager(false);
  // Beast counts the request line and the fields apart, we count the whole header.
  header_limit(static_cast<std::uint32_t>(header_bytes_max));
  body_limit(boost::none);  // the sink's business
}

RequestParser::Progress RequestParser::ReadHeader(boost::beast::flat_buffer& input) {
  if (!got_some()) SkipEmptyLines(input);
  while (!is_header_done() && Step(input)) {
  }
  if (!failure_ && header_bytes_ + (is_header_done() ? 0 : input.size()) > header_bytes_max_) {
    FailWith(beast_http::error::header_limit);
  }
  if (!failure_ && is_header_done()) CheckHeader();
  if (failure_) return Progress::kFailed;
  return is_header_done() ? Progress::kDone : Progress::kNeedMore;
}

RequestParser::Progress RequestParser::ReadBody(boost::beast::flat_buffer& input, BodySink& sink) {
  sink_ = &sink;
  while (!is_done() && Step(input)) {
  }
  sink_ = nullptr;
  // What stays in the buffer is an unfinished chunk header or trailer.
  if (!failure_ && !is_done() && input.size() > header_bytes_max_) {
    FailMalformed("chunk header or trailer too long");
  }
  if (failure_) return Progress::kFailed;
  return is_done() ? Progress::kDone : Progress::kNeedMore;
}

bool RequestParser::Step(boost::beast::flat_buffer& input) {
  if (input.size() == 0 || failure_) return false;
  ErrorCode error;
  const bool is_header = !is_header_done();
  const std::size_t consumed = put(input.cdata(), error);
  if (is_header && HasFold({static_cast<const char*>(input.cdata().data()), consumed})) {
    FailMalformed("a header line that is folded");
  }
  input.consume(consumed);
  if (is_header) header_bytes_ += consumed;
  if (!error) return true;
  if (error != beast_http::error::need_more && !failure_) FailWith(error);
  return false;
}

void RequestParser::FailWith(const ErrorCode& error) {
  if (error == beast_http::error::header_limit) {
    failure_ = ErrorAnswer(
        kHeaderTooLarge,
        fmt::format("Request header is larger than the limit of {} bytes", header_bytes_max_));
  } else if (error == beast_http::error::bad_version) {
    failure_ = ErrorAnswer(kVersionNotSupported, "HTTP version not supported");
  } else {
    FailMalformed(error.message());
  }
}

void RequestParser::FailMalformed(std::string_view what) {
  failure_ =
      ErrorAnswer({arc::ErrorCode::kInvalidInput, fmt::format("Malformed HTTP request: {}", what)});
}

void RequestParser::CheckHeader() {
  if (version_ == 11 && host_count_ != 1) return FailMalformed("exactly one Host is needed");
  const std::string_view expect = request_.HeaderValue("Expect");
  if (!expect.empty() && !EqualIgnoringCase(expect, "100-continue")) {
    failure_ = ErrorAnswer(kExpectationFailed, "Only 100-continue may be expected");
  }
}

std::optional<std::uint64_t> RequestParser::content_length() const {
  const auto length = basic_parser::content_length();
  return length ? std::optional<std::uint64_t>(*length) : std::nullopt;
}

void RequestParser::on_request_impl(beast_http::verb, StringView method, StringView target,
                                    int version, ErrorCode&) {
  request_.method = Std(method);
  target_ = Std(target);
  version_ = version;
}

void RequestParser::on_field_impl(Field field, StringView name, StringView value,
                                  ErrorCode& error) {
  if (is_header_done()) return;  // a trailer
  if (field == Field::host) host_count_++;
  if (field == Field::transfer_encoding) transfer_encoding_count_++;
  if (field == Field::transfer_encoding && (version_ == 10 || transfer_encoding_count_ > 1 ||
                                            !EqualIgnoringCase(Std(value), "chunked"))) {
    error = beast_http::error::bad_transfer_encoding;
    return;
  }
  request_.headers.push_back({std::string(Std(name)), std::string(Std(value))});
}

std::size_t RequestParser::on_body_impl(StringView piece, ErrorCode& error) {
  auto appended = sink_->Append(Std(piece));
  if (!appended.ok()) {
    failure_ = ErrorAnswer(appended.error());
    error = beast_http::error::body_limit;
  }
  return piece.size();
}

std::size_t RequestParser::on_chunk_body_impl(std::uint64_t, StringView piece, ErrorCode& error) {
  return on_body_impl(piece, error);
}

}  // namespace arc::http
