#include "base/json_text.h"

#include <fmt/format.h>

#include <cstddef>
#include <iterator>

namespace arc {
namespace {

unsigned char ByteAt(std::string_view text, std::size_t index) {
  return static_cast<unsigned char>(text[index]);
}

bool IsContinuation(std::string_view text, std::size_t index) {
  return index < text.size() && (ByteAt(text, index) & 0xC0) == 0x80;
}

// The length of the UTF-8 sequence at the start of `text`, 0 when it is none (Unicode 15, table
// 3-7: no overlong forms, no surrogates, nothing above U+10FFFF).
std::size_t SequenceLength(std::string_view text) {
  const unsigned char first = ByteAt(text, 0);
  if (first < 0x80) return 1;
  if (first < 0xC2 || first > 0xF4 || !IsContinuation(text, 1)) return 0;
  if (first < 0xE0) return 2;
  const unsigned char second = ByteAt(text, 1);
  if (!IsContinuation(text, 2)) return 0;
  if (first < 0xF0) {
    const bool is_overlong = first == 0xE0 && second < 0xA0;
    const bool is_surrogate = first == 0xED && second >= 0xA0;
    return is_overlong || is_surrogate ? 0 : 3;
  }
  const bool is_overlong = first == 0xF0 && second < 0x90;
  const bool is_above_unicode = first == 0xF4 && second >= 0x90;
  return is_overlong || is_above_unicode || !IsContinuation(text, 3) ? 0 : 4;
}

void AppendEscaped(std::string& out, char c) {
  switch (c) {
    case '"':
    case '\\':
      out += '\\';
      out += c;
      return;
    case '\n':
      out += "\\n";
      return;
    case '\r':
      out += "\\r";
      return;
    case '\t':
      out += "\\t";
      return;
    default:
      fmt::format_to(std::back_inserter(out), "\\u{:04x}", static_cast<unsigned char>(c));
  }
}

bool NeedsEscape(char c) { return static_cast<unsigned char>(c) < 0x20 || c == '"' || c == '\\'; }

}  // namespace

void AppendJsonString(std::string& out, std::string_view text) {
  out += '"';
  std::size_t run_begin = 0;  // what stays as it is is copied in runs
  std::size_t i = 0;
  const auto end_run = [&] { out.append(text, run_begin, i - run_begin); };
  while (i < text.size()) {
    if (ByteAt(text, i) < 0x80) {
      if (NeedsEscape(text[i])) {
        end_run();
        AppendEscaped(out, text[i]);
        run_begin = i + 1;
      }
      i++;
      continue;
    }
    const auto length = SequenceLength(text.substr(i));
    if (length == 0) {
      end_run();
      out += "\xEF\xBF\xBD";
      run_begin = i + 1;
    }
    i += length == 0 ? 1 : length;
  }
  end_run();
  out += '"';
}

std::string JsonString(std::string_view text) {
  std::string out;
  AppendJsonString(out, text);
  return out;
}

}  // namespace arc
