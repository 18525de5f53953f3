#include "data/encoding/engine_decimal.h"

#include <fmt/format.h>

#include <cstdint>
#include <string>

#include "foundation/text/parse_number.h"

namespace arc::encoding {
namespace {

double NearestTo(const std::string& number) { return ParseNumber<double>(number).value_or(0); }

}  // namespace

double EngineFloat(std::string_view text, int scale) {
  const bool is_negative = text.starts_with('-');
  if (is_negative) text.remove_prefix(1);
  const auto power_of_ten = NearestTo(fmt::format("1e{}", scale));
  double value = 0;
  if (const auto mark = text.find('E'); mark != std::string_view::npos) {
    // Arrow writes a number with many zeros behind the point in this form; the part before it is 0.
    const auto exponent = ParseNumber<int>(text.substr(mark + 1)).value_or(0);
    value = NearestTo(fmt::format("{}e{}", text.substr(0, mark), exponent + scale)) / power_of_ten;
  } else {
    const auto point = text.find('.');
    const std::string whole(text.substr(0, point));
    const std::string part(point == std::string_view::npos ? "" : text.substr(point + 1));
    constexpr std::uint64_t kExactMax = std::uint64_t{1} << 53;
    const auto unscaled = ParseNumber<std::uint64_t>(whole + part);
    value = unscaled && *unscaled <= kExactMax ? static_cast<double>(*unscaled) / power_of_ten
                                               : NearestTo(whole) + NearestTo(part) / power_of_ten;
  }
  return is_negative ? -value : value;
}

}  // namespace arc::encoding
