// How much memory and time a call of a DuckDB function may take, computed before it is called.
//
// DuckDB's memory_limit counts tables, sorts and joins, but not the values that a function makes:
// one repeat() can take all memory. And DuckDB interrupts a query only between two vectors of 2,048
// rows: a comparison of two long texts can take hours. Both can be computed from the sizes of the
// arguments, and sometimes from their values (the count of repeat(), the width of lpad()).
//
// A rule gives an upper bound for one row: the bytes of the result, and the steps beyond those that
// reading and writing these bytes take. It need not be exact; it must never be too small, and it
// must not be so large that ordinary calls are refused. Arithmetic saturates, so that no argument
// can make a bound wrap around to a small number. A function without a rule of its own makes values
// about as large as its arguments (Grown<1>).

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
  // The bytes of a text or blob, or of the slots of a list; 0 for anything else and for NULL.
  std::uint64_t Bytes(std::size_t column, std::size_t row) const;
  bool IsText(std::size_t column) const { return columns_[column].kind == Kind::kText; }
  // The text; "" for anything else and for NULL.
  std::string_view Text(std::size_t column, std::size_t row) const;
  // A whole number, or a time in microseconds; a double without its fraction; `otherwise` for
  // anything else and for NULL.
  std::int64_t Number(std::size_t column, std::size_t row, std::int64_t otherwise) const;
  // An interval in microseconds, with 28 days for a month; 0 for anything else and for NULL.
  std::int64_t IntervalMicros(std::size_t column, std::size_t row) const;
  // How many elements a list has; 0 for anything else and for NULL.
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

// What a call costs at most for one row.
struct CallCost {
  std::uint64_t bytes = 0;  // of memory
  std::uint64_t steps = 0;  // of about 1 ns, beyond those for its bytes; 0: not worth counting
};

using CallCostFunction = CallCost (*)(const CallArguments& arguments, std::size_t row);

struct CallRule {
  CallCostFunction cost;     // never null
  std::uint64_t growth = 0;  // not 0: `cost` is just so many times the arguments' bytes
};

// The rule of the function `name`, which is in lower case.
CallRule RuleOf(const std::string& name);
bool HasRuleOfItsOwn(const std::string& name);

// An upper bound for the bytes of the arguments of any one row. Looks at each column on its own,
// which takes about a nanosecond for each row.
std::uint64_t MostBytesOfARow(duckdb::DataChunk& arguments);

}  // namespace arc::engine
