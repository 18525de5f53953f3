#include "query/engine/guard/like_match.h"

#include <algorithm>
#include <cstdint>
#include <cstring>

namespace arc::engine {
namespace {

constexpr std::uint32_t kStepsBetweenPauses = 1 << 20;

class Steps {
 public:
  explicit Steps(const MatchPause& pause) : pause_(pause) {}
  void Add() {
    if (++count_ % kStepsBetweenPauses == 0) pause_();
  }

 private:
  const MatchPause& pause_;
  std::uint32_t count_ = 0;
};

bool IsContinuation(char byte) { return (static_cast<unsigned char>(byte) & 0xC0) == 0x80; }

// How one element of a pattern matches the beginning of a text.
struct Taken {
  enum class What { kMatch, kMismatch, kEndsWithEscape } what;
  std::size_t text_bytes = 0;
  std::size_t pattern_bytes = 0;
};

class LikePattern {
 public:
  static constexpr char kAny = '%';

  LikePattern(std::string_view pattern, std::optional<char> escape)
      : pattern_(pattern), escape_(escape) {}

  bool IsAny(std::size_t at) const { return pattern_[at] == kAny && escape_ != kAny; }

  // Requires: `text`, and the pattern from `at` on, are not empty.
  Taken TakeOne(std::string_view text, std::size_t at) const {
    const char c = pattern_[at];
    if (escape_ && c == *escape_) {
      if (at + 1 == pattern_.size()) return {Taken::What::kEndsWithEscape};
      return text[0] == pattern_[at + 1] ? Taken{Taken::What::kMatch, 1, 2}
                                         : Taken{Taken::What::kMismatch};
    }
    if (c == '_') {
      std::size_t bytes = 1;
      while (bytes < text.size() && IsContinuation(text[bytes])) bytes++;
      return {Taken::What::kMatch, bytes, 1};
    }
    return text[0] == c ? Taken{Taken::What::kMatch, 1, 1} : Taken{Taken::What::kMismatch};
  }

  // The plain bytes of the pattern from `at` on; may be empty.
  std::string_view Literal(std::size_t at) const {
    auto end = at;
    while (end < pattern_.size() && pattern_[end] != kAny && pattern_[end] != '_' &&
           pattern_[end] != escape_) {
      end++;
    }
    return pattern_.substr(at, end - at);
  }

 private:
  const std::string_view pattern_;
  const std::optional<char> escape_;
};

class GlobPattern {
 public:
  explicit GlobPattern(std::string_view pattern) : pattern_(pattern) {}

  bool IsAny(std::size_t at) const { return pattern_[at] == '*'; }

  Taken TakeOne(std::string_view text, std::size_t at) const {
    switch (pattern_[at]) {
      case '?':
        return {Taken::What::kMatch, 1, 1};
      case '[':
        return TakeSet(text[0], at);
      case '\\':
        if (at + 1 == pattern_.size()) return {Taken::What::kMismatch};
        return text[0] == pattern_[at + 1] ? Taken{Taken::What::kMatch, 1, 2}
                                           : Taken{Taken::What::kMismatch};
      default:
        return text[0] == pattern_[at] ? Taken{Taken::What::kMatch, 1, 1}
                                       : Taken{Taken::What::kMismatch};
    }
  }

  std::string_view Literal(std::size_t at) const {
    return pattern_.substr(at, pattern_.find_first_of("*?[\\", at) - at);
  }

 private:
  // A set without an end matches nothing.
  Taken TakeSet(char byte, std::size_t open) const {
    auto at = open + 1;
    const bool is_negated = at < pattern_.size() && pattern_[at] == '!';
    if (is_negated) at++;
    const auto first = at;
    bool is_member = false;
    while (at < pattern_.size() && !(pattern_[at] == ']' && at > first)) {
      if (at + 1 == pattern_.size()) return {Taken::What::kMismatch};
      if (pattern_[at + 1] != '-') {
        is_member = is_member || pattern_[at] == byte;
        at++;
        continue;
      }
      if (at + 2 == pattern_.size()) return {Taken::What::kMismatch};
      is_member = is_member || (byte >= pattern_[at] && byte <= pattern_[at + 2]);
      at += 3;
    }
    if (at >= pattern_.size() || is_member == is_negated) return {Taken::What::kMismatch};
    return {Taken::What::kMatch, 1, at + 1 - open};
  }

  const std::string_view pattern_;
};

// The first place of `literal` in `text` from `from` on; npos when there is none. Linear.
std::size_t Find(std::string_view text, std::size_t from, std::string_view literal) {
  const void* found =
      ::memmem(text.data() + from, text.size() - from, literal.data(), literal.size());
  if (found == nullptr) return std::string_view::npos;
  return static_cast<std::size_t>(static_cast<const char*>(found) - text.data());
}

template <class Pattern>
MatchResult Match(std::string_view text, const Pattern& pattern, std::size_t pattern_size,
                  const MatchPause& pause) {
  Steps steps(pause);
  std::size_t text_at = 0;
  std::size_t at = 0;
  std::optional<std::size_t> after_any;  // where the pattern goes on after the last % passed
  std::size_t retry_at = 0;              // where in the text that part was last tried
  while (text_at < text.size()) {
    steps.Add();
    if (at < pattern_size && pattern.IsAny(at)) {
      while (at < pattern_size && pattern.IsAny(at)) at++;
      if (at == pattern_size) return MatchResult::kYes;
      after_any = at;
      retry_at = text_at;
    }
    if (after_any && at == *after_any) {
      // Usually plain bytes follow: search for them at once.
      const auto literal = pattern.Literal(at);
      if (!literal.empty()) {
        const auto is_last = at + literal.size() == pattern_size;
        if (is_last) {
          const bool is_end = text.size() - retry_at >= literal.size() && text.ends_with(literal);
          return is_end ? MatchResult::kYes : MatchResult::kNo;
        }
        const auto found = Find(text, retry_at, literal);
        if (found == std::string_view::npos) return MatchResult::kNo;
        retry_at = found;
        text_at = found + literal.size();
        at += literal.size();
        continue;
      }
    }
    if (at < pattern_size) {
      const auto taken = pattern.TakeOne(text.substr(text_at), at);
      if (taken.what == Taken::What::kEndsWithEscape) return MatchResult::kEndsWithEscape;
      if (taken.what == Taken::What::kMatch) {
        text_at += taken.text_bytes;
        at += taken.pattern_bytes;
        continue;
      }
    }
    if (!after_any) return MatchResult::kNo;
    at = *after_any;
    text_at = ++retry_at;
  }
  while (at < pattern_size && pattern.IsAny(at)) at++;
  return at == pattern_size ? MatchResult::kYes : MatchResult::kNo;
}

}  // namespace

MatchResult MatchLike(std::string_view text, std::string_view pattern, std::optional<char> escape,
                      const MatchPause& pause) {
  return Match(text, LikePattern(pattern, escape), pattern.size(), pause);
}

bool MatchGlob(std::string_view text, std::string_view pattern, const MatchPause& pause) {
  return Match(text, GlobPattern(pattern), pattern.size(), pause) == MatchResult::kYes;
}

}  // namespace arc::engine
