#include "data/ingest/msgpack/item.h"

#include <fmt/format.h>

#include <array>
#include <utility>

#include "foundation/model/names.h"

namespace arc::ingest::msgpack {
namespace {

constexpr std::string_view kTimeName = "time";
constexpr std::string_view kHostTag = "host";

enum class Part { kMeasurement, kColumns, kTime, kHost, kFields, kCompactFields, kTags, kBatch };
constexpr std::array<std::string_view, 8> kPartKeys = {"m",      "columns", "t",    "h",
                                                       "fields", "f",       "tags", "batch"};

std::string_view KeyOf(Part part) { return kPartKeys[static_cast<std::size_t>(part)]; }

std::optional<Part> FindPart(std::string_view key) {
  for (std::size_t i = 0; i < kPartKeys.size(); i++) {
    if (kPartKeys[i] == key) return static_cast<Part>(i);
  }
  return std::nullopt;
}

void Clear(Item& item) {
  item.measurement.reset();
  item.has_columns = false;
  item.time_column.reset();
  item.columns.clear();
  item.row_count = 0;
  item.has_row_parts = false;
  item.time.reset();
  item.tags.clear();
  item.fields.clear();
  item.batch = nullptr;
  item.problem.clear();
}

// Reads one item. Every function returns false only when the bytes are not MessagePack. An error in
// the item itself is kept in its `problem`, and the rest of the item is skipped.
class Scanner {
 public:
  Scanner(Reader& reader, Item& item) : reader_(reader), item_(item) {}

  bool ScanItem(int depth) {
    Value head;
    if (!reader_.Read(depth, head)) return false;
    if (head.kind != Kind::kMap) {
      item_.problem = fmt::format("an item must be a map, not {}", Describe(head.kind));
      return head.kind != Kind::kArray || reader_.SkipContents(depth, head);
    }
    for (std::uint64_t i = 0; i < head.count; i++) {
      Value key;
      if (!reader_.ReadWhole(depth + 1, key)) return false;
      const auto part = key.kind == Kind::kString ? FindPart(key.bytes) : std::nullopt;
      if (!(part ? ScanPart(depth + 1, *part) : reader_.Skip(depth + 1))) return false;
    }
    return true;
  }

 private:
  bool ScanPart(int depth, Part part) {
    const auto bit = 1u << static_cast<int>(part);
    if ((parts_seen_ & bit) != 0) Reject(fmt::format("two keys \"{}\"", KeyOf(part)));
    parts_seen_ |= bit;
    if (HasProblem()) return reader_.Skip(depth);
    if (part != Part::kMeasurement && part != Part::kColumns && part != Part::kBatch) {
      item_.has_row_parts = true;
    }
    switch (part) {
      case Part::kMeasurement:
        return reader_.ReadWhole(depth, item_.measurement.emplace());
      case Part::kColumns:
        item_.has_columns = true;
        return ScanEntries(depth, part, [&](auto name) { return ScanColumn(depth + 1, name); });
      case Part::kTime:
        return reader_.ReadWhole(depth, item_.time.emplace());
      case Part::kHost:
        return ScanHost(depth);
      case Part::kFields:
        return ScanEntries(depth, part, [&](auto name) {
          return ScanCell(depth + 1, {name, {}, false}, item_.fields);
        });
      case Part::kCompactFields:
        return ScanCompactFields(depth);
      case Part::kTags:
        return ScanEntries(depth, part, [&](auto name) {
          return ScanCell(depth + 1, {name, {}, true}, item_.tags);
        });
      case Part::kBatch:
        item_.batch = reader_.position();
        return reader_.Skip(depth);
    }
    return false;
  }

  // Reads a map from names to values. `scan_value` reads the value of one name.
  template <class ScanValue>
  bool ScanEntries(int depth, Part part, ScanValue scan_value) {
    Value map;
    if (!reader_.Read(depth, map)) return false;
    if (map.kind != Kind::kMap) {
      Reject(fmt::format("\"{}\" must be a map, not {}", KeyOf(part), Describe(map.kind)));
      return map.kind != Kind::kArray || reader_.SkipContents(depth, map);
    }
    CheckCount(part, map.count);
    for (std::uint64_t i = 0; i < map.count; i++) {
      Value key;
      if (!reader_.ReadWhole(depth + 1, key)) return false;
      if (key.kind != Kind::kString) {
        Reject(fmt::format("a key in \"{}\" is {}, not a string", KeyOf(part), Describe(key.kind)));
      } else if (key.bytes.empty()) {
        Reject(fmt::format("a key in \"{}\" is empty", KeyOf(part)));
      }
      if (!(HasProblem() ? reader_.Skip(depth + 1) : scan_value(key.bytes))) return false;
    }
    return true;
  }

  bool ScanColumn(int depth, std::string_view name) {
    ArraySlice slice{name, nullptr, 0, {}};
    Value array;
    if (!reader_.Read(depth, array)) return false;
    if (array.kind != Kind::kArray) {
      Reject(fmt::format("column {} must be an array, not {}", Quoted(name), Describe(array.kind)));
      return array.kind != Kind::kMap || reader_.SkipContents(depth, array);
    }
    slice.values = reader_.position();
    slice.count = array.count;
    if (!reader_.SkipValues(depth + 1, array.count, slice.kinds)) return false;
    AddColumn(slice);
    return true;
  }

  void AddColumn(const ArraySlice& slice) {
    if (first_column_.empty()) {
      first_column_ = slice.name;
      item_.row_count = slice.count;
    } else if (slice.count != item_.row_count) {
      return Reject(fmt::format("column {} has {} values, {} has {}", Quoted(slice.name),
                                slice.count, Quoted(first_column_), item_.row_count));
    }
    if (!EqualIgnoringCase(slice.name, kTimeName)) {
      item_.columns.push_back(slice);
    } else if (item_.time_column) {
      Reject("two columns named \"time\"");
    } else {
      item_.time_column = slice;
    }
  }

  bool ScanCell(int depth, Cell cell, std::vector<Cell>& cells) {
    if (!reader_.ReadWhole(depth, cell.value)) return false;
    if (EqualIgnoringCase(cell.name, kTimeName)) {
      Reject(fmt::format("a {} cannot be named \"time\"", cell.is_tag ? "tag" : "field"));
    } else if (!cell.is_tag || cell.value.kind != Kind::kNull) {
      cells.push_back(cell);
    }
    return true;
  }

  bool ScanCompactFields(int depth) {
    Value array;
    if (!reader_.Read(depth, array)) return false;
    if (array.kind != Kind::kArray) {
      Reject(fmt::format("\"f\" must be an array, not {}", Describe(array.kind)));
      return array.kind != Kind::kMap || reader_.SkipContents(depth, array);
    }
    CheckCount(Part::kCompactFields, array.count);
    if (HasProblem()) return reader_.SkipContents(depth, array);
    auto& names = item_.compact_names;
    for (std::uint64_t i = 0; i < array.count; i++) {
      if (i == names.size()) names.push_back(fmt::format("field_{}", i));
      if (!ScanCell(depth + 1, {names[i], {}, false}, item_.fields)) return false;
    }
    return true;
  }

  bool ScanHost(int depth) {
    Cell host{kHostTag, {}, true};
    if (!reader_.ReadWhole(depth, host.value)) return false;
    switch (host.value.kind) {
      case Kind::kNull:
        return true;
      case Kind::kInteger:
        item_.host_text = fmt::format("host_{}", host.value.integer);
        break;
      case Kind::kHugeInteger:
        item_.host_text = fmt::format("host_{}", host.value.huge_integer);
        break;
      case Kind::kString:
        item_.tags.insert(item_.tags.begin(), host);
        return true;
      default:
        Reject(
            fmt::format("\"h\" must be a string or an integer, not {}", Describe(host.value.kind)));
        return true;
    }
    host.value.kind = Kind::kString;
    host.value.bytes = item_.host_text;
    item_.tags.insert(item_.tags.begin(), host);
    return true;
  }

  void CheckCount(Part part, std::uint64_t count) {
    if (count <= kColumnsMax) return;
    Reject(fmt::format("\"{}\" has {} entries: at most {} are allowed", KeyOf(part), count,
                       kColumnsMax));
  }

  bool HasProblem() const { return !item_.problem.empty(); }
  void Reject(std::string problem) {
    if (!HasProblem()) item_.problem = std::move(problem);
  }

  Reader& reader_;
  Item& item_;
  unsigned parts_seen_ = 0;
  std::string_view first_column_;
};

}  // namespace

bool ScanItem(Reader& reader, int depth, Item& item) {
  Clear(item);
  return Scanner(reader, item).ScanItem(depth);
}

}  // namespace arc::ingest::msgpack
