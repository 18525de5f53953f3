#include "data/encoding/time_order.h"

#include <algorithm>
#include <array>
#include <bit>
#include <utility>

namespace arc::encoding {
namespace {

// A radix sort, lowest digit first, on the distance from the smallest time. An hour of microseconds
// has 32 bits, so it takes three passes: about four times faster than std::stable_sort on rows of
// several writers that alternate.
constexpr unsigned kDigitBits = 11;
constexpr std::size_t kDigits = std::size_t{1} << kDigitBits;

struct Keyed {
  std::uint64_t distance;
  RowRef row;
};

void SortByDigit(const std::vector<Keyed>& from, std::vector<Keyed>& to, unsigned shift) {
  std::array<std::size_t, kDigits> next{};
  const auto digit = [shift](const Keyed& keyed) {
    return (keyed.distance >> shift) & (kDigits - 1);
  };
  for (const auto& keyed : from) next[digit(keyed)]++;
  std::size_t begin = 0;
  for (auto& position : next) begin += std::exchange(position, begin);
  for (const auto& keyed : from) to[next[digit(keyed)]++] = keyed;
}

// Unsigned, so that the distance between any two times fits.
std::uint64_t Distance(std::int64_t from, std::int64_t to) {
  return static_cast<std::uint64_t>(to) - static_cast<std::uint64_t>(from);
}

void Sort(TimeOrder& order) {
  const auto [smallest, greatest] = std::minmax_element(order.times.begin(), order.times.end());
  const auto min_time = *smallest;
  const auto bits = static_cast<unsigned>(std::bit_width(Distance(min_time, *greatest)));
  std::vector<Keyed> keyed(order.rows.size());
  for (std::size_t i = 0; i < keyed.size(); i++) {
    keyed[i] = {Distance(min_time, order.times[i]), order.rows[i]};
  }
  std::vector<Keyed> target(keyed.size());
  for (unsigned shift = 0; shift < bits; shift += kDigitBits) {
    SortByDigit(keyed, target, shift);
    keyed.swap(target);
  }
  for (std::size_t i = 0; i < keyed.size(); i++) {
    order.times[i] =
        static_cast<std::int64_t>(static_cast<std::uint64_t>(min_time) + keyed[i].distance);
    order.rows[i] = keyed[i].row;
  }
}

}  // namespace

TimeOrder OrderByTime(const std::vector<BatchSlice>& slices) {
  TimeOrder order;
  std::size_t row_count = 0;
  for (const auto& slice : slices) row_count += slice.row_end - slice.row_begin;
  order.times.reserve(row_count);
  order.rows.reserve(row_count);
  for (std::size_t s = 0; s < slices.size(); s++) {
    const auto& slice = slices[s];
    order.times.insert(order.times.end(), slice.batch->times.data() + slice.row_begin,
                       slice.batch->times.data() + slice.row_end);
    for (auto row = slice.row_begin; row < slice.row_end; row++) {
      order.rows.push_back({static_cast<std::uint32_t>(s), static_cast<std::uint32_t>(row)});
    }
  }
  if (!std::is_sorted(order.times.begin(), order.times.end())) Sort(order);
  return order;
}

}  // namespace arc::encoding
