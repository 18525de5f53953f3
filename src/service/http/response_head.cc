#include "service/http/response_head.h"

#include <fmt/chrono.h>
#include <fmt/format.h>

#include <iterator>
#include <string_view>

#include <boost/beast/http/status.hpp>

#include "service/http/status.h"

namespace arc::http {
namespace {

struct DefaultHeader {
  std::string_view name, value;
};
// Of every answer that has none of its own of that name.
constexpr DefaultHeader kDefaultHeaders[] = {
    {"Server", "arc"},
    {"X-Frame-Options", "DENY"},
    {"X-Content-Type-Options", "nosniff"},
    {"X-XSS-Protection", "1; mode=block"},
    {"Referrer-Policy", "strict-origin-when-cross-origin"},
    {"Permissions-Policy", "geolocation=(), microphone=(), camera=()"},
    {"Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'"},
};

// A browser that was here once never speaks to this host without TLS again (RFC 6797).
constexpr std::string_view kStrictTransport =
    "Strict-Transport-Security: max-age=31536000; includeSubDomains\r\n";

// The Date header's value. Formatting takes as long as the rest of the head, so each thread keeps
// the text of the current second.
const std::string& HttpDate(std::int64_t now_seconds) {
  thread_local std::int64_t cached_seconds = -1;
  thread_local std::string cached_text;
  if (cached_seconds != now_seconds) {
    cached_text = fmt::format("{:%a, %d %b %Y %H:%M:%S} GMT", fmt::gmtime(now_seconds));
    cached_seconds = now_seconds;
  }
  return cached_text;
}

// A line break in a value would end the header, and start one that a client chose.
void AppendHeader(std::string& head, std::string_view name, std::string_view value) {
  head.append(name).append(": ");
  for (const char c : value) head += static_cast<unsigned char>(c) < 0x20 ? ' ' : c;
  head += "\r\n";
}

std::string_view ReasonPhrase(int status) {
  const auto phrase = boost::beast::http::obsolete_reason(
      boost::beast::http::int_to_status(static_cast<unsigned>(status)));
  return {phrase.data(), phrase.size()};
}

}  // namespace

std::string ResponseHead(const Response& response, AfterResponse after, BodyEnd body_end,
                         Scheme scheme, std::int64_t now_seconds) {
  std::string head;
  head.reserve(1024);
  fmt::format_to(std::back_inserter(head), "HTTP/1.1 {} {}\r\nDate: {}\r\n", response.status,
                 ReasonPhrase(response.status), HttpDate(now_seconds));
  if (!IsBodiless(response.status)) {
    if (body_end == BodyEnd::kLength) {
      fmt::format_to(std::back_inserter(head), "Content-Length: {}\r\n", response.body.size());
    }
    if (body_end == BodyEnd::kLastChunk) head += "Transfer-Encoding: chunked\r\n";
    if (!response.content_type.empty()) {
      AppendHeader(head, "Content-Type", response.content_type);
    }
  }
  if (after == AfterResponse::kClose) head += "Connection: close\r\n";
  if (after == AfterResponse::kKeepAlive10) head += "Connection: keep-alive\r\n";
  for (const auto& header : response.headers) AppendHeader(head, header.name, header.value);
  for (const auto& [name, value] : kDefaultHeaders) {
    if (!HasHeader(response.headers, name)) AppendHeader(head, name, value);
  }
  if (scheme == Scheme::kHttps) head += kStrictTransport;
  head += "\r\n";
  return head;
}

}  // namespace arc::http
