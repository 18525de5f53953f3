// Which of DuckDB's functions and system views SQL may use. Names in lower case.
//
// Table functions and views are listed one by one: every other one is refused. Scalar and aggregate
// functions and macros are over a thousand, and nearly all are pure, so only the refused ones are
// listed. A test fails when an upgrade of DuckDB brings a function that nobody has reviewed.

#pragma once

#include <cstddef>
#include <string>

namespace arc::engine {

// DuckDB searches for names similar to an unknown one, which takes the square of its length.
inline constexpr std::size_t kFunctionNameBytesMax = 256;

// Functions that generate rows, or list measurements and columns.
bool IsAllowedTableFunction(const std::string& name);
// Functions that read or write a file, or a format of files; they get their own error message.
bool IsFileFunction(const std::string& name);
// Functions that read settings, secrets, logs, variables or the process, or change state.
bool IsRefusedScalarFunction(const std::string& name);
// Views of `main` that list measurements and columns. (All of information_schema is allowed.)
bool IsAllowedSystemView(const std::string& name);

}  // namespace arc::engine
