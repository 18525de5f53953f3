#include "service/cli/display_text.h"

#include <locale.h>

#include <cwchar>

namespace arc::cli {
namespace {

constexpr char32_t kReplacement = 0xFFFD;

// Takes one character off the front of `text`, which must not be empty. kReplacement for a byte
// that begins no valid UTF-8 sequence.
char32_t TakeCharacter(std::string_view& text) {
  const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
  const unsigned char first = byte(0);
  const std::size_t length = first < 0x80           ? 1
                             : (first >> 5) == 0x06 ? 2
                             : (first >> 4) == 0x0E ? 3
                             : (first >> 3) == 0x1E ? 4
                                                    : 0;
  if (length == 0 || length > text.size()) {
    text.remove_prefix(1);
    return kReplacement;
  }
  char32_t character = length == 1 ? first : first & (0xFF >> (length + 1));
  for (std::size_t i = 1; i < length; ++i) {
    if ((byte(i) >> 6) != 0x02) {
      text.remove_prefix(1);
      return kReplacement;
    }
    character = (character << 6) | (byte(i) & 0x3F);
  }
  text.remove_prefix(length);
  return character;
}

// wcwidth knows the characters of the thread's locale only, and the process may be in "C".
class Utf8Locale {
 public:
  Utf8Locale() {
    static const locale_t utf8 = newlocale(LC_CTYPE_MASK, "C.UTF-8", nullptr);
    if (utf8 != nullptr) previous_ = uselocale(utf8);
  }
  ~Utf8Locale() {
    if (previous_ != nullptr) uselocale(previous_);
  }
  Utf8Locale(const Utf8Locale&) = delete;
  Utf8Locale& operator=(const Utf8Locale&) = delete;

  static std::size_t WidthOf(char32_t character) {
    const int width = wcwidth(static_cast<wchar_t>(character));
    return width < 0 ? 1 : static_cast<std::size_t>(width);
  }

 private:
  locale_t previous_ = nullptr;
};

bool IsPlainAscii(std::string_view text) {
  for (const char c : text) {
    if (c < ' ' || c > '~') return false;
  }
  return true;
}

void AppendEscape(char32_t character, std::string& out) {
  constexpr std::string_view kDigits = "0123456789abcdef";
  if (character == '\n') {
    out += "\\n";
  } else if (character == '\r') {
    out += "\\r";
  } else if (character == '\t') {
    out += "\\t";
  } else {
    out += {'\\', 'x', kDigits[(character >> 4) & 15], kDigits[character & 15]};
  }
}

}  // namespace

std::string DisplayText(std::string_view text, LineBreaks line_breaks) {
  if (IsPlainAscii(text)) return std::string(text);
  std::string out;
  while (!text.empty()) {
    const std::string_view before = text;
    const char32_t character = TakeCharacter(text);
    const bool is_control = character < ' ' || (character >= 0x7F && character < 0xA0);
    if (is_control && !(character == '\n' && line_breaks == LineBreaks::kKeep)) {
      AppendEscape(character, out);
    } else if (character == kReplacement) {
      out += "\uFFFD";
    } else {
      out += before.substr(0, before.size() - text.size());
    }
  }
  return out;
}

std::size_t DisplayWidth(std::string_view text) {
  if (IsPlainAscii(text)) return text.size();
  const Utf8Locale locale;
  std::size_t width = 0;
  while (!text.empty()) width += Utf8Locale::WidthOf(TakeCharacter(text));
  return width;
}

std::string CutToWidth(std::string_view text, std::size_t columns) {
  if (DisplayWidth(text) <= columns) return std::string(text);
  if (columns == 0) return "";
  const Utf8Locale locale;
  std::string_view rest = text;
  std::size_t width = 1;  // Of the "…".
  std::size_t end = 0;
  while (!rest.empty()) {
    width += Utf8Locale::WidthOf(TakeCharacter(rest));
    if (width > columns) break;
    end = text.size() - rest.size();
  }
  return std::string(text.substr(0, end)) + "…";
}

}  // namespace arc::cli
