#include "service/cli/json_reader.h"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>

#include <boost/json/basic_parser_impl.hpp>

namespace arc::cli {
namespace {

using boost::json::error_code;
using boost::json::string_view;

// Lists in lists: more is not data but an attack on the stack of whoever reads it.
constexpr std::size_t kDepthMax = 1024;

std::string_view View(string_view text) { return {text.data(), text.size()}; }

// What boost::json::basic_parser tells, put together: it hands out texts in parts.
class Handler {
 public:
  static constexpr std::size_t max_object_size = SIZE_MAX;
  static constexpr std::size_t max_array_size = SIZE_MAX;
  static constexpr std::size_t max_key_size = SIZE_MAX;
  static constexpr std::size_t max_string_size = SIZE_MAX;

  explicit Handler(JsonVisitor& visitor) : visitor_(visitor) {}

  std::optional<Error> TakeFailure() { return std::move(failure_); }

  bool on_document_begin(error_code&) { return true; }
  bool on_document_end(error_code&) { return true; }
  bool on_array_begin(error_code& ec) { return Go(visitor_.OnBegin('['), ec); }
  bool on_array_end(std::size_t, error_code& ec) { return Go(visitor_.OnEnd(']'), ec); }
  bool on_object_begin(error_code& ec) { return Go(visitor_.OnBegin('{'), ec); }
  bool on_object_end(std::size_t, error_code& ec) { return Go(visitor_.OnEnd('}'), ec); }
  bool on_key_part(string_view part, std::size_t, error_code&) { return Keep(part); }
  bool on_key(string_view last, std::size_t, error_code& ec) {
    return Go(visitor_.OnName(Whole(last)), ec);
  }
  bool on_string_part(string_view part, std::size_t, error_code&) { return Keep(part); }
  bool on_string(string_view last, std::size_t, error_code& ec) {
    return Go(visitor_.OnValue(JsonKind::kText, Whole(last)), ec);
  }
  bool on_number_part(string_view part, error_code&) { return Keep(part); }
  bool on_int64(std::int64_t, string_view last, error_code& ec) { return Number(last, ec); }
  bool on_uint64(std::uint64_t, string_view last, error_code& ec) { return Number(last, ec); }
  bool on_double(double, string_view last, error_code& ec) { return Number(last, ec); }
  bool on_bool(bool value, error_code& ec) {
    return Go(visitor_.OnValue(JsonKind::kBoolean, value ? "true" : "false"), ec);
  }
  bool on_null(error_code& ec) { return Go(visitor_.OnValue(JsonKind::kNull, "null"), ec); }
  // Only when the options allow comments.
  bool on_comment_part(string_view, error_code&) { return true; }
  bool on_comment(string_view, error_code&) { return true; }

 private:
  bool Keep(string_view part) {
    parts_.append(part.data(), part.size());
    return true;
  }
  // Lives until the next text.
  std::string_view Whole(string_view last) {
    if (parts_.empty()) return View(last);
    Keep(last);
    whole_.swap(parts_);
    parts_.clear();
    return whole_;
  }
  bool Number(string_view last, error_code& ec) {
    return Go(visitor_.OnValue(JsonKind::kNumber, Whole(last)), ec);
  }
  bool Go(Result<void> outcome, error_code& ec) {
    if (outcome.ok()) return true;
    failure_ = std::move(outcome).TakeError();
    ec = boost::json::error::syntax;  // any: ours is what counts
    return false;
  }

  JsonVisitor& visitor_;
  std::optional<Error> failure_;
  std::string parts_;
  std::string whole_;
};

}  // namespace

Result<void> ReadJson(std::string_view json, JsonVisitor& visitor) {
  boost::json::parse_options options;
  options.max_depth = kDepthMax;
  boost::json::basic_parser<Handler> parser(options, visitor);
  error_code error;
  const auto read = parser.write_some(false, json.data(), json.size(), error);
  if (auto failure = parser.handler().TakeFailure()) return *std::move(failure);
  if (!error && read < json.size()) error = boost::json::error::extra_data;
  if (error) return Error{ErrorCode::kInternal, "the answer is not JSON: " + error.message()};
  return {};
}

}  // namespace arc::cli
