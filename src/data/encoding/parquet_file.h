// Writes one Parquet file as docs/formats/files.md describes it.

#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

#include "data/encoding/column_gather.h"
#include "data/encoding/time_order.h"
#include "foundation/base/result.h"
#include "foundation/fs/file_system.h"
#include "foundation/model/lsn.h"
#include "foundation/model/names.h"
#include "foundation/model/schema.h"

namespace arc::encoding {

enum class Compression : std::uint8_t { kNone, kSnappy, kLz4, kZstd, kGzip };

// "none", "snappy", "lz4", "zstd", "gzip". Fails with kInvalidInput on another word.
Result<Compression> ParseCompression(std::string_view word);

// What the footer says about the file as a whole.
struct FileLabels {
  MeasurementId measurement_id{};
  Lsn min_lsn = kLsnZero;
  Lsn max_lsn = kLsnZero;
  // Of the files that one flush makes of its rows: which one, from 1 on, of how many.
  std::uint32_t part = 1;
  std::uint32_t part_count = 1;
};

// The rows of one file: a part of a TimeOrder over the slices that `columns` was made of.
struct FileRows {
  std::span<const std::int64_t> times;
  std::span<const RowRef> rows;
};

struct WrittenFile {
  std::uint64_t byte_count = 0;
  std::uint32_t checksum = 0;      // CRC-32C of the whole file
  std::uint32_t footer_bytes = 0;  // with its length and the magic after it
  std::uint32_t footer_checksum = 0;
};

// Writes the rows to `file`, which is empty; neither syncs nor closes it. Needs memory for the
// encoded row group (122,880 rows) and one column of it.
// Fails with what `file` fails with, or kInternal when Arrow refuses.
Result<WrittenFile> WriteParquetFile(fs::AppendFile& file, const TableSchema& schema,
                                     const SourceColumns& columns, const FileRows& rows,
                                     const FileLabels& labels, Compression compression);

}  // namespace arc::encoding
