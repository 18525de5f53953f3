// MessagePack as text, to show people what was refused: JSON, cut short.

#pragma once

#include <cstddef>
#include <span>
#include <string>

#include "data/ingest/msgpack/item.h"
#include "data/ingest/msgpack/reader.h"

namespace arc::ingest::msgpack {

// One value. JSON cannot express binary data, extensions and NaN: they are described in words. So
// are arrays and maps, without their contents.
std::string Shown(const Value& value);

// The next value of `cursor` with its contents, up to about `bytes_max` bytes of text; "..." stands
// for the rest. Where the bytes are not MessagePack, the text ends.
std::string ShownItem(Reader cursor, int depth, std::size_t bytes_max);

// {"m": ..., "time": ..., name: value, ...} of one row. `time` may be null.
std::string ShownRow(std::string_view measurement, const Value* time, std::span<const Cell> cells,
                     std::size_t bytes_max);

}  // namespace arc::ingest::msgpack
