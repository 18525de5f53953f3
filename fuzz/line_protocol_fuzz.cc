// The line protocol decoder against its slow twin, on any bytes. The first two bytes choose the
// options, the rest is the body.

#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "data/ingest/line_protocol/line_protocol_decoder.h"
#include "data/ingest/line_protocol/line_protocol_reference.h"
#include "foundation/model/column_batch.h"

namespace arc::ingest {
namespace {

// The measurement "m" exists, with a column of every type.
class KnownSchemas : public SchemaSource {
 public:
  std::shared_ptr<const RowSchema> Find(std::string_view measurement) const override {
    return measurement == "m" ? schema_ : nullptr;
  }

 private:
  const std::shared_ptr<const RowSchema> schema_ = std::make_shared<RowSchema>(
      std::vector<SchemaColumn>{{"f", ColumnType::kDouble, ColumnRole::kField},
                                {"i", ColumnType::kInt64, ColumnRole::kField},
                                {"B", ColumnType::kBool, ColumnRole::kField},
                                {"s", ColumnType::kString, ColumnRole::kField},
                                {"t", ColumnType::kString, ColumnRole::kTag},
                                {"n", ColumnType::kNull, ColumnRole::kField}});
};

[[noreturn]] void Fail(const std::string& what) {
  std::fprintf(stderr, "BUG: %s\n", what.c_str());
  std::abort();
}

void CompareWithTwin(std::string_view body, const LineProtocolOptions& options) {
  static LineProtocolDecoder decoder;
  const KnownSchemas schemas;
  const auto decoded = decoder.Decode(body, options, schemas);
  for (const auto& measurement : decoded.measurements) {
    const auto broken = FindBrokenRule(measurement.batch);
    if (!broken.empty()) Fail(broken);
  }
  const auto difference = FindDifference(decoded, DecodeLineProtocolSlowly(body, options, schemas));
  if (!difference.empty()) Fail(difference);
}

}  // namespace
}  // namespace arc::ingest

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < 2) return 0;
  arc::ingest::LineProtocolOptions options;
  options.precision = static_cast<arc::ingest::Precision>(data[0] % 7);
  options.now_micros = 1'700'000'000'000'000;
  if (data[1] < 32) options.nulls_max = data[1];
  const std::string_view body(reinterpret_cast<const char*>(data) + 2, size - 2);
  arc::ingest::CompareWithTwin(body, options);
  return 0;
}
