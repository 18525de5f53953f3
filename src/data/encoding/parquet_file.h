// Writes one Parquet file as docs/formats/files.md describes it.
//
// The rows are written in row groups, one column at a time: a column is gathered from the batches
// into an Arrow array, encoded and freed, so that memory holds one column of one row group beside
// the encoded bytes. On their way to the file the bytes are summed, all of them and block by block.
//
// The block checksums belong into the footer, which Arrow writes as part of closing its writer. So
// before that our stream holds back everything that follows: the page indexes and the footer with a
// placeholder. Then the page indexes are written (they belong to the checked blocks), the last
// block is summed, the checksums are put into the footer, and the footer is written.
//
// A failure at any point leaves a file that is not complete. The caller removes it; nobody else
// knows its name yet.

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

// What the footer will say about the file as a whole.
struct FileLabels {
  MeasurementId measurement_id{};
  Lsn min_lsn = kLsnZero;
  Lsn max_lsn = kLsnZero;
  // A flush may make several files of its rows: which one this is, from 1 on, and how many there
  // are.
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

// Writes the rows to `file`, which is empty; neither syncs nor closes it. Needs memory for one
// encoded row group (122,880 rows) and one column of it.
// Fails as `file` fails, or with kInternal when Arrow refuses.
Result<WrittenFile> WriteParquetFile(fs::AppendFile& file, const RowSchema& schema,
                                     const SourceColumns& columns, const FileRows& rows,
                                     const FileLabels& labels, Compression compression);

}  // namespace arc::encoding
