// Query results as plain memory, without DuckDB's types. The formats read them.

#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace arc::engine {

// How the values of a result column lie in memory.
enum class ResultKind {
  kNull,  // no values: every row is NULL
  kBool,  // bool
  kInt8,  // std::int8_t, and so on
  kInt16,
  kInt32,
  kInt64,
  kUint8,
  kUint16,
  kUint32,
  kUint64,
  kFloat,
  kDouble,
  kTimestampMicros,  // std::int64_t since 1970-01-01T00:00:00Z; see kInfinityMicros
  kLocalMicros,      // std::int64_t since 1970-01-01T00:00:00 in an unknown time zone
  kLocalNanos,       // the same in nanoseconds
  kDate,             // std::int32_t days since 1970-01-01; see kInfinityDays
  kText,             // std::string_view, UTF-8
  kNumberText,       // std::string_view: a decimal number of any length, as in JSON
};

// SQL's 'infinity'::TIMESTAMP and ::DATE; '-infinity' is the negative.
inline constexpr std::int64_t kInfinityMicros = INT64_MAX;
inline constexpr std::int32_t kInfinityDays = INT32_MAX;

struct ResultColumnInfo {
  std::string name;  // no two columns of a result have the same
  ResultKind kind;
  std::string type;  // DuckDB's name, for example "TIMESTAMP WITH TIME ZONE"
};

// Valid until the next call of QueryRun::Next().
struct ResultColumn {
  ResultKind kind = ResultKind::kNull;
  const void* values = nullptr;             // one value for each row, NULL too; null for kNull
  const std::uint64_t* validity = nullptr;  // bit (row % 64) of word row / 64; null: all valid

  bool IsValid(std::size_t row) const {
    if (kind == ResultKind::kNull) return false;
    return validity == nullptr || ((validity[row / 64] >> (row % 64)) & 1) != 0;
  }
  // `T` must be the type that belongs to `kind`.
  template <class T>
  const T* As() const {
    return static_cast<const T*>(values);
  }
  std::string_view Text(std::size_t row) const { return As<std::string_view>()[row]; }
};

struct ResultChunk {
  std::size_t row_count = 0;  // at most 2048, never 0
  std::vector<ResultColumn> columns;
};

}  // namespace arc::engine
