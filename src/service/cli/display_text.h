// Text from a server, made fit for a terminal, and how wide it will be there.

#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace arc::cli {

enum class LineBreaks { kKeep, kEscape };

// Control characters become visible ("\n", "\x1b"), so that no value can move the cursor or
// break a table; bytes that are not UTF-8 become U+FFFD.
std::string DisplayText(std::string_view text, LineBreaks line_breaks = LineBreaks::kEscape);

// Columns that `text` takes on a terminal: wide characters count two, combining ones none.
std::size_t DisplayWidth(std::string_view text);

// `text` if it fits, else its beginning and "…", at most `columns` wide. Cuts between characters.
std::string CutToWidth(std::string_view text, std::size_t columns);

}  // namespace arc::cli
