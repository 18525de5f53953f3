// Small batches for tests, written as literals:
//
//   BatchBuilder().Time({10, 20}).Tag("host", {"a", "b"}).Double("v", {0.5, std::nullopt}).Build()

#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "foundation/model/column_batch.h"

namespace arc::testing {

class BatchBuilder {
 public:
  template <class T>
  using Cells = std::vector<std::optional<T>>;

  // Microseconds since 1970-01-01T00:00:00Z. Call first.
  BatchBuilder& Time(std::vector<std::int64_t> times) {
    batch_.times = std::move(times);
    return *this;
  }
  BatchBuilder& Int64(const std::string& name, const Cells<std::int64_t>& cells) {
    return Fixed<std::int64_t>(name, cells);
  }
  BatchBuilder& Double(const std::string& name, const Cells<double>& cells) {
    return Fixed<double>(name, cells);
  }
  BatchBuilder& Bool(const std::string& name, const Cells<bool>& cells) {
    Cells<std::uint8_t> bytes;
    for (const auto& cell : cells) {
      bytes.push_back(cell ? std::optional<std::uint8_t>(*cell ? 1 : 0) : std::nullopt);
    }
    return Fixed<std::uint8_t>(name, bytes);
  }
  BatchBuilder& String(const std::string& name, const Cells<std::string>& cells) {
    StringValues values;
    for (const auto& cell : cells) values.Append(cell.value_or(""));
    return Add({name, ColumnRole::kField, std::move(values), ValidityOf(cells)});
  }
  BatchBuilder& Tag(const std::string& name, const Cells<std::string>& cells) {
    DictionaryValues values;
    std::unordered_map<std::string, std::uint32_t> codes;
    for (const auto& cell : cells) {
      if (!cell) {
        values.codes.push_back(DictionaryValues::kNullCode);
        continue;
      }
      const auto next = static_cast<std::uint32_t>(values.dictionary.size());
      const auto [entry, is_new] = codes.emplace(*cell, next);
      if (is_new) values.dictionary.Append(*cell);
      values.codes.push_back(entry->second);
    }
    return Add({name, ColumnRole::kTag, std::move(values), {}});
  }
  BatchBuilder& Null(const std::string& name) { return Add({name, ColumnRole::kField, {}, {}}); }

  ColumnBatch Build() {
    batch_.SetTimeRange();
    return std::move(batch_);
  }

 private:
  template <class T>
  static std::vector<std::uint64_t> ValidityOf(const Cells<T>& cells) {
    std::vector<std::uint64_t> words((cells.size() + 63) / 64);
    bool all = true;
    for (std::size_t i = 0; i < cells.size(); i++) {
      if (cells[i]) words[i / 64] |= std::uint64_t{1} << (i % 64);
      all = all && cells[i].has_value();
    }
    return all ? std::vector<std::uint64_t>() : words;
  }
  template <class T>
  BatchBuilder& Fixed(const std::string& name, const Cells<T>& cells) {
    std::vector<T> values;
    for (const auto& cell : cells) values.push_back(cell.value_or(T()));
    return Add({name, ColumnRole::kField, std::move(values), ValidityOf(cells)});
  }
  BatchBuilder& Add(Column column) {
    batch_.columns.push_back(std::move(column));
    return *this;
  }

  ColumnBatch batch_;
};

}  // namespace arc::testing
