// For tests: three rows of a number and a text; the texts have all that must be escaped.

#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "query/engine/interface/result_chunk.h"

namespace arc::format {

// Lifetime: outlives the chunks it shows.
class TestResult {
 public:
  const std::vector<engine::ResultColumnInfo>& columns() const { return columns_; }
  engine::ResultChunk Chunk() const {
    return {3,
            {{engine::ResultKind::kInt64, numbers_.data(), nullptr},
             {engine::ResultKind::kText, texts_.data(), &text_validity_}}};
  }

 private:
  const std::vector<engine::ResultColumnInfo> columns_ = {
      {"n", engine::ResultKind::kInt64, "BIGINT"},
      {"a \"b\"", engine::ResultKind::kText, "VARCHAR"}};
  const std::vector<std::int64_t> numbers_ = {1, 2, 3};
  const std::vector<std::string_view> texts_ = {"x,\"y\"\n", "null here", ""};
  const std::uint64_t text_validity_ = 0b101;
};

}  // namespace arc::format
