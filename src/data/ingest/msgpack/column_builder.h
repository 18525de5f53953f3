// Grows one column of a batch, value by value or array by array.

#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "data/ingest/dictionary_encoder.h"
#include "data/ingest/msgpack/item.h"
#include "data/ingest/msgpack/value.h"
#include "foundation/model/column_batch.h"

namespace arc::ingest::msgpack {

// Which rows have a value. Costs nothing while all have.
class ValidityMask {
 public:
  void AppendValid(std::size_t count) {
    size_ += count;
    if (!words_.empty()) MarkLast(count);
  }
  void AppendNulls(std::size_t count);
  std::size_t size() const { return size_; }
  // As Column::validity wants it. The mask is empty afterwards.
  std::vector<std::uint64_t> TakeWords() { return std::exchange(words_, {}); }

 private:
  void MarkLast(std::size_t count);

  std::vector<std::uint64_t> words_;  // empty while every row has a value
  std::size_t size_ = 0;
};

// A column that starts with no value and takes the type of the first one, or the type that the
// measurement has for it already. Integers become floats when a float comes. Strings are kept as a
// dictionary as long as that pays (see DictionaryEncoder::Pays), those of tags always.
class ColumnBuilder {
 public:
  // `known_type`: kNull when there is none.
  ColumnBuilder(std::string name, ColumnType known_type)
      : name_(std::move(name)), type_(known_type) {}

  const std::string& name() const { return name_; }
  ColumnType type() const { return type_; }
  std::size_t size() const { return validity_.size(); }

  // Whether the next value may be of this kind; or any of these kinds.
  bool Fits(Kind kind) const;
  bool Fits(KindSet kinds) const;

  // From now on the column is that of a tag.
  void MarkAsTag() { role_ = ColumnRole::kTag; }

  void AppendNulls(std::size_t count);
  // Requires: Fits(value.kind).
  void Append(const Value& value);
  // Requires: Fits(array.kinds); the array has been scanned.
  void AppendArray(const ArraySlice& array);

  // Requires: size() is the number of rows of the batch. The builder is spent afterwards.
  Column Finish();

 private:
  // Like Column::Values, but for the dictionary under construction.
  using Values = std::variant<std::monostate, std::vector<std::uint8_t>, std::vector<std::int64_t>,
                              std::vector<double>, StringValues, DictionaryEncoder>;

  void Become(ColumnType type);
  void BecomePlain();
  void AppendString(std::string_view text);
  template <class T, class TakeValue>
  void AppendValues(std::vector<T>& values, const ArraySlice& array, TakeValue take_value);
  // Both take strings and NULLs from `position` up to the `left` rest of an array, and move on.
  void AppendCoded(const char*& position, std::uint64_t& left);
  void AppendPlain(const char*& position, std::uint64_t& left);

  std::string name_;
  ColumnType type_;
  ColumnRole role_ = ColumnRole::kField;
  Values values_;  // std::monostate until the first value, whatever the type
  ValidityMask validity_;
};

}  // namespace arc::ingest::msgpack
