#include "foundation/time/date_and_time.h"

#include <chrono>

namespace arc {
namespace {

constexpr std::int64_t kMicrosPerSecond = 1'000'000;
constexpr std::int64_t kSecondsPerDay = 86'400;

// Reads a text from the left. Every step returns whether it found what it looks for.
class TextCursor {
 public:
  explicit TextCursor(std::string_view text) : rest_(text) {}

  bool AtEnd() const { return rest_.empty(); }
  bool Take(std::string_view any_of) {
    if (rest_.empty() || any_of.find(rest_.front()) == std::string_view::npos) return false;
    taken_ = rest_.front();
    rest_.remove_prefix(1);
    return true;
  }
  char taken() const { return taken_; }

  // Exactly `digit_count` digits, as a number from `least` to `greatest`.
  bool TakeNumber(std::size_t digit_count, int least, int greatest, int& number) {
    number = 0;
    for (std::size_t i = 0; i < digit_count; i++) {
      if (!Take("0123456789")) return false;
      number = number * 10 + (taken_ - '0');
    }
    return least <= number && number <= greatest;
  }
  // One or more digits after a decimal point; digits below a microsecond are dropped.
  bool TakeFraction(std::int64_t& micros) {
    std::int64_t place = kMicrosPerSecond / 10;
    std::size_t digit_count = 0;
    for (micros = 0; Take("0123456789"); digit_count++) {
      micros += place * (taken_ - '0');
      place /= 10;
    }
    return digit_count > 0;
  }

 private:
  std::string_view rest_;
  char taken_ = '\0';
};

bool TakeDate(TextCursor& cursor, std::int64_t& days) {
  int year = 0;
  int month = 0;
  int day = 0;
  if (!cursor.TakeNumber(4, 0, 9999, year) || !cursor.Take("-/")) return false;
  const std::string_view separator = cursor.taken() == '-' ? "-" : "/";
  if (!cursor.TakeNumber(2, 1, 12, month) || !cursor.Take(separator)) return false;
  if (!cursor.TakeNumber(2, 1, 31, day)) return false;
  const auto date = std::chrono::year(year) / month / day;
  if (!date.ok()) return false;
  days = std::chrono::sys_days(date).time_since_epoch().count();
  return true;
}

bool TakeTimeOfDay(TextCursor& cursor, std::int64_t& micros) {
  int hour = 0;
  int minute = 0;
  int second = 0;
  std::int64_t fraction = 0;
  if (!cursor.TakeNumber(2, 0, 23, hour) || !cursor.Take(":")) return false;
  if (!cursor.TakeNumber(2, 0, 59, minute)) return false;
  if (cursor.Take(":")) {
    if (!cursor.TakeNumber(2, 0, 59, second)) return false;
    if (cursor.Take(".") && !cursor.TakeFraction(fraction)) return false;
  }
  micros = (hour * 3600 + minute * 60 + second) * kMicrosPerSecond + fraction;
  return true;
}

// The difference between local time and UTC; east is positive.
bool TakeOffset(TextCursor& cursor, std::int64_t& micros) {
  micros = 0;
  if (cursor.AtEnd() || cursor.Take("Zz")) return true;
  if (!cursor.Take("+-")) return false;
  const int sign = cursor.taken() == '-' ? -1 : 1;
  int hours = 0;
  int minutes = 0;
  if (!cursor.TakeNumber(2, 0, 23, hours) || !cursor.Take(":")) return false;
  if (!cursor.TakeNumber(2, 0, 59, minutes)) return false;
  micros = sign * (hours * 3600 + minutes * 60) * kMicrosPerSecond;
  return true;
}

}  // namespace

std::optional<std::int64_t> ParseDateAndTime(std::string_view text) {
  TextCursor cursor(text);
  std::int64_t days = 0;
  std::int64_t time_of_day = 0;
  std::int64_t offset = 0;
  if (!TakeDate(cursor, days)) return std::nullopt;
  if (cursor.Take("Tt ")) {
    if (!TakeTimeOfDay(cursor, time_of_day) || !TakeOffset(cursor, offset)) return std::nullopt;
  }
  if (!cursor.AtEnd()) return std::nullopt;
  return days * kSecondsPerDay * kMicrosPerSecond + time_of_day - offset;
}

std::optional<std::int64_t> ParseRfc3339(std::string_view text) {
  constexpr std::string_view kShortest = "YYYY-MM-DDTHH:MM:SSZ";
  constexpr std::size_t kOffsetSize = 6;  // "+HH:MM"
  if (text.size() < kShortest.size()) return std::nullopt;
  for (const auto place : {4, 7, 10, 16}) {
    const auto i = static_cast<std::size_t>(place);
    if (text[i] != kShortest[i]) return std::nullopt;
  }
  const char sign =
      text.size() < kShortest.size() - 1 + kOffsetSize ? '\0' : text[text.size() - kOffsetSize];
  if (text.back() != 'Z' && sign != '+' && sign != '-') return std::nullopt;
  return ParseDateAndTime(text);
}

}  // namespace arc
