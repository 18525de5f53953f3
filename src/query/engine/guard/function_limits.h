// What DuckDB's functions may make out of their arguments, said before they are called.
//
// DuckDB's memory_limit counts tables, sorts and joins, not the values that a function makes: one
// repeat() can take all memory. And it interrupts a query between two vectors of 2,048 rows, not
// inside one: a comparison of two long texts can take hours. Both are known from the sizes of the
// arguments.

#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "query/engine/duckdb/duckdb_api.h"

namespace arc::engine {

// The arguments of one call, a row at a time.
class CallArguments {
 public:
  explicit CallArguments(duckdb::DataChunk& arguments);

  std::size_t count() const { return columns_.size(); }
  std::size_t row_count() const { return row_count_; }
  // Bytes of a text or blob, of the slots of a list (with `text_bytes` each), 0 of anything else
  // and of NULL.
  std::uint64_t Bytes(std::size_t column, std::size_t row) const;
  bool IsText(std::size_t column) const { return columns_[column].kind == Kind::kText; }
  // Of a text; "" of anything else and of NULL.
  std::string_view Text(std::size_t column, std::size_t row) const;
  // Of a whole number or a time in microseconds, else `otherwise`; of a double, rounded.
  std::int64_t Number(std::size_t column, std::size_t row, std::int64_t otherwise) const;
  // Of an interval, in microseconds; a month counts 28 days.
  std::int64_t IntervalMicros(std::size_t column, std::size_t row) const;
  // Elements of a list.
  std::uint64_t Length(std::size_t column, std::size_t row) const;

 private:
  enum class Kind : std::uint8_t { kText, kList, kOther };
  struct Column {
    Kind kind;
    duckdb::LogicalTypeId type;
    duckdb::PhysicalType physical;
    std::uint64_t element_bytes = 0;  // of a list
    duckdb::UnifiedVectorFormat data;
  };

  std::vector<Column> columns_;
  std::size_t row_count_;
};

// What a call costs, at most, for one row.
struct CallCost {
  std::uint64_t bytes = 0;  // of memory
  std::uint64_t steps = 0;  // of about a nanosecond, beyond what its bytes take; 0: never mind
};

using CallCostFunction = CallCost (*)(const CallArguments& arguments, std::size_t row);

struct CallRule {
  CallCostFunction cost;     // never null
  std::uint64_t growth = 0;  // that is all it says: so many bytes for one of the arguments; 0: more
};

// Of the function `name`, in lower case: those without a rule of their own make values about as
// large as their arguments.
CallRule RuleOf(const std::string& name);
bool HasRuleOfItsOwn(const std::string& name);

// The sized arguments of any row have at most so many bytes together: what a look at each column
// by itself tells, at a nanosecond a row.
std::uint64_t MostBytesOfARow(duckdb::DataChunk& arguments);

}  // namespace arc::engine
