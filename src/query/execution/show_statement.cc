#include "query/execution/show_statement.h"

#include <vector>

#include "foundation/model/names.h"

namespace arc::execution {
namespace {

struct Word {
  std::string text;
  bool is_quoted = false;
};

bool IsSpace(char c) { return c == ' ' || (c >= '\t' && c <= '\r'); }
bool IsQuote(char c) { return c == '\'' || c == '"' || c == '`'; }
bool EndsBareWord(char c) { return IsSpace(c) || IsQuote(c) || c == ';' || c == '/'; }

// The position behind the spaces and comments that begin at `at`.
std::size_t SkipSpaces(std::string_view sql, std::size_t at) {
  for (;;) {
    if (at < sql.size() && IsSpace(sql[at])) {
      at++;
    } else if (sql.substr(at, 2) == "--") {
      const auto end = sql.find('\n', at);
      at = end == std::string_view::npos ? sql.size() : end;
    } else if (sql.substr(at, 2) == "/*") {
      const auto end = sql.find("*/", at + 2);
      at = end == std::string_view::npos ? sql.size() : end + 2;
    } else {
      return at;
    }
  }
}

// The words of a statement; nothing when there are more than a SHOW can have, or anything other
// than words.
std::optional<std::vector<Word>> Words(std::string_view sql) {
  constexpr std::size_t kWordsMax = 4;
  std::vector<Word> words;
  auto at = SkipSpaces(sql, 0);
  while (at < sql.size()) {
    if (sql[at] == ';') {
      if (SkipSpaces(sql, at + 1) != sql.size()) return std::nullopt;
      break;
    }
    if (words.size() == kWordsMax) return std::nullopt;
    if (IsQuote(sql[at])) {
      const auto end = sql.find(sql[at], at + 1);
      if (end == std::string_view::npos) return std::nullopt;
      words.push_back({std::string(sql.substr(at + 1, end - at - 1)), true});
      at = end + 1;
    } else {
      const auto begin = at;
      while (at < sql.size() && !EndsBareWord(sql[at])) at++;
      if (at == begin) return std::nullopt;
      words.push_back({std::string(sql.substr(begin, at - begin)), false});
    }
    at = SkipSpaces(sql, at);
  }
  return words;
}

bool Is(const Word& word, std::string_view keyword) {
  return !word.is_quoted && EqualIgnoringCase(word.text, keyword);
}

}  // namespace

std::optional<ShowStatement> ParseShow(std::string_view sql) {
  const auto words = Words(sql);
  if (!words || words->size() < 2 || !Is((*words)[0], "SHOW")) return std::nullopt;
  const auto& what = (*words)[1];
  if (Is(what, "DATABASES") && words->size() == 2) {
    return ShowStatement{ShowStatement::What::kDatabases, ""};
  }
  if (!Is(what, "TABLES") && !Is(what, "MEASUREMENTS")) return std::nullopt;
  if (words->size() == 2) return ShowStatement{ShowStatement::What::kTables, ""};
  const bool names_database =
      words->size() == 4 && (Is((*words)[2], "FROM") || Is((*words)[2], "IN"));
  if (!names_database) return std::nullopt;
  return ShowStatement{ShowStatement::What::kTables, (*words)[3].text};
}

}  // namespace arc::execution
