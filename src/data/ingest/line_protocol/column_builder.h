// Grows one typed column, a value at a time, in the form in which a ColumnBatch holds it.

#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "data/ingest/dictionary_encoder.h"
#include "data/ingest/line_protocol/cell_value.h"
#include "foundation/model/column_batch.h"

namespace arc::ingest::line_protocol {

// The column starts with the type that it is given, or takes that of its first value. When the
// first float comes, all its integers become floats; nothing else changes the type. A column whose
// strings all came as tags is kept as a dictionary, other strings one after the other.
//
// Rows that are skipped become NULL. Nothing ever needs to be undone in a column, because a value
// is appended only when its whole row is known to be good.
class ColumnBuilder {
 public:
  // `type` is kNull when the first value decides.
  ColumnBuilder(std::string name, ColumnType type) : name_(std::move(name)), type_(type) {}

  const std::string& name() const { return name_; }
  ColumnType type() const { return type_; }

  // Whether a value of this type can be appended.
  bool Accepts(ColumnType offered) const {
    ColumnType joined;
    return offered == type_ || JoinTypes(type_, offered, joined);
  }

  // Appends the value of row `row`, which is after the rows of all earlier values.
  // Requires: Accepts(value.type()).
  void Append(std::size_t row, const CellValue& value);

  // The column with `row_count` rows. The builder can only be destroyed afterwards.
  Column Take(std::size_t row_count);

 private:
  using Values = std::variant<std::monostate, std::vector<std::uint8_t>, std::vector<std::int64_t>,
                              std::vector<double>, StringValues, DictionaryEncoder>;

  // Indices into Values.
  enum Form : std::size_t { kNone, kBooleans, kIntegers, kDoubles, kStrings, kDictionary };

  bool NeedsOtherForm(CellValue::Kind kind) const {
    const auto form = values_.index();
    return form == kNone || (form == kIntegers && kind == CellValue::Kind::kDouble) ||
           (form == kDictionary && kind == CellValue::Kind::kString);
  }
  void ChangeForm(CellValue::Kind kind);
  void WidenToDouble();
  void SpellOutDictionary();
  void AppendNulls(std::size_t count);
  void MarkValid(std::size_t begin, std::size_t end);

  std::string name_;
  ColumnType type_;
  ColumnRole role_ = ColumnRole::kField;
  std::size_t row_count_ = 0;
  Values values_;
  bool has_nulls_ = false;  // never set for dictionaries, where code 0 means NULL
  // With has_nulls_: the bits of valid rows; words past the last valid row may be absent.
  std::vector<std::uint64_t> validity_;
};

}  // namespace arc::ingest::line_protocol
