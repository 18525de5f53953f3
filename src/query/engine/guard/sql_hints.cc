#include "query/engine/guard/sql_hints.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <optional>

#include "foundation/model/names.h"

namespace arc::engine {
namespace {

using duckdb::StatementType;

bool IsDigit(char c) { return c >= '0' && c <= '9'; }
bool IsWordChar(char c) {
  return IsDigit(c) || c == '_' || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

struct Duration {
  std::size_t begin;     // in the statement
  std::string interval;  // as SQL writes it: "INTERVAL '1 hour'"
};

struct Unit {
  std::string_view name;
  std::string_view word;
};
constexpr std::array<Unit, 8> kUnits = {{{"us", "microsecond"},
                                         {"u", "microsecond"},
                                         {"ms", "millisecond"},
                                         {"s", "second"},
                                         {"m", "minute"},
                                         {"h", "hour"},
                                         {"d", "day"},
                                         {"w", "week"}}};

// The number and unit at `begin`, if they are a duration as InfluxQL writes it, such as 1h.
std::optional<Duration> DurationAt(const std::string& sql, std::size_t begin) {
  auto end = begin;
  while (end < sql.size() && IsDigit(sql[end])) end++;
  auto unit_end = end;
  while (unit_end < sql.size() && IsWordChar(sql[unit_end])) unit_end++;
  const auto unit = duckdb::StringUtil::Lower(sql.substr(end, unit_end - end));
  for (const auto& known : kUnits) {
    if (unit != known.name) continue;
    const auto number = sql.substr(begin, end - begin);
    return Duration{
        begin, fmt::format("INTERVAL '{} {}{}'", number, known.word, number == "1" ? "" : "s")};
  }
  return std::nullopt;
}

// The first duration that stands outside of quotes.
std::optional<Duration> FindDuration(const std::string& sql) {
  char quote = 0;
  for (std::size_t i = 0; i < sql.size(); i++) {
    if (quote != 0) {
      if (sql[i] == quote) quote = 0;
    } else if (sql[i] == '\'' || sql[i] == '"') {
      quote = sql[i];
    } else if (IsDigit(sql[i]) && (i == 0 || !IsWordChar(sql[i - 1]))) {
      if (auto duration = DurationAt(sql, i)) return duration;
      while (i + 1 < sql.size() && IsWordChar(sql[i + 1])) i++;
    }
  }
  return std::nullopt;
}

// Whether the statement has these words one after the other, with any space between them.
bool HasWords(const std::string& sql, std::initializer_list<std::string_view> words) {
  const auto lower = duckdb::StringUtil::Lower(sql);
  for (auto at = lower.find(*words.begin()); at != std::string::npos;
       at = lower.find(*words.begin(), at + 1)) {
    if (at > 0 && IsWordChar(lower[at - 1])) continue;
    auto place = at;
    const bool has_all = std::ranges::all_of(words, [&](std::string_view word) {
      while (place < lower.size() && duckdb::StringUtil::CharacterIsSpace(lower[place])) place++;
      if (lower.compare(place, word.size(), word) != 0) return false;
      place += word.size();
      return true;
    });
    if (has_all) return true;
  }
  return false;
}

std::string HintForSyntax(const std::string& sql) {
  if (HasWords(sql, {"show", "field"}) || HasWords(sql, {"show", "tag"}) ||
      HasWords(sql, {"show", "series"}) || HasWords(sql, {"show", "retention"})) {
    return "SHOW TABLES lists measurements, DESCRIBE cpu lists columns, SELECT DISTINCT host FROM "
           "cpu "
           "lists the values of a tag";
  }
  const auto duration = FindDuration(sql);
  if (duration) {
    if (HasWords(sql, {"time", "("})) {
      const auto place = sql.rfind('(', duration->begin);
      const bool is_bucket = place != std::string::npos && place + 6 > duration->begin;
      if (is_bucket) {
        return fmt::format(
            "GROUP BY time(...) of InfluxQL is: SELECT time_bucket({}, time) AS t, ... GROUP BY t",
            duration->interval);
      }
    }
    return fmt::format("a duration is written {}, as in: time > now() - {}", duration->interval,
                       duration->interval);
  }
  if (HasWords(sql, {"fill", "("})) {
    return "there is no fill(): generate_series() makes the times, LEFT JOIN the empty ones";
  }
  if (HasWords(sql, {"slimit"}) || HasWords(sql, {"soffset"})) {
    return "there are no series to limit: QUALIFY row_number() OVER (PARTITION BY host ORDER BY "
           "time DESC) <= "
           "10 limits the rows of each host";
  }
  return "";
}

struct Known {
  std::string_view name;
  std::string_view instead;
};
constexpr std::array<Known, 22> kFunctions = {
    {{"derivative",
      "(v - lag(v) OVER w) / epoch(time - lag(time) OVER w) ... WINDOW w AS (PARTITION BY host "
      "ORDER BY time)"},
     {"non_negative_derivative",
      "greatest(v - lag(v) OVER w, 0) / epoch(time - lag(time) OVER w) ... WINDOW w AS (PARTITION "
      "BY host ORDER BY time)"},
     {"difference", "v - lag(v) OVER (PARTITION BY host ORDER BY time)"},
     {"non_negative_difference", "greatest(v - lag(v) OVER (PARTITION BY host ORDER BY time), 0)"},
     {"moving_average", "avg(v) OVER (PARTITION BY host ORDER BY time ROWS 4 PRECEDING)"},
     {"cumulative_sum", "sum(v) OVER (PARTITION BY host ORDER BY time)"},
     {"elapsed", "time - lag(time) OVER (PARTITION BY host ORDER BY time)"},
     {"percentile", "quantile_cont(v, 0.95)"},
     {"spread", "max(v) - min(v)"},
     {"top", "SELECT ... ORDER BY v DESC LIMIT 10, or max(v, 10)"},
     {"bottom", "SELECT ... ORDER BY v LIMIT 10, or min(v, 10)"},
     {"distinct", "SELECT DISTINCT v"},
     {"date_bin", "time_bucket(INTERVAL '1 hour', time)"},
     {"date_histogram", "time_bucket(INTERVAL '1 hour', time)"},
     {"time_bucket_gapfill",
      "time_bucket(INTERVAL '1 hour', time), LEFT JOINed to generate_series()"},
     {"interpolate", "fill(v) OVER (ORDER BY time), which interpolates"},
     {"locf", "last_value(v IGNORE NULLS) OVER (PARTITION BY host ORDER BY time)"},
     {"from_unixtime", "to_timestamp(seconds)"},
     {"unix_timestamp", "epoch(time)"},
     {"to_unixtime", "epoch(time)"},
     {"getdate", "now()"},
     {"tochar", "strftime(time, '%Y-%m-%d')"}}};

// The word between `before` and `after` in a text; empty when they are not there.
std::string Between(const std::string& text, std::string_view before, std::string_view after) {
  const auto begin = text.find(before);
  if (begin == std::string::npos) return "";
  const auto end = text.find(after, begin + before.size());
  if (end == std::string::npos) return "";
  return text.substr(begin + before.size(), end - begin - before.size());
}

std::string HintForFunction(const std::string& message) {
  const auto name =
      duckdb::StringUtil::Lower(Between(message, "Function with name ", " does not exist"));
  for (const auto& known : kFunctions) {
    if (name == known.name) return fmt::format("instead of {}: {}", name, known.instead);
  }
  return "";
}

std::string HintForColumn(const std::string& message, const std::string& sql) {
  const auto name = Between(message, "Referenced column \"", "\" not found");
  if (name.empty()) return "";
  if (sql.find('"' + name + '"') != std::string::npos) {
    return fmt::format(
        "double quotes are for names of columns; a text stands in single quotes: '{}'", name);
  }
  return fmt::format("if {} is a text, it stands in single quotes: '{}'", name, name);
}

std::string HintFor(const std::string& message, const std::string& sql) {
  if (message.find("syntax error") != std::string::npos) return HintForSyntax(sql);
  if (message.find("Function with name") != std::string::npos) return HintForFunction(message);
  if (message.find("Referenced column") != std::string::npos) return HintForColumn(message, sql);
  const bool is_about_types = message.find("Cannot compare values") != std::string::npos ||
                              message.find("Unimplemented type for cast") != std::string::npos;
  if (is_about_types && message.find("TIMESTAMP WITH TIME ZONE") != std::string::npos) {
    return "a number becomes a time with to_timestamp(seconds) or make_timestamptz(microseconds), "
           "a text as in "
           "TIMESTAMPTZ '2026-01-01 00:00:00Z'";
  }
  return "";
}

// DuckDB lists every function with the name; the first few are enough as examples.
std::string WithFewCandidates(const std::string& message) {
  constexpr std::size_t kShown = 5;
  constexpr std::string_view kBegin = "Candidate functions:\n";
  const auto begin = message.find(kBegin);
  if (begin == std::string::npos) return message;
  std::string text = message.substr(0, begin + kBegin.size());
  auto at = text.size();
  std::size_t count = 0;
  while (at < message.size() && message[at] == '\t') {
    auto end = message.find('\n', at);
    end = end == std::string::npos ? message.size() : end + 1;
    if (count++ < kShown) text += "  " + message.substr(at + 1, end - at - 1);
    at = end;
  }
  if (count > kShown) text += fmt::format("  and {} more\n", count - kShown);
  return text + message.substr(at);
}

}  // namespace

std::string_view InsteadOf(StatementType type) {
  switch (type) {
    case StatementType::SET_STATEMENT:
    case StatementType::VARIABLE_SET_STATEMENT:
    case StatementType::PRAGMA_STATEMENT:
      return "Settings of the engine are the operator's. A request has members of its own: "
             "time_zone, "
             "timeout_ms, limit, format. Another database is named before the measurement, FROM "
             "prod.cpu, or by the header x-arc-database.";
    case StatementType::TRANSACTION_STATEMENT:
      return "There are no transactions: each statement reads one snapshot of all measurements.";
    case StatementType::INSERT_STATEMENT:
      return "Rows are written as line protocol (POST /write) or MessagePack (POST "
             "/api/v1/write/msgpack), "
             "or imported from files.";
    case StatementType::DELETE_STATEMENT:
    case StatementType::UPDATE_STATEMENT:
    case StatementType::MERGE_INTO_STATEMENT:
      return "Stored rows are not changed by SQL. A whole measurement goes with DELETE "
             "/api/v1/databases/NAME/measurements/NAME?confirm=true.";
    case StatementType::CREATE_STATEMENT:
    case StatementType::CREATE_FUNC_STATEMENT:
    case StatementType::ALTER_STATEMENT:
      return "Measurements and their columns appear with the first row that has them. WITH x AS "
             "(SELECT ...) "
             "names a result within a statement.";
    case StatementType::DROP_STATEMENT:
      return "A measurement goes with DELETE "
             "/api/v1/databases/NAME/measurements/NAME?confirm=true.";
    case StatementType::COPY_STATEMENT:
    case StatementType::EXPORT_STATEMENT:
      return "A query answers with a file when its member `format` is csv, parquet or arrow.";
    default:
      return "SELECT, SHOW, DESCRIBE, SUMMARIZE and EXPLAIN are. Another database is named before "
             "the "
             "measurement, FROM prod.cpu, or by the header x-arc-database.";
  }
}

std::string WithHint(const std::string& message, const std::string& sql) {
  auto text = WithFewCandidates(message);
  const auto hint = HintFor(message, sql);
  if (hint.empty()) return text;
  while (!text.empty() && text.back() == '\n') text.pop_back();
  return text + "\n\nHint: " + hint;
}

std::string NoSuchDatabase(const std::string& name, const std::vector<std::string>& databases) {
  constexpr std::size_t kShown = 10;
  auto shown = databases;
  std::ranges::stable_sort(shown, std::greater<>(), [&name](const std::string& database) {
    return duckdb::StringUtil::SimilarityRating(database, name);
  });
  std::string list;
  for (std::size_t i = 0; i < std::min(shown.size(), kShown); i++) {
    list += (i == 0 ? "" : ", ") + shown[i];
  }
  if (shown.size() > kShown) list += fmt::format(" and {} more", shown.size() - kShown);
  return fmt::format("There is no database \"{}\". {}", name,
                     list.empty()
                         ? "There is none yet: the first write makes it."
                         : fmt::format("There {}: {}.", shown.size() == 1 ? "is" : "are", list));
}

std::string MissingDatabaseIn(const std::string& message) {
  return Between(message, "because schema \"", "\" does not exist");
}

}  // namespace arc::engine
