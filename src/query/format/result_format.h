// Result rows as bytes, written while they are computed.

#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "foundation/base/result.h"
#include "query/engine/interface/result_chunk.h"

namespace arc::format {

enum class FormatName {
  kJson,     // one object with all rows as arrays: the form of POST /api/v1/query
  kNdjson,   // a line for each row
  kCsv,      // RFC 4180 with a header line
  kArrow,    // an Arrow IPC stream
  kMsgpack,  // one map with all values column by column
  kParquet,  // a file
};

// "json", "ndjson", "csv", "arrow", "msgpack", "parquet"; or such a format's content type, as in an
// Accept header. Nothing for any other text.
std::optional<FormatName> ParseFormatName(std::string_view text);

// Of the buffers within an Arrow stream.
enum class ArrowCompression { kNone, kZstd, kLz4 };

struct FormatOptions {
  FormatName name = FormatName::kJson;
  bool has_array_rows = false;       // NDJSON: [1,"a"] instead of {"n":1,"host":"a"}
  bool has_big_int_strings = false;  // JSON, NDJSON: integers beyond 2^53 as strings
  ArrowCompression arrow_compression = ArrowCompression::kNone;
  bool has_arrow_dictionaries = false;  // for text columns with few values
};

class Spool;

// Where the time went, in milliseconds.
struct Profile {
  double total_ms = 0;
  double planner_ms = 0;
  double execution_ms = 0;  // of the engine
  std::uint64_t rows_scanned = 0;
};

// What an answer goes without, because its client allows that.
struct Missing {
  std::uint64_t file_count = 0;
  std::uint64_t row_count = 0;
};

// How a result ended.
struct Outcome {
  std::uint64_t row_count = 0;
  double execution_ms = 0;
  std::string timestamp;                   // RFC 3339
  std::optional<std::uint64_t> row_cap{};  // there were more rows than this
  std::optional<std::string> failure{};    // why rows are missing
  std::string next_cursor{};               // of the rows after these; empty: there are none
  std::optional<Profile> profile{};        // if it was asked for
  std::optional<Missing> missing{};        // if it is allowed
};

// Writes one result: Begin, Rows as often as there are any, End, Rest until it is false. Each
// appends to `out`; each fails when a value cannot be shown in the format, and is then not followed
// by another.
class ResultFormat {
 public:
  virtual ~ResultFormat() = default;

  virtual std::string_view content_type() const = 0;
  virtual Result<void> Begin(std::string& out,
                             const std::vector<engine::ResultColumnInfo>& columns) = 0;
  // Requires: the columns of Begin.
  virtual Result<void> Rows(std::string& out, const engine::ResultChunk& chunk) = 0;
  // Of an outcome with a failure only if CanShowFailure().
  virtual Result<void> End(std::string& out, const Outcome& outcome) = 0;
  // The next part of what End left out because there may be much of it; false when there was none.
  virtual Result<bool> Rest(std::string& out);
  // Whether a reader of the bytes sees that rows are missing. Otherwise they must not end like a
  // complete result.
  virtual bool CanShowFailure() const = 0;
};

// `spool` outlives the format; only formats that cannot be sent as they are made need it.
std::unique_ptr<ResultFormat> MakeFormat(const FormatOptions& options, Spool& spool);

}  // namespace arc::format
