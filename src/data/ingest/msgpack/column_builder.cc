#include "data/ingest/msgpack/column_builder.h"

#include <array>
#include <initializer_list>

#include "data/ingest/msgpack/reader.h"
#include "foundation/base/check.h"

namespace arc::ingest::msgpack {
namespace {

constexpr std::size_t kBitsPerWord = 64;

// The first bytes of values that the loops below look for.
constexpr auto kNullTag = static_cast<char>(0xC0);
constexpr auto kTrueTag = static_cast<char>(0xC3);
constexpr auto kFloat32Tag = static_cast<char>(0xCA);
constexpr auto kFloat64Tag = static_cast<char>(0xCB);

// Each Take function reads the value at `position` and moves past it. The scan has checked that the
// value is whole and of the right kind.

bool TakeBool(const char*& position) { return *position++ == kTrueTag; }

std::int64_t TakeInteger(const char*& position) {
  const auto tag = static_cast<std::uint8_t>(*position++);
  const auto take = [&]<class T>(T) {
    const auto number = LoadBigEndian<T>(position);
    position += sizeof(T);
    return static_cast<std::int64_t>(number);
  };
  switch (tag) {
    case 0xCC:
      return take(std::uint8_t{});
    case 0xCD:
      return take(std::uint16_t{});
    case 0xCE:
      return take(std::uint32_t{});
    case 0xCF:
      return take(std::uint64_t{});
    case 0xD0:
      return take(std::int8_t{});
    case 0xD1:
      return take(std::int16_t{});
    case 0xD2:
      return take(std::int32_t{});
    case 0xD3:
      return take(std::int64_t{});
    default:
      return static_cast<std::int8_t>(tag);
  }
}

double TakeNumber(const char*& position) {
  if (*position == kFloat64Tag) [[likely]] {
    const auto number = LoadBigEndian<double>(position + 1);
    position += 1 + sizeof(double);
    return number;
  }
  if (*position == kFloat32Tag) {
    const auto number = LoadBigEndian<float>(position + 1);
    position += 1 + sizeof(float);
    return number;
  }
  return static_cast<double>(TakeInteger(position));
}

std::string_view TakeString(const char*& position) {
  const auto tag = static_cast<std::uint8_t>(*position++);
  std::size_t size = tag & 0x1F;
  if (tag == 0xD9) {
    size = LoadBigEndian<std::uint8_t>(position);
    position += 1;
  } else if (tag == 0xDA) {
    size = LoadBigEndian<std::uint16_t>(position);
    position += 2;
  } else if (tag == 0xDB) {
    size = LoadBigEndian<std::uint32_t>(position);
    position += 4;
  }
  const std::string_view text(position, size);
  position += size;
  return text;
}

}  // namespace

void ValidityMask::MarkLast(std::size_t count) {
  words_.resize((size_ + kBitsPerWord - 1) / kBitsPerWord);
  for (auto i = size_ - count; i < size_; i++) {
    words_[i / kBitsPerWord] |= std::uint64_t{1} << (i % kBitsPerWord);
  }
}

void ValidityMask::AppendNulls(std::size_t count) {
  if (count == 0) return;
  if (words_.empty() && size_ > 0) {
    words_.assign((size_ + kBitsPerWord - 1) / kBitsPerWord, ~std::uint64_t{0});
    const auto used = size_ % kBitsPerWord;
    if (used != 0) words_.back() = (std::uint64_t{1} << used) - 1;
  }
  size_ += count;
  words_.resize((size_ + kBitsPerWord - 1) / kBitsPerWord);
}

bool ColumnBuilder::Fits(Kind kind) const {
  auto type = ColumnType::kNull;
  auto joined = ColumnType::kNull;
  return ColumnTypeOf(kind, type) && JoinTypes(type_, type, joined);
}

bool ColumnBuilder::Fits(KindSet kinds) const {
  auto joined = type_;
  for (int i = 0; i < kKindCount; i++) {
    const auto kind = static_cast<Kind>(i);
    auto type = ColumnType::kNull;
    if (!kinds.Has(kind)) continue;
    if (!ColumnTypeOf(kind, type) || !JoinTypes(joined, type, joined)) return false;
  }
  return true;
}

void ColumnBuilder::Become(ColumnType type) {
  JoinTypes(type_, type, type_);
  if (std::holds_alternative<std::monostate>(values_)) {
    const auto rows = size();
    if (type_ == ColumnType::kBool) values_ = std::vector<std::uint8_t>(rows);
    if (type_ == ColumnType::kInt64) values_ = std::vector<std::int64_t>(rows);
    if (type_ == ColumnType::kDouble) values_ = std::vector<double>(rows);
    if (type_ == ColumnType::kString) values_.emplace<DictionaryEncoder>().AppendNulls(rows);
  } else if (type_ == ColumnType::kDouble) {
    const auto* const integers = std::get_if<std::vector<std::int64_t>>(&values_);
    if (integers != nullptr) values_ = std::vector<double>(integers->begin(), integers->end());
  }
}

void ColumnBuilder::BecomePlain() {
  auto plain = std::get<DictionaryEncoder>(values_).TakePlain();
  values_ = std::move(plain);
}

void ColumnBuilder::AppendNulls(std::size_t count) {
  validity_.AppendNulls(count);
  const auto rows = size();
  if (auto* const coded = std::get_if<DictionaryEncoder>(&values_)) {
    coded->AppendNulls(count);
  } else if (auto* const plain = std::get_if<StringValues>(&values_)) {
    plain->offsets.resize(rows + 1, plain->offsets.back());
  } else if (auto* const bools = std::get_if<std::vector<std::uint8_t>>(&values_)) {
    bools->resize(rows);
  } else if (auto* const integers = std::get_if<std::vector<std::int64_t>>(&values_)) {
    integers->resize(rows);
  } else if (auto* const doubles = std::get_if<std::vector<double>>(&values_)) {
    doubles->resize(rows);
  }
}

void ColumnBuilder::AppendString(std::string_view text) {
  if (auto* const plain = std::get_if<StringValues>(&values_)) return plain->Append(text);
  auto& coded = std::get<DictionaryEncoder>(values_);
  coded.Append(text);
  if (role_ == ColumnRole::kField && !coded.Pays()) BecomePlain();
}

void ColumnBuilder::Append(const Value& value) {
  auto type = ColumnType::kNull;
  CHECK(ColumnTypeOf(value.kind, type), "a value that no column holds");
  if (type == ColumnType::kNull) return AppendNulls(1);
  Become(type);
  if (value.kind == Kind::kString) {
    AppendString(value.bytes);
  } else if (auto* const doubles = std::get_if<std::vector<double>>(&values_)) {
    const bool is_float = value.kind == Kind::kFloat;
    doubles->push_back(is_float ? value.number : static_cast<double>(value.integer));
  } else if (value.kind == Kind::kInteger) {
    std::get<std::vector<std::int64_t>>(values_).push_back(value.integer);
  } else {
    std::get<std::vector<std::uint8_t>>(values_).push_back(value.boolean ? 1 : 0);
  }
  validity_.AppendValid(1);
}

template <class T, class TakeValue>
void ColumnBuilder::AppendValues(std::vector<T>& values, const ArraySlice& array,
                                 TakeValue take_value) {
  const auto begin = values.size();
  values.resize(begin + array.count);
  T* target = values.data() + begin;
  const T* const end = target + array.count;
  const char* position = array.values;
  if (!array.kinds.Has(Kind::kNull)) {
    while (target != end) *target++ = static_cast<T>(take_value(position));
    return validity_.AppendValid(array.count);
  }
  for (; target != end; target++) {
    if (*position == kNullTag) {
      position++;
      validity_.AppendNulls(1);
    } else {
      *target = static_cast<T>(take_value(position));
      validity_.AppendValid(1);
    }
  }
}

void ColumnBuilder::AppendCoded(const char*& position, std::uint64_t& left) {
  auto& coded = std::get<DictionaryEncoder>(values_);
  const bool may_become_plain = role_ == ColumnRole::kField;
  coded.Reserve(coded.size() + left);
  for (; left > 0; left--) {
    if (*position == kNullTag) {
      position++;
      coded.AppendNulls(1);
      validity_.AppendNulls(1);
      continue;
    }
    if (may_become_plain && !coded.Pays()) return BecomePlain();
    coded.Append(TakeString(position));
    validity_.AppendValid(1);
  }
}

void ColumnBuilder::AppendPlain(const char*& position, std::uint64_t& left) {
  auto& plain = std::get<StringValues>(values_);
  plain.offsets.reserve(plain.offsets.size() + left);
  for (; left > 0; left--) {
    if (*position == kNullTag) {
      position++;
      plain.Append("");
      validity_.AppendNulls(1);
    } else {
      plain.Append(TakeString(position));
      validity_.AppendValid(1);
    }
  }
}

void ColumnBuilder::AppendArray(const ArraySlice& array) {
  if (array.kinds.IsOnly(Kind::kNull)) return AppendNulls(array.count);
  if (array.kinds.Has(Kind::kBool)) Become(ColumnType::kBool);
  if (array.kinds.Has(Kind::kInteger)) Become(ColumnType::kInt64);
  if (array.kinds.Has(Kind::kFloat)) Become(ColumnType::kDouble);
  if (array.kinds.Has(Kind::kString)) Become(ColumnType::kString);
  if (auto* const bools = std::get_if<std::vector<std::uint8_t>>(&values_)) {
    AppendValues(*bools, array, TakeBool);
  } else if (auto* const integers = std::get_if<std::vector<std::int64_t>>(&values_)) {
    AppendValues(*integers, array, TakeInteger);
  } else if (auto* const doubles = std::get_if<std::vector<double>>(&values_)) {
    AppendValues(*doubles, array, TakeNumber);
  } else {
    const char* position = array.values;
    auto left = array.count;
    if (std::holds_alternative<DictionaryEncoder>(values_)) AppendCoded(position, left);
    if (left > 0) AppendPlain(position, left);
  }
}

Column ColumnBuilder::Finish() {
  Column column{std::move(name_), role_, {}, {}};
  if (auto* const coded = std::get_if<DictionaryEncoder>(&values_)) {
    column.values = coded->TakeValues();
    return column;
  }
  if (std::holds_alternative<std::monostate>(values_)) return column;
  column.validity = validity_.TakeWords();
  if (auto* const plain = std::get_if<StringValues>(&values_)) column.values = std::move(*plain);
  if (auto* const bools = std::get_if<std::vector<std::uint8_t>>(&values_)) {
    column.values = std::move(*bools);
  }
  if (auto* const integers = std::get_if<std::vector<std::int64_t>>(&values_)) {
    column.values = std::move(*integers);
  }
  if (auto* const doubles = std::get_if<std::vector<double>>(&values_)) {
    column.values = std::move(*doubles);
  }
  return column;
}

}  // namespace arc::ingest::msgpack
