// Writes result rows as bytes while they are computed.

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
  kNdjson,   // one line for each row
  kCsv,      // RFC 4180 with a header line
  kArrow,    // an Arrow IPC stream
  kMsgpack,  // one map with all values column by column
  kParquet,  // a Parquet file
};

// "json", "ndjson", "csv", "arrow", "msgpack", "parquet"; or the content type of one of them, as in
// an Accept header. Nothing for any other text.
std::optional<FormatName> ParseFormatName(std::string_view text);

// The compression of the buffers within an Arrow stream.
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

// What was left out of an answer because the client allows it.
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
  std::string next_cursor{};               // for the next page; empty: there is no next page
  std::optional<Profile> profile{};        // if it was asked for
  std::optional<Missing> missing{};        // if it is allowed
};

// Writes one result: Begin, Rows any number of times, End, Rest until it returns false. Each call
// appends to `out`. Each fails when the format cannot express a value; no other call may follow
// then.
class ResultFormat {
 public:
  virtual ~ResultFormat() = default;

  virtual std::string_view content_type() const = 0;
  virtual Result<void> Begin(std::string& out,
                             const std::vector<engine::ResultColumnInfo>& columns) = 0;
  // Requires: the columns of Begin.
  virtual Result<void> Rows(std::string& out, const engine::ResultChunk& chunk) = 0;
  // An outcome with a failure is allowed only if CanShowFailure().
  virtual Result<void> End(std::string& out, const Outcome& outcome) = 0;
  // Writes the next part of what End did not write because it may be large; false when nothing is
  // left.
  virtual Result<bool> Rest(std::string& out);
  // Whether the format can tell a reader that rows are missing. If not, a failed result must not
  // end like a complete one.
  virtual bool CanShowFailure() const = 0;
};

// `spool` outlives the format. Only formats that cannot be sent while they are made use it.
std::unique_ptr<ResultFormat> MakeFormat(const FormatOptions& options, Spool& spool);

}  // namespace arc::format
