#include "data/ingest/line_protocol/precision.h"

#include <fmt/format.h>

#include <array>
#include <utility>

#include "foundation/model/names.h"

namespace arc::ingest {
namespace {

constexpr std::array<std::pair<std::string_view, Precision>, 12> kWords = {{
    {"", Precision::kNanoseconds},
    {"ns", Precision::kNanoseconds},
    {"n", Precision::kNanoseconds},
    {"us", Precision::kMicroseconds},
    {"u", Precision::kMicroseconds},
    {"\u00b5s", Precision::kMicroseconds},  // micro sign
    {"\u03bcs", Precision::kMicroseconds},  // Greek mu
    {"ms", Precision::kMilliseconds},
    {"s", Precision::kSeconds},
    {"m", Precision::kMinutes},
    {"h", Precision::kHours},
    {"auto", Precision::kAuto},
}};

std::int64_t MicrosPerUnit(Precision precision) {
  switch (precision) {
    case Precision::kAuto:         // never asked for
    case Precision::kNanoseconds:  // a part of a microsecond: divided elsewhere
    case Precision::kMicroseconds:
      return 1;
    case Precision::kMilliseconds:
      return 1'000;
    case Precision::kSeconds:
      return 1'000'000;
    case Precision::kMinutes:
      return 60'000'000;
    case Precision::kHours:
      return 3'600'000'000;
  }
  __builtin_unreachable();
}

// In the order of the enumeration: the word of the parameter, and the name for people.
constexpr std::array<std::pair<std::string_view, std::string_view>, 7> kNames = {{
    {"ns", "nanoseconds"},
    {"us", "microseconds"},
    {"ms", "milliseconds"},
    {"s", "seconds"},
    {"m", "minutes"},
    {"h", "hours"},
    {"auto", "auto"},
}};

// The right word for a unit that is spelled in another way: "Second", "millis", "MS".
std::string_view MeantBy(std::string_view word) {
  constexpr std::size_t kLettersMin = 3;
  for (const auto& [known, name] : kNames) {
    const bool is_prefix = word.size() >= kLettersMin && word.size() <= name.size() &&
                           EqualIgnoringCase(word, name.substr(0, word.size()));
    if (is_prefix || EqualIgnoringCase(word, known)) return known;
  }
  return {};
}

constexpr std::string_view kWordsAccepted =
    "must be ns, us, ms, or s (or n, u, \u00b5s, m, h, auto)";

}  // namespace

Result<Precision> ParsePrecision(std::string_view word) {
  for (const auto& [known, precision] : kWords) {
    if (word == known) return precision;
  }
  const auto meant = MeantBy(word);
  return Error{ErrorCode::kInvalidInput,
               fmt::format("invalid precision \"{}\": {}{}", word.substr(0, 32), kWordsAccepted,
                           meant.empty() ? "" : fmt::format("; did you mean {}?", meant))};
}

std::string_view WordOf(Precision precision) {
  return kNames[static_cast<std::size_t>(precision)].first;
}

std::string_view NameOf(Precision precision) {
  return kNames[static_cast<std::size_t>(precision)].second;
}

Precision UnitOfMagnitude(std::int64_t timestamp) {
  const auto is_within = [timestamp](std::int64_t limit) {
    return timestamp > -limit && timestamp < limit;
  };
  if (is_within(10'000'000'000)) return Precision::kSeconds;
  if (is_within(10'000'000'000'000)) return Precision::kMilliseconds;
  if (is_within(10'000'000'000'000'000)) return Precision::kMicroseconds;
  return Precision::kNanoseconds;
}

bool ToMicros(std::int64_t timestamp, Precision precision, std::int64_t& micros) {
  if (precision == Precision::kAuto) precision = UnitOfMagnitude(timestamp);
  if (precision == Precision::kNanoseconds) {
    micros = timestamp / 1000 - (timestamp % 1000 < 0 ? 1 : 0);
    return true;
  }
  std::int64_t product = 0;
  if (__builtin_mul_overflow(timestamp, MicrosPerUnit(precision), &product)) return false;
  micros = product;
  return true;
}

}  // namespace arc::ingest
