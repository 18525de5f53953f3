#include "data/ingest/tle/element_set.h"

#include <fmt/format.h>

#include <chrono>
#include <cmath>
#include <numbers>
#include <optional>
#include <string>

#include "foundation/text/parse_number.h"

namespace arc::ingest::tle {
namespace {

constexpr std::size_t kLineBytes = 69;
constexpr double kMinutesPerDay = 1440;
constexpr double kSecondsPerDay = 86'400;
constexpr double kEarthRadiusKm = 6'371;
constexpr double kMuKm3PerS2 = 398'600.4418;

Error Bad(std::string message) { return {ErrorCode::kUnprocessable, std::move(message)}; }

std::string_view WithoutBlanks(std::string_view text) {
  while (!text.empty() && text.front() == ' ') text.remove_prefix(1);
  while (!text.empty() && text.back() == ' ') text.remove_suffix(1);
  return text;
}

// A field by its first and last column.
std::string_view FieldOf(std::string_view line, std::size_t first, std::size_t last) {
  return WithoutBlanks(line.substr(first - 1, last - first + 1));
}

// The sum of the digits, plus 1 for each minus sign, modulo 10.
int Checksum(std::string_view line) {
  int sum = 0;
  for (const char c : line.substr(0, kLineBytes - 1)) {
    if (c >= '0' && c <= '9') sum += c - '0';
    if (c == '-') sum++;
  }
  return sum % 10;
}

Result<void> CheckLine(std::string_view line, char number) {
  if (line.size() < kLineBytes) {
    return Bad(fmt::format("element line {} has {} characters, {} are needed", number, line.size(),
                           kLineBytes));
  }
  const auto expected = Checksum(line);
  const char found = line[kLineBytes - 1];
  if (found - '0' == expected) return {};
  return Bad(fmt::format("the checksum of element line {} is '{}', it should be {}", number, found,
                         expected));
}

// A decimal number; a plus sign and a missing zero before the point are usual here.
std::optional<double> Decimal(std::string_view text) {
  if (text.starts_with('+')) text.remove_prefix(1);
  const bool is_negative = text.starts_with('-');
  if (is_negative) text.remove_prefix(1);
  const auto is_part = [](char c) { return (c >= '0' && c <= '9') || c == '.'; };
  for (const char c : text) {
    if (!is_part(c)) return std::nullopt;
  }
  const auto value = ParseNumber<double>(fmt::format("0{}", text));
  if (text.empty() || !value) return std::nullopt;
  return is_negative ? -*value : *value;
}

// " 12345-3" is 0.12345e-3: the format leaves out the point and the letter.
std::optional<double> Exponential(std::string_view text) {
  if (text.empty()) return std::nullopt;
  const auto exponent_at = text.find_last_of("+-");
  if (exponent_at == std::string_view::npos || exponent_at == 0) return std::nullopt;
  auto digits = text.substr(0, exponent_at);
  const bool is_negative = digits.front() == '-';
  if (is_negative || digits.front() == '+') digits.remove_prefix(1);
  auto exponent = text.substr(exponent_at);
  if (exponent.front() == '+') exponent.remove_prefix(1);
  const auto power = ParseNumber<int>(exponent);
  const auto mantissa = Decimal(fmt::format(".{}", digits));
  if (digits.find('.') != std::string_view::npos || !power || !mantissa) return std::nullopt;
  const auto value = *mantissa * std::pow(10.0, *power);
  return is_negative ? -value : value;
}

std::optional<std::uint64_t> Digits(std::string_view text) {
  return ParseNumber<std::uint64_t>(text);
}

// YY and DDD.DDDDDDDD -> microseconds since 1970, exactly.
std::optional<std::int64_t> Epoch(std::string_view year_text, std::string_view day_text) {
  using std::chrono::January;
  const auto year = Digits(year_text);
  const auto point = day_text.find('.');
  const auto day = Digits(day_text.substr(0, point));
  if (!year || *year > 99 || !day) return std::nullopt;
  const auto full_year = std::chrono::year(static_cast<int>(*year) + (*year >= 57 ? 1900 : 2000));
  if (*day < 1 || *day > (full_year.is_leap() ? 366u : 365u)) return std::nullopt;
  const std::chrono::sys_days first(full_year / January / 1);
  const auto days = first.time_since_epoch().count() + static_cast<std::int64_t>(*day) - 1;
  std::int64_t micros = 0;
  if (point != std::string_view::npos) {
    auto fraction = std::string(day_text.substr(point + 1));
    fraction.resize(8, '0');  // 1e-8 of a day is 864 microseconds
    const auto parts = Digits(fraction);
    if (!parts) return std::nullopt;
    micros = static_cast<std::int64_t>(*parts) * 864;
  }
  return days * 86'400'000'000 + micros;
}

// Reads the fields of the two lines; keeps the first that cannot be read.
class FieldReader {
 public:
  void Set(double& target, std::optional<double> value, const char* name, std::string_view text) {
    if (value) {
      target = *value;
    } else if (!bad_) {
      bad_ = fmt::format("{} \"{}\" is no number", name, text);
    }
  }
  void Require(bool condition, const char* name, double value) {
    if (!condition && !bad_) bad_ = fmt::format("{} cannot be {}", name, value);
  }
  Result<void> Outcome() const { return bad_ ? Result<void>(Bad(*bad_)) : Result<void>(); }

 private:
  std::optional<std::string> bad_;
};

Result<void> ReadNumbers(std::string_view line1, std::string_view line2, ElementSet& set) {
  FieldReader reader;
  const auto decimal = [&](double& target, std::string_view line, std::size_t first,
                           std::size_t last, const char* name) {
    const auto text = FieldOf(line, first, last);
    reader.Set(target, Decimal(text), name, text);
  };
  const auto exponential = [&](double& target, std::size_t first, std::size_t last,
                               const char* name) {
    const auto text = FieldOf(line1, first, last);
    reader.Set(target, Exponential(text), name, text);
  };
  decimal(set.mean_motion_dot, line1, 34, 43, "mean motion derivative");
  exponential(set.mean_motion_ddot, 45, 52, "mean motion second derivative");
  exponential(set.bstar, 54, 61, "drag");
  decimal(set.inclination_deg, line2, 9, 16, "inclination");
  decimal(set.raan_deg, line2, 18, 25, "right ascension");
  const auto eccentricity = FieldOf(line2, 27, 33);
  const auto fraction =
      Digits(eccentricity) ? Decimal(fmt::format(".{}", eccentricity)) : std::nullopt;
  reader.Set(set.eccentricity, fraction, "eccentricity", eccentricity);
  decimal(set.arg_perigee_deg, line2, 35, 42, "argument of perigee");
  decimal(set.mean_anomaly_deg, line2, 44, 51, "mean anomaly");
  decimal(set.mean_motion_rev_day, line2, 53, 63, "mean motion");
  if (const auto text = FieldOf(line2, 64, 68); !text.empty()) {
    reader.Set(set.revolution_number, Decimal(text), "revolution number", text);
  }
  reader.Require(set.inclination_deg >= 0 && set.inclination_deg <= 180, "inclination",
                 set.inclination_deg);
  reader.Require(set.mean_motion_rev_day > 0, "mean motion", set.mean_motion_rev_day);
  return reader.Outcome();
}

}  // namespace

Result<ElementSet> ParseElementSet(std::string_view line1, std::string_view line2) {
  TRY(CheckLine(line1, '1'));
  TRY(CheckLine(line2, '2'));
  ElementSet set;
  set.norad_id = FieldOf(line1, 3, 7);
  if (set.norad_id.empty()) return Bad("the satellite's number is missing");
  if (set.norad_id != FieldOf(line2, 3, 7)) {
    return Bad(fmt::format("element line 1 is of satellite {}, line 2 of {}", set.norad_id,
                           FieldOf(line2, 3, 7)));
  }
  set.classification = FieldOf(line1, 8, 8);
  set.international_designator = FieldOf(line1, 10, 17);
  const auto epoch = Epoch(FieldOf(line1, 19, 20), FieldOf(line1, 21, 32));
  if (!epoch) return Bad(fmt::format("the epoch \"{}\" is no time", FieldOf(line1, 19, 32)));
  set.epoch_micros = *epoch;
  TRY(ReadNumbers(line1, line2, set));
  return set;
}

Orbit OrbitOf(const ElementSet& elements) {
  constexpr double kGeoHeightKm = 35'786;
  constexpr double kGeoHeightToleranceKm = 200;
  constexpr double kLeoHeightKm = 2'000;
  constexpr double kHighEccentricity = 0.25;
  const double radians_per_second =
      elements.mean_motion_rev_day * 2 * std::numbers::pi / kSecondsPerDay;
  Orbit orbit;
  orbit.semi_major_axis_km = std::cbrt(kMuKm3PerS2 / (radians_per_second * radians_per_second));
  orbit.period_min = kMinutesPerDay / elements.mean_motion_rev_day;
  orbit.apogee_km = orbit.semi_major_axis_km * (1 + elements.eccentricity) - kEarthRadiusKm;
  orbit.perigee_km = orbit.semi_major_axis_km * (1 - elements.eccentricity) - kEarthRadiusKm;
  const double mean_height = (orbit.apogee_km + orbit.perigee_km) / 2;
  if (orbit.perigee_km < 0) {
    orbit.type = "SUB";
  } else if (elements.eccentricity > kHighEccentricity && orbit.apogee_km > kGeoHeightKm) {
    orbit.type = "HEO";
  } else if (std::abs(mean_height - kGeoHeightKm) <= kGeoHeightToleranceKm) {
    orbit.type = "GEO";
  } else if (orbit.apogee_km < kLeoHeightKm) {
    orbit.type = "LEO";
  } else if (orbit.perigee_km >= kLeoHeightKm && orbit.apogee_km <= kGeoHeightKm) {
    orbit.type = "MEO";
  } else {
    orbit.type = "HEO";
  }
  return orbit;
}

}  // namespace arc::ingest::tle
