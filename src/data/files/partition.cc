#include "data/files/partition.h"

#include <fmt/format.h>

#include <algorithm>

namespace arc::files {
namespace {

constexpr std::int64_t kMicrosPerHour = 3'600'000'000;
constexpr std::int64_t kHoursPerDay = 24;

std::int64_t FloorDivide(std::int64_t dividend, std::int64_t divisor) {
  const auto quotient = dividend / divisor;
  return dividend % divisor < 0 ? quotient - 1 : quotient;
}
std::int64_t HourOf(std::int64_t time) { return FloorDivide(time, kMicrosPerHour); }
std::int64_t DayOfHour(std::int64_t hour) { return FloorDivide(hour, kHoursPerDay); }

std::vector<Partition> CutIntoHours(std::span<const std::int64_t> times) {
  std::vector<Partition> hours;
  for (std::size_t begin = 0; begin < times.size();) {
    const auto hour = HourOf(times[begin]);
    const auto end =
        std::partition_point(times.begin() + static_cast<std::ptrdiff_t>(begin), times.end(),
                             [&](std::int64_t t) { return HourOf(t) == hour; }) -
        times.begin();
    hours.push_back({Partition::Unit::kHour, hour, begin, static_cast<std::size_t>(end)});
    begin = static_cast<std::size_t>(end);
  }
  return hours;
}

bool IsSparse(std::span<const Partition> hours_of_day) {
  const auto row_count = hours_of_day.back().row_end - hours_of_day.front().row_begin;
  return hours_of_day.size() > kHoursOfOrdinaryFlush &&
         row_count / hours_of_day.size() < kDenseHourRows;
}

struct CivilDate {
  std::int64_t year;
  unsigned month;
  unsigned day;
};

// From days since 1970-01-01, in the proleptic Gregorian calendar. std::chrono's calendar stops at
// the year 32767. Counts in eras of 400 years, and in years that begin in March, so that the leap
// day comes last (Howard Hinnant, "chrono-compatible low-level date algorithms").
CivilDate CivilDateOf(std::int64_t days) {
  constexpr std::int64_t kDaysPerEra = 146'097;
  constexpr std::int64_t kDaysFromMarchOfYear0 = 719'468;
  const auto shifted = days + kDaysFromMarchOfYear0;
  const auto era = FloorDivide(shifted, kDaysPerEra);
  const auto day_of_era = static_cast<unsigned>(shifted - era * kDaysPerEra);
  const unsigned year_of_era =
      (day_of_era - day_of_era / 1460 + day_of_era / 36524 - day_of_era / 146096) / 365;
  const unsigned day_of_year =
      day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
  const unsigned month_from_march = (5 * day_of_year + 2) / 153;
  const unsigned day = day_of_year - (153 * month_from_march + 2) / 5 + 1;
  const unsigned month = month_from_march < 10 ? month_from_march + 3 : month_from_march - 9;
  return {era * 400 + year_of_era + (month <= 2 ? 1 : 0), month, day};
}

}  // namespace

std::vector<Partition> CutIntoPartitions(std::span<const std::int64_t> times) {
  const auto hours = CutIntoHours(times);
  std::vector<Partition> partitions;
  for (auto begin = hours.begin(); begin != hours.end();) {
    const auto day = DayOfHour(begin->index);
    const auto end = std::find_if(begin, hours.end(),
                                  [&](const auto& hour) { return DayOfHour(hour.index) != day; });
    if (IsSparse({begin, end})) {
      partitions.push_back({Partition::Unit::kDay, day, begin->row_begin, std::prev(end)->row_end});
    } else {
      partitions.insert(partitions.end(), begin, end);
    }
    begin = end;
  }
  return partitions;
}

std::string PartitionFolder(const MeasurementName& table, const Partition& partition) {
  const bool is_hour = partition.unit == Partition::Unit::kHour;
  const auto day = is_hour ? DayOfHour(partition.index) : partition.index;
  const auto date = CivilDateOf(day);
  auto folder = fmt::format("{}/{}/{}{:04}/{:02}/{:02}", table.database, table.measurement,
                            date.year < 0 ? "-" : "", date.year < 0 ? -date.year : date.year,
                            date.month, date.day);
  if (is_hour) folder += fmt::format("/{:02}", partition.index - day * kHoursPerDay);
  return folder;
}

}  // namespace arc::files
