// What we must know about a CSV file before it is read: whether it ends within a quoted value (a
// file that was cut short may, and Arrow's reader would take it for complete), and how long its
// longest row is.

#pragma once

#include <algorithm>
#include <cstdint>
#include <string_view>

namespace arc::imports {

// Follows quotes as Arrow's reader does (RFC 4180): a quote opens a value only as its first byte,
// two quotes within a value are one quote of the text, and bytes behind the closing quote are
// ordinary.
class CsvQuotes {
 public:
  explicit CsvQuotes(char delimiter) : delimiter_(delimiter) {}

  // The next bytes of the file.
  void See(std::string_view text);
  bool is_open() const { return state_ == State::kQuoted; }
  // The length of the longest row in bytes, with its line end.
  std::uint64_t longest_row() const { return std::max(longest_row_, row_bytes_); }

 private:
  enum class State : std::uint8_t { kPlain, kQuoted, kAfterQuote };

  void SeeLine(std::string_view text);

  const char delimiter_;
  State state_ = State::kPlain;
  char before_ = '\n';  // the byte before
  std::uint64_t row_bytes_ = 0;
  std::uint64_t longest_row_ = 0;
};

}  // namespace arc::imports
