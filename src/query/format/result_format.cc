#include "query/format/result_format.h"

#include "query/format/arrow_format.h"
#include "query/format/csv_format.h"
#include "query/format/json_format.h"
#include "query/format/msgpack_format.h"
#include "query/format/ndjson_format.h"
#include "query/format/parquet_format.h"

namespace arc::format {

std::optional<FormatName> ParseFormatName(std::string_view text) {
  struct Name {
    std::string_view word, content_type;
    FormatName name;
  };
  static constexpr Name kNames[] = {
      {"json", "application/json", FormatName::kJson},
      {"ndjson", "application/x-ndjson", FormatName::kNdjson},
      {"csv", "text/csv", FormatName::kCsv},
      {"arrow", "application/vnd.apache.arrow.stream", FormatName::kArrow},
      {"msgpack", "application/msgpack", FormatName::kMsgpack},
      {"parquet", "application/vnd.apache.parquet", FormatName::kParquet},
  };
  for (const auto& name : kNames) {
    if (text == name.word || text == name.content_type) return name.name;
  }
  return std::nullopt;
}

Result<bool> ResultFormat::Rest(std::string&) { return false; }

std::unique_ptr<ResultFormat> MakeFormat(const FormatOptions& options, Spool& spool) {
  switch (options.name) {
    case FormatName::kJson:
      return std::make_unique<JsonFormat>(options);
    case FormatName::kNdjson:
      return std::make_unique<NdjsonFormat>(options);
    case FormatName::kCsv:
      return std::make_unique<CsvFormat>();
    case FormatName::kArrow:
      return std::make_unique<ArrowFormat>(options);
    case FormatName::kMsgpack:
      return std::make_unique<MsgpackFormat>(spool);
    case FormatName::kParquet:
      return std::make_unique<ParquetFormat>();
  }
  return nullptr;
}

}  // namespace arc::format
