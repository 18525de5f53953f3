// Which of DuckDB's functions and system views SQL may use. Names in lower case.
//
// Table functions and views are listed one by one: whatever is not named is refused. Scalar and
// aggregate functions and macros are over a thousand and nearly all pure: these are refused by
// name, and a test fails when an upgrade of DuckDB brings one that nobody has looked at.

#pragma once

#include <cstddef>
#include <string>

namespace arc::engine {

// DuckDB looks for names like one that it does not know, which takes the square of its length.
inline constexpr std::size_t kFunctionNameBytesMax = 256;

// Generate rows, list measurements and columns.
bool IsAllowedTableFunction(const std::string& name);
// Reads or writes a file, or a format of files: has an error message of its own.
bool IsFileFunction(const std::string& name);
// Reads settings, secrets, logs, variables or the process, or changes state.
bool IsRefusedScalarFunction(const std::string& name);
// Views of `main` that list measurements and columns. (All of information_schema is allowed.)
bool IsAllowedSystemView(const std::string& name);

}  // namespace arc::engine
