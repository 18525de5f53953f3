// What must be known of a CSV file before it is read: whether it ends within a quoted value, as one
// does that was cut short and that readers take for complete; and how long its longest row is.

#pragma once

#include <algorithm>
#include <cstdint>
#include <string_view>

namespace arc::imports {

// Follows quotes as the reader does (RFC 4180): one opens a value as its first byte only, two
// within are one of the text, what follows the closing one is ordinary.
class CsvQuotes {
 public:
  explicit CsvQuotes(char delimiter) : delimiter_(delimiter) {}

  // The next bytes of the file.
  void See(std::string_view text);
  bool is_open() const { return state_ == State::kQuoted; }
  // Of a row with its line end, in bytes.
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
