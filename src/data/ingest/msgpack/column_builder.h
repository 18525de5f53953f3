// Grows one column of a batch, value by value or array by array.
//
// An array is appended in two passes. The first, the scan of the item (item.h), has checked every
// byte of it and noted which kinds of values it holds. From these kinds alone Fits decides whether
// the column can take all of them, so nothing is appended that must be undone. The second pass is
// AppendArray: it sets the type of the column once, then copies in a tight loop that reads the
// bytes without checking them again.

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

// Which rows have a value. Needs no memory as long as every row has one.
class ValidityMask {
 public:
  void AppendValid(std::size_t count) {
    size_ += count;
    if (!words_.empty()) MarkLast(count);
  }
  void AppendNulls(std::size_t count);
  std::size_t size() const { return size_; }
  // In the form of Column::validity. The mask is empty afterwards.
  std::vector<std::uint64_t> TakeWords() { return std::exchange(words_, {}); }

 private:
  void MarkLast(std::size_t count);

  std::vector<std::uint64_t> words_;  // empty while every row has a value
  std::size_t size_ = 0;
};

// A column that has the type that the measurement has for it already, or takes the type of its
// first value. When a float comes, its integers become floats. Strings are kept as a dictionary as
// long as that pays (see DictionaryEncoder::Pays); strings of tags always are.
class ColumnBuilder {
 public:
  // `known_type`: kNull when the measurement does not have the column yet.
  ColumnBuilder(std::string name, ColumnType known_type)
      : name_(std::move(name)), type_(known_type) {}

  const std::string& name() const { return name_; }
  ColumnType type() const { return type_; }
  std::size_t size() const { return validity_.size(); }

  // Whether the column can take a value of this kind, or values of all these kinds.
  bool Fits(Kind kind) const;
  bool Fits(KindSet kinds) const;

  // From now on the column is a tag's.
  void MarkAsTag() { role_ = ColumnRole::kTag; }

  void AppendNulls(std::size_t count);
  // Requires: Fits(value.kind).
  void Append(const Value& value);
  // Requires: Fits(array.kinds); the array has been scanned.
  void AppendArray(const ArraySlice& array);

  // Requires: size() is the number of rows of the batch. The builder can only be destroyed
  // afterwards.
  Column Finish();

 private:
  // Like Column::Values, except that the dictionary is still being built.
  using Values = std::variant<std::monostate, std::vector<std::uint8_t>, std::vector<std::int64_t>,
                              std::vector<double>, StringValues, DictionaryEncoder>;

  void Become(ColumnType type);
  void BecomePlain();
  void AppendString(std::string_view text);
  template <class T, class TakeValue>
  void AppendValues(std::vector<T>& values, const ArraySlice& array, TakeValue take_value);
  // Both append the `left` values from `position` on, strings and NULLs, and move both forward.
  // AppendCoded stops early when the column becomes plain.
  void AppendCoded(const char*& position, std::uint64_t& left);
  void AppendPlain(const char*& position, std::uint64_t& left);

  std::string name_;
  ColumnType type_;
  ColumnRole role_ = ColumnRole::kField;
  Values values_;  // std::monostate until the first value, whatever the type
  ValidityMask validity_;
};

}  // namespace arc::ingest::msgpack
