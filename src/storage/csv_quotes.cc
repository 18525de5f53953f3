#include "storage/csv_quotes.h"

#include <arrow/io/interfaces.h>
#include <arrow/result.h>

#include <algorithm>
#include <vector>

namespace arc::storage {
namespace {

constexpr std::size_t kReadBytes = std::size_t{1} << 20;

}  // namespace

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
    // The byte behind a quote that may have closed the value.
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

Result<std::uint64_t> CheckCsvQuotes(const FileRange& range, const ImportRequest& request) {
  CsvQuotes quotes(request.delimiter);
  std::vector<char> buffer(kReadBytes);
  auto lines_to_skip = request.skip_rows;
  for (std::uint64_t at = 0; at < request.byte_count;) {
    const auto wanted = std::min<std::uint64_t>(buffer.size(), request.byte_count - at);
    const auto read = range.stream()->ReadAt(static_cast<std::int64_t>(at),
                                             static_cast<std::int64_t>(wanted), buffer.data());
    if (!read.ok()) return range.ErrorOf(read.status().message());
    std::string_view text(buffer.data(), static_cast<std::size_t>(read.ValueUnsafe()));
    if (text.empty()) break;
    at += text.size();
    for (; lines_to_skip > 0 && !text.empty(); lines_to_skip--) {
      const auto newline = text.find('\n');
      if (newline == std::string_view::npos) {
        text = {};
        break;
      }
      text.remove_prefix(newline + 1);
    }
    quotes.See(text);
  }
  if (!quotes.is_open()) return quotes.longest_row();
  return Error{ErrorCode::kUnprocessable,
               "the file ends within a quoted value: it is cut short, or a quote is missing"};
}

}  // namespace arc::storage
