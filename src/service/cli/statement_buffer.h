// Lines until they are a statement: a ';' ends one, unless it is inside of quotes or a comment.

#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace arc::cli {

class StatementBuffer {
 public:
  void AddLine(std::string_view line);
  // The first statement that is complete, without its ';' and the spaces around it. Nothing when
  // there is none yet.
  std::optional<std::string> Take();
  // True when nothing but spaces and comments waits to be completed.
  bool is_empty() const { return !has_words_ && state_ == State::kPlain; }
  void Clear();

 private:
  enum class State { kPlain, kText, kEscapedText, kName, kDollarText, kLineComment, kBlockComment };

  // Goes on to the next ';' that ends a statement, or to the end. True when there is one at
  // position_.
  bool FindEnd();
  void StepPlain(char c);
  void StepInside(char c);
  bool StartsHere(std::string_view word) const;

  std::string text_;
  std::size_t position_ = 0;  // Up to here it is known what the text is.
  State state_ = State::kPlain;
  std::string dollar_tag_;  // "$$" or "$name$"
  bool has_words_ = false;
};

}  // namespace arc::cli
