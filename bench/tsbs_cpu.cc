#include "tsbs_cpu.h"

#include <fmt/format.h>

#include <array>
#include <cstring>
#include <random>
#include <string_view>
#include <vector>

namespace arc::bench {
namespace {

constexpr std::size_t kTags = 10, kFields = 10;
constexpr std::array<std::string_view, kTags> kTagNames = {
    "hostname", "region",          "datacenter",         "rack", "os", "arch", "team",
    "service",  "service_version", "service_environment"};
constexpr std::array<std::string_view, kFields> kFieldNames = {
    "usage_user", "usage_system",  "usage_idle",  "usage_nice",  "usage_iowait",
    "usage_irq",  "usage_softirq", "usage_steal", "usage_guest", "usage_guest_nice"};

using Tags = std::array<std::string, kTags>;

Tags TagsOf(std::size_t host, std::mt19937_64& random) {
  constexpr std::array<std::string_view, 3> kRegions = {"us-east-1", "eu-central-1",
                                                        "ap-southeast-2"};
  constexpr std::array<std::string_view, 4> kTeams = {"SF", "NYC", "LON", "CHI"};
  const auto region = kRegions[random() % kRegions.size()];
  return {fmt::format("host_{}", host),
          std::string(region),
          fmt::format("{}{}", region, "abc"[random() % 3]),
          std::to_string(random() % 100),
          random() % 2 == 0 ? "Ubuntu16.10" : "Ubuntu15.10",
          random() % 2 == 0 ? "x64" : "x86",
          std::string(kTeams[random() % kTeams.size()]),
          std::to_string(random() % 20),
          std::to_string(random() % 2),
          random() % 2 == 0 ? "production" : "staging"};
}

struct Rows {
  std::vector<Tags> hosts;
  std::vector<std::array<double, kFields>> values;  // of each row
};

Rows MakeRows(const CpuShape& shape) {
  std::mt19937_64 random(42);
  Rows rows;
  for (std::size_t i = 0; i < shape.host_count; i++) rows.hosts.push_back(TagsOf(i, random));
  rows.values.resize(shape.row_count);
  for (auto& values : rows.values) {
    for (auto& value : values) value = static_cast<double>(random() % 10'001) / 100;
  }
  return rows;
}

std::int64_t TimeOf(const CpuShape& shape, std::size_t row) {
  return shape.first_time_micros + 10'000'000 * static_cast<std::int64_t>(row / shape.host_count);
}

// The few MessagePack forms that the bodies need.
class Msgpack {
 public:
  void Map(std::uint8_t count) { bytes_ += static_cast<char>(0x80 | count); }
  void Array(std::size_t count) { Header(0xdd, static_cast<std::uint32_t>(count)); }
  void String(std::string_view text) {
    bytes_ += static_cast<char>(0xd9);
    bytes_ += static_cast<char>(text.size());
    bytes_ += text;
  }
  void Int64(std::int64_t value) { Eight(0xd3, static_cast<std::uint64_t>(value)); }
  void Double(double value) {
    std::uint64_t bits;
    std::memcpy(&bits, &value, sizeof bits);
    Eight(0xcb, bits);
  }
  void Map32(std::size_t count) { Header(0xdf, static_cast<std::uint32_t>(count)); }
  std::string Take() { return std::move(bytes_); }

 private:
  void Header(int type, std::uint32_t count) {
    bytes_ += static_cast<char>(type);
    for (int shift = 24; shift >= 0; shift -= 8) bytes_ += static_cast<char>(count >> shift);
  }
  void Eight(int type, std::uint64_t bits) {
    bytes_ += static_cast<char>(type);
    for (int shift = 56; shift >= 0; shift -= 8) bytes_ += static_cast<char>(bits >> shift);
  }

  std::string bytes_;
};

}  // namespace

std::string CpuLineProtocol(const CpuShape& shape) {
  const auto rows = MakeRows(shape);
  std::string body;
  for (std::size_t row = 0; row < shape.row_count; row++) {
    body += "cpu";
    const auto& tags = rows.hosts[row % shape.host_count];
    for (std::size_t i = 0; i < kTags; i++) body += fmt::format(",{}={}", kTagNames[i], tags[i]);
    for (std::size_t i = 0; i < kFields; i++) {
      body += fmt::format("{}{}={:.2f}", i == 0 ? ' ' : ',', kFieldNames[i], rows.values[row][i]);
    }
    body += fmt::format(" {}\n", TimeOf(shape, row) * 1000);
  }
  return body;
}

std::string CpuMsgpackColumns(const CpuShape& shape) {
  const auto rows = MakeRows(shape);
  Msgpack out;
  out.Map(2);
  out.String("m");
  out.String("cpu");
  out.String("columns");
  out.Map32(1 + kTags + kFields);
  out.String("time");
  out.Array(shape.row_count);
  for (std::size_t row = 0; row < shape.row_count; row++) out.Int64(TimeOf(shape, row));
  for (std::size_t i = 0; i < kTags; i++) {
    out.String(kTagNames[i]);
    out.Array(shape.row_count);
    for (std::size_t row = 0; row < shape.row_count; row++) {
      out.String(rows.hosts[row % shape.host_count][i]);
    }
  }
  for (std::size_t i = 0; i < kFields; i++) {
    out.String(kFieldNames[i]);
    out.Array(shape.row_count);
    for (const auto& values : rows.values) out.Double(values[i]);
  }
  return out.Take();
}

}  // namespace arc::bench
