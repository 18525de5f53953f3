// Decimal text to numbers, faster than the standard library for the lengths that telemetry has.
// Every function takes the whole text: a sign alone, a space or a trailing letter is malformed.

#pragma once

#include <cstdint>
#include <string_view>

namespace arc::ingest::line_protocol {

enum class NumberOutcome : std::uint8_t { kOk, kMalformed, kOutOfRange };

// [+-]? digit+
NumberOutcome ParseInteger(std::string_view text, std::int64_t& value);

// '+'? digit+; kOutOfRange above the greatest *signed* integer, which is what columns hold.
NumberOutcome ParseUnsigned(std::string_view text, std::int64_t& value);

// [+-]? (digit+ ('.' digit*)? | '.' digit+) ([eE] [+-]? digit+)?
// The nearest double. kOutOfRange when the number is too large for a double, or so small that it
// would become zero.
NumberOutcome ParseDouble(std::string_view text, double& value);

}  // namespace arc::ingest::line_protocol
