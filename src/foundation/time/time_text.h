// Moments as text: RFC 3339 in UTC, the form of every answer.

#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

namespace arc {

// Appends microseconds since 1970-01-01T00:00:00Z as, for example, 2026-01-01T00:00:00Z or
// 2026-01-01T00:00:00.25Z: trailing zeros of the fraction are left out. Years before 0 and after
// 9999 get a sign and at least four digits, as in ISO 8601.
void AppendRfc3339(std::string& out, std::int64_t micros);
// The same for nanoseconds.
void AppendRfc3339Nanos(std::string& out, std::int64_t nanos);

// The same into memory with room for kRfc3339BytesMax; returns the end of what was written.
inline constexpr std::size_t kRfc3339BytesMax = 40;
char* WriteRfc3339(char* to, std::int64_t micros);
char* WriteRfc3339Nanos(char* to, std::int64_t nanos);
// Days since 1970-01-01 as 2026-01-01.
char* WriteDay(char* to, std::int64_t days);

std::string Rfc3339(std::int64_t micros);

}  // namespace arc
