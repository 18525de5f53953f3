// As which float the engine reads a decimal in place.

#pragma once

#include <string_view>

namespace arc::encoding {

// The result of DuckDB's cast to DOUBLE of a DECIMAL with `scale` digits behind the point (0 to
// 38); `text` is the number as Arrow writes it. DuckDB divides once when the digits as an integer
// are at most 2^53. Else it adds the parts before and behind the point, and the sum may be the
// float next to the nearest one: 1.86 of scale 18 becomes 1.8599999999999999. tests/adopt_test.py
// compares this function with the engine.
double EngineFloat(std::string_view text, int scale);

}  // namespace arc::encoding
