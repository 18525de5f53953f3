#include "data/imports/csv_quotes.h"

#include <algorithm>

namespace arc::imports {
void CsvQuotes::See(std::string_view text) {
  while (!text.empty()) {
    const auto newline = text.find('\n');
    const auto line = text.substr(0, newline == std::string_view::npos ? newline : newline + 1);
    SeeLine(line);
    row_bytes_ += line.size();
    if (newline != std::string_view::npos && state_ == State::kPlain) {
      longest_row_ = std::max(longest_row_, row_bytes_);
      row_bytes_ = 0;
    }
    text.remove_prefix(line.size());
  }
}

void CsvQuotes::SeeLine(std::string_view text) {
  std::size_t at = 0;
  if (state_ == State::kAfterQuote) {
    // This byte decides whether the quote before it has closed the value.
    state_ = text.front() == '"' ? State::kQuoted : State::kPlain;
    if (state_ == State::kQuoted) at = 1;
  }
  while ((at = text.find('"', at)) != std::string_view::npos) {
    if (state_ == State::kPlain) {
      const char before = at == 0 ? before_ : text[at - 1];
      if (before == delimiter_ || before == '\n' || before == '\r') state_ = State::kQuoted;
      at++;
    } else if (at + 1 == text.size()) {
      state_ = State::kAfterQuote;
      break;
    } else if (text[at + 1] == '"') {
      at += 2;
    } else {
      state_ = State::kPlain;
      at++;
    }
  }
  before_ = text.back();
}

}  // namespace arc::imports
