#include "query/engine/chunk_converter.h"

#include <string>
#include <unordered_map>
#include <unordered_set>
#include <vector>

namespace arc::engine {
namespace {

using duckdb::FlatVector;
using duckdb::LogicalType;
using duckdb::LogicalTypeId;

ResultKind KindOf(const LogicalType& type) {
  switch (type.id()) {
    case LogicalTypeId::SQLNULL:
      return ResultKind::kNull;
    case LogicalTypeId::BOOLEAN:
      return ResultKind::kBool;
    case LogicalTypeId::TINYINT:
      return ResultKind::kInt8;
    case LogicalTypeId::SMALLINT:
      return ResultKind::kInt16;
    case LogicalTypeId::INTEGER:
      return ResultKind::kInt32;
    case LogicalTypeId::BIGINT:
      return ResultKind::kInt64;
    case LogicalTypeId::UTINYINT:
      return ResultKind::kUint8;
    case LogicalTypeId::USMALLINT:
      return ResultKind::kUint16;
    case LogicalTypeId::UINTEGER:
      return ResultKind::kUint32;
    case LogicalTypeId::UBIGINT:
      return ResultKind::kUint64;
    case LogicalTypeId::FLOAT:
      return ResultKind::kFloat;
    case LogicalTypeId::DOUBLE:
      return ResultKind::kDouble;
    case LogicalTypeId::TIMESTAMP_TZ:
      return ResultKind::kTimestampMicros;
    case LogicalTypeId::TIMESTAMP:
    case LogicalTypeId::TIMESTAMP_MS:
    case LogicalTypeId::TIMESTAMP_SEC:
      return ResultKind::kLocalMicros;
    case LogicalTypeId::TIMESTAMP_NS:
      return ResultKind::kLocalNanos;
    case LogicalTypeId::DATE:
      return ResultKind::kDate;
    case LogicalTypeId::DECIMAL:
    case LogicalTypeId::HUGEINT:
    case LogicalTypeId::UHUGEINT:
    case LogicalTypeId::BIGNUM:
      return ResultKind::kNumberText;
    default:
      return ResultKind::kText;  // TIME, INTERVAL, UUID, LIST, STRUCT, MAP, ENUM, BLOB, BIT, ...
  }
}

LogicalType TargetType(const LogicalType& type, ResultKind kind) {
  switch (kind) {
    case ResultKind::kText:
    case ResultKind::kNumberText:
      return type.id() == LogicalTypeId::VARCHAR ? type : LogicalType::VARCHAR;
    case ResultKind::kLocalMicros:
      return LogicalType::TIMESTAMP;  // seconds and milliseconds are cast to it
    default:
      return type;
  }
}

// `SELECT a.time, b.time` gives two columns `time`, so a JSON object would have the key twice.
// Later ones become time_1, time_2, ..., whichever names are free.
std::vector<std::string> UniqueNames(const duckdb::vector<std::string>& names) {
  std::unordered_set<std::string> taken(names.begin(), names.end());
  std::unordered_set<std::string> given;
  std::unordered_map<std::string, std::size_t> numbers;
  std::vector<std::string> unique;
  for (const auto& name : names) {
    auto candidate = name;
    while (!given.insert(candidate).second) {
      do {
        candidate = name + "_" + std::to_string(++numbers[name]);
      } while (!taken.insert(candidate).second);
    }
    unique.push_back(std::move(candidate));
  }
  return unique;
}

}  // namespace

ChunkConverter::ChunkConverter(duckdb::ClientContext& context,
                               const duckdb::vector<LogicalType>& types,
                               const duckdb::vector<std::string>& names)
    : context_(context), casts_(types.size()) {
  const auto unique_names = UniqueNames(names);
  for (duckdb::idx_t i = 0; i < types.size(); i++) {
    const auto kind = KindOf(types[i]);
    infos_.push_back({unique_names[i], kind, types[i].ToString()});
    const bool is_text = kind == ResultKind::kText || kind == ResultKind::kNumberText;
    targets_.push_back({TargetType(types[i], kind), is_text, {}});
  }
  chunk_.columns.resize(types.size());
}

const ResultChunk& ChunkConverter::Convert(duckdb::DataChunk& chunk) {
  chunk_.row_count = chunk.size();
  for (std::size_t i = 0; i < infos_.size(); i++) ConvertColumn(i, chunk.data[i], chunk.size());
  return chunk_;
}

void ChunkConverter::ConvertColumn(std::size_t index, duckdb::Vector& source, duckdb::idx_t count) {
  auto& column = chunk_.columns[index];
  auto& target = targets_[index];
  column = {infos_[index].kind, nullptr, nullptr};
  if (column.kind == ResultKind::kNull) return;
  auto* values = &source;
  if (source.GetType() != target.type) {
    casts_[index] = duckdb::make_uniq<duckdb::Vector>(target.type);
    values = casts_[index].get();
    duckdb::VectorOperations::Cast(context_, source, *values, count);
  }
  values->Flatten(count);
  column.values = values->GetData();
  const auto& validity = FlatVector::Validity(*values);
  if (!validity.AllValid()) column.validity = validity.GetData();
  if (!target.is_text) return;
  const auto* strings = FlatVector::GetData<duckdb::string_t>(*values);
  target.texts.assign(count, {});
  for (duckdb::idx_t i = 0; i < count; i++) {
    if (!column.IsValid(i)) continue;  // the value of a NULL row may be anything
    target.texts[i] = {strings[i].GetData(), strings[i].GetSize()};
  }
  column.values = target.texts.data();
}

}  // namespace arc::engine
