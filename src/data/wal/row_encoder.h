// Rows to the payload of a record: docs/formats/wal.md, "Row payload".

#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "foundation/model/column_batch.h"
#include "foundation/model/lsn.h"
#include "foundation/model/names.h"
#include "foundation/model/request_rows.h"

namespace arc::wal {

// The rows of one measurement in a record.
struct RowsOfMeasurement {
  MeasurementId id{};
  const MeasurementName* name = nullptr;
  const ColumnBatch* batch = nullptr;
  const RequestEnds* ends = nullptr;  // null: all rows have the record's LSN
};

// An encoded payload that does not copy the columns: it points into the batches, which must outlive
// it and stay as they are. Movable.
class EncodedRows {
 public:
  EncodedRows() = default;
  explicit EncodedRows(std::span<const RowsOfMeasurement> parts);

  // In order. They live as long as this and the batches do.
  std::vector<std::string_view> Pieces() const;
  std::uint64_t byte_count() const { return byte_count_; }
  std::uint32_t checksum() const { return checksum_; }  // CRC-32C of all pieces

 private:
  // Bytes of `copied_`, or of a batch.
  struct Piece {
    const char* outside;  // null: at `offset` of copied_
    std::size_t offset;
    std::size_t byte_count;
  };

  void Add(const RowsOfMeasurement& part);
  void AddColumn(const Column& column);
  void AddNumber(std::uint64_t number);
  void AddText(std::string_view text);
  void AddBytes(std::string_view bytes);
  template <class T>
  void AddArray(const std::vector<T>& values) {
    AddBytes({reinterpret_cast<const char*>(values.data()), values.size() * sizeof(T)});
  }
  std::string_view View(const Piece& piece) const {
    const char* begin = piece.outside != nullptr ? piece.outside : copied_.data() + piece.offset;
    return {begin, piece.byte_count};
  }

  std::string copied_;
  std::vector<Piece> pieces_;
  std::uint64_t byte_count_ = 0;
  std::uint32_t checksum_ = 0;
};

}  // namespace arc::wal
