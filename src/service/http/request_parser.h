// Bytes → Request, over Beast's incremental parser. Internal to the server: includes Beast.
//
// Stricter than Beast where two readings of the same bytes would let a request be smuggled past a
// proxy: any Transfer-Encoding but `chunked`, one in HTTP/1.0, and more or less than one Host in
// HTTP/1.1 are refused. Trailers are read and dropped.

#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>

#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http/basic_parser.hpp>

#include "service/http/body_sink.h"
#include "service/http/message.h"

namespace arc::http {

// Parses one request. First ReadHeader until it is done, then, if is_done() is still false,
// ReadBody until it is. Each takes what it understands out of `input`; when it returns kNeedMore
// the caller adds bytes and calls again.
class RequestParser : private boost::beast::http::basic_parser<true> {
 public:
  enum class Progress { kNeedMore, kDone, kFailed };

  explicit RequestParser(std::size_t header_bytes_max);

  Progress ReadHeader(boost::beast::flat_buffer& input);
  // Requires: ReadHeader has returned kDone. `sink` must outlive the call.
  Progress ReadBody(boost::beast::flat_buffer& input, BodySink& sink);

  // The answer to a request that failed; the connection cannot be used afterwards.
  Response TakeFailure() { return std::move(*failure_); }

  // Method and headers are filled in by ReadHeader.
  Request& request() { return request_; }
  const std::string& target() const { return target_; }

  // Whether every byte of the request was read and understood.
  bool is_complete() const { return basic_parser::is_done() && !failure_; }

  // Requires, all below: ReadHeader has returned kDone.
  bool is_done() const { return basic_parser::is_done(); }
  bool keep_alive() const { return basic_parser::keep_alive(); }
  bool is_http_1_0() const { return version_ == 10; }
  std::optional<std::uint64_t> content_length() const;

 private:
  using ErrorCode = boost::beast::error_code;
  using StringView = boost::beast::string_view;
  using Field = boost::beast::http::field;

  // Parses one element; true when another may follow at once.
  bool Step(boost::beast::flat_buffer& input);
  void FailWith(const ErrorCode& error);
  void FailMalformed(std::string_view what);
  void CheckHeader();

  void on_request_impl(boost::beast::http::verb verb, StringView method, StringView target,
                       int version, ErrorCode& error) override;
  void on_response_impl(int, StringView, int, ErrorCode&) override {}
  void on_field_impl(Field field, StringView name, StringView value, ErrorCode& error) override;
  void on_header_impl(ErrorCode&) override {}
  void on_body_init_impl(const boost::optional<std::uint64_t>&, ErrorCode&) override {}
  std::size_t on_body_impl(StringView piece, ErrorCode& error) override;
  void on_chunk_header_impl(std::uint64_t, StringView, ErrorCode&) override {}
  std::size_t on_chunk_body_impl(std::uint64_t, StringView piece, ErrorCode& error) override;
  void on_finish_impl(ErrorCode&) override {}

  const std::size_t header_bytes_max_;
  std::size_t header_bytes_ = 0;
  int version_ = 11;
  int host_count_ = 0;
  int transfer_encoding_count_ = 0;
  std::string target_;
  Request request_;
  BodySink* sink_ = nullptr;  // during ReadBody
  std::optional<Response> failure_;
};

}  // namespace arc::http
