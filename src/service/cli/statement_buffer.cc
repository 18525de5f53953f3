#include "service/cli/statement_buffer.h"

namespace arc::cli {
namespace {

constexpr std::string_view kSpaces = " \t\r\n";

bool IsWord(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
}

std::string Trimmed(std::string_view text) {
  const auto begin = text.find_first_not_of(kSpaces);
  if (begin == text.npos) return "";
  return std::string(text.substr(begin, text.find_last_not_of(kSpaces) - begin + 1));
}

// "$$" or "$name$" at the beginning of `text`; empty when there is none ("$1" is a parameter).
std::string_view DollarTag(std::string_view text) {
  std::size_t end = 1;
  while (end < text.size() && IsWord(text[end])) end++;
  const bool is_number = text.size() > 1 && text[1] >= '0' && text[1] <= '9';
  if (is_number || end >= text.size() || text[end] != '$') return "";
  return text.substr(0, end + 1);
}

}  // namespace

void StatementBuffer::AddLine(std::string_view line) {
  text_ += line;
  text_ += '\n';
}

std::optional<std::string> StatementBuffer::Take() {
  while (FindEnd()) {
    auto statement = Trimmed(std::string_view(text_).substr(0, position_));
    const bool is_something = has_words_;
    text_.erase(0, position_ + 1);
    position_ = 0;
    has_words_ = false;
    if (is_something) return statement;
  }
  if (is_empty()) Clear();
  return std::nullopt;
}

void StatementBuffer::Clear() { *this = StatementBuffer(); }

bool StatementBuffer::FindEnd() {
  for (; position_ < text_.size(); position_++) {
    const char c = text_[position_];
    if (state_ != State::kPlain) {
      StepInside(c);
    } else if (c == ';') {
      return true;
    } else {
      StepPlain(c);
    }
  }
  return false;
}

bool StatementBuffer::StartsHere(std::string_view word) const {
  return std::string_view(text_).substr(position_).starts_with(word);
}

void StatementBuffer::StepPlain(char c) {
  const char before = position_ > 0 ? text_[position_ - 1] : ' ';
  if (StartsHere("--")) {
    state_ = State::kLineComment;
  } else if (StartsHere("/*")) {
    state_ = State::kBlockComment;
    position_++;
  } else if (kSpaces.find(c) == kSpaces.npos) {
    has_words_ = true;
    if (c == '"') state_ = State::kName;
    if (c == '\'') {
      const bool follows_word = position_ > 1 && IsWord(text_[position_ - 2]);
      const bool is_escaped = (before == 'e' || before == 'E') && !follows_word;
      state_ = is_escaped ? State::kEscapedText : State::kText;
    }
    if (c == '$' && !IsWord(before)) {
      dollar_tag_ = DollarTag(std::string_view(text_).substr(position_));
      if (dollar_tag_.empty()) return;
      state_ = State::kDollarText;
      position_ += dollar_tag_.size() - 1;
    }
  }
}

// A doubled quote ends a text and begins the next one at once, which is as good.
void StatementBuffer::StepInside(char c) {
  switch (state_) {
    case State::kPlain:
      return;
    case State::kEscapedText:
      if (c == '\\') position_++;
      [[fallthrough]];
    case State::kText:
      if (c == '\'') state_ = State::kPlain;
      return;
    case State::kName:
      if (c == '"') state_ = State::kPlain;
      return;
    case State::kLineComment:
      if (c == '\n') state_ = State::kPlain;
      return;
    case State::kBlockComment:
      if (!StartsHere("*/")) return;
      position_++;
      state_ = State::kPlain;
      return;
    case State::kDollarText:
      if (!StartsHere(dollar_tag_)) return;
      position_ += dollar_tag_.size() - 1;
      state_ = State::kPlain;
      return;
  }
}

}  // namespace arc::cli
