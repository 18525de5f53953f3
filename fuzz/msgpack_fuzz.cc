// Any bytes as the body of a MessagePack write: the decoder must agree with its slow twin.

#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <string_view>

#include "data/ingest/msgpack/msgpack_decoder.h"
#include "data/ingest/msgpack/msgpack_reference.h"
#include "foundation/testing/fixed_schemas.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace arc;
  static const auto schemas = [] {
    testing::FixedSchemas some;
    some.Add("cpu", {{"host", ColumnType::kString, ColumnRole::kTag},
                     {"Usage", ColumnType::kDouble},
                     {"count", ColumnType::kInt64},
                     {"up", ColumnType::kBool}});
    return some;
  }();
  static ingest::MsgpackDecoder decoder;
  const ingest::MsgpackOptions options{.now_micros = 1'700'000'000'000'000};

  // A copy of its own, so that reading past the end is seen.
  const std::string body(reinterpret_cast<const char*>(data), size);
  const auto disagreement = ingest::FindDisagreement(body, options, schemas, decoder);
  if (!disagreement.empty()) {
    std::fprintf(stderr, "%s\n", disagreement.c_str());
    std::abort();
  }
  return 0;
}
