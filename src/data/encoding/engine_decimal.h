// Which float the engine makes of a decimal that it reads in place.

#pragma once

#include <string_view>

namespace arc::encoding {

// What DuckDB's cast gives for a DECIMAL of `scale` digits behind the point (0 to 38), whose number
// Arrow writes as `text`: up to 2^53 as an integer one division, else the parts before and behind
// the point one by one, whose sum may miss the nearest float by one: 1.86 of scale 18 becomes
// 1.8599999999999999. tests/adopt_test.py compares it with the engine.
double EngineFloat(std::string_view text, int scale);

}  // namespace arc::encoding
