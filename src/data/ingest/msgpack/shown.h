// MessagePack as text for people, who are shown what was refused: JSON, cut short.

#pragma once

#include <cstddef>
#include <span>
#include <string>

#include "data/ingest/msgpack/item.h"
#include "data/ingest/msgpack/reader.h"

namespace arc::ingest::msgpack {

// One value that stands for itself. JSON has no words for binary data, extensions and NaN: they are
// described in words. Of an array or a map only that it is one.
std::string Shown(const Value& value);

// The next value of `cursor`, with all that is in it, as far as about `bytes_max` bytes of text
// take it; "..." stands for the rest. The bytes may be no MessagePack: the text ends there.
std::string ShownItem(Reader cursor, int depth, std::size_t bytes_max);

// {"m": ..., "time": ..., name: value, ...} of one row. `time` may be null.
std::string ShownRow(std::string_view measurement, const Value* time, std::span<const Cell> cells,
                     std::size_t bytes_max);

}  // namespace arc::ingest::msgpack
