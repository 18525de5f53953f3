#include "data/wal/row_encoder.h"

#include <bit>

#include "data/wal/row_format.h"
#include "foundation/base/check.h"
#include "foundation/base/crc32c.h"

static_assert(std::endian::native == std::endian::little,
              "columns are logged as they lie in memory");

namespace arc::wal {
namespace {

// What is smaller is copied: a piece costs more than so many bytes.
constexpr std::size_t kCopiedBytesMax = 1024;

}  // namespace

EncodedRows::EncodedRows(std::span<const RowsOfMeasurement> parts) {
  AddNumber(parts.size());
  for (const auto& part : parts) Add(part);
  for (const auto& piece : pieces_) {
    byte_count_ += piece.byte_count;
    checksum_ = Crc32c(checksum_, View(piece));
  }
}

std::vector<std::string_view> EncodedRows::Pieces() const {
  std::vector<std::string_view> pieces;
  pieces.reserve(pieces_.size());
  for (const auto& piece : pieces_) pieces.push_back(View(piece));
  return pieces;
}

void EncodedRows::Add(const RowsOfMeasurement& part) {
  AddNumber(static_cast<std::uint64_t>(part.id));
  AddText(part.name->database);
  AddText(part.name->measurement);
  AddNumber(part.batch->row_count());
  AddNumber(part.ends == nullptr ? 0 : part.ends->size());
  if (part.ends != nullptr) {
    for (const auto& [lsn, end] : *part.ends) {
      AddNumber(ToNumber(lsn));
      AddNumber(end);
    }
  }
  AddNumber(part.batch->columns.size());
  AddArray(part.batch->times);
  for (const auto& column : part.batch->columns) AddColumn(column);
}

void EncodedRows::AddColumn(const Column& column) {
  AddText(column.name);
  AddNumber(column.role == ColumnRole::kTag ? kTagRole : kFieldRole);
  AddNumber(column.values.index());  // the alternatives of Column::Values are the kinds of values
  AddNumber(column.validity.empty() ? 0 : 1);
  AddArray(column.validity);
  struct ValueAdder {
    EncodedRows& rows;
    void operator()(const std::monostate&) {}
    void operator()(const std::vector<std::uint8_t>& values) { rows.AddArray(values); }
    void operator()(const std::vector<std::int64_t>& values) { rows.AddArray(values); }
    void operator()(const std::vector<double>& values) { rows.AddArray(values); }
    void operator()(const StringValues& values) {
      rows.AddArray(values.offsets);
      rows.AddBytes(values.bytes);
    }
    void operator()(const DictionaryValues& values) {
      rows.AddArray(values.codes);
      rows.AddNumber(values.dictionary.size());
      (*this)(values.dictionary);
    }
  };
  std::visit(ValueAdder{*this}, column.values);
}

// LEB128: seven bits a byte, the lowest first, the top bit says that more follow.
void EncodedRows::AddNumber(std::uint64_t number) {
  char bytes[kNumberBytesMax];
  std::size_t count = 0;
  for (; number >= 0x80; number >>= 7) bytes[count++] = static_cast<char>(number | 0x80);
  bytes[count++] = static_cast<char>(number);
  AddBytes({bytes, count});
}

void EncodedRows::AddText(std::string_view text) {
  AddNumber(text.size());
  AddBytes(text);
}

void EncodedRows::AddBytes(std::string_view bytes) {
  if (bytes.empty()) return;
  if (bytes.size() > kCopiedBytesMax) {
    pieces_.push_back({bytes.data(), 0, bytes.size()});
    return;
  }
  if (pieces_.empty() || pieces_.back().outside != nullptr) {
    pieces_.push_back({nullptr, copied_.size(), 0});
  }
  copied_.append(bytes);
  pieces_.back().byte_count += bytes.size();
}

}  // namespace arc::wal
