#include "service/api/write_stats.h"

#include <fmt/format.h>

#include <utility>

#include "service/api/json_answer.h"

namespace arc::api {
http::Response StatsAnswer(const WriteStats& stats) {
  auto body = fmt::format(
      R"({{"status":"success","stats":{{"total_requests":{},"total_records":{},"total_bytes":{},)"
      R"("total_bytes_gzipped":{},"total_errors":{}}}}})",
      stats.requests.value(), stats.records.value(), stats.bytes.value(),
      stats.packed_bytes.value(), stats.errors.value());
  return JsonAnswer(http::kOk, std::move(body));
}

http::Response MsgpackSpecAnswer() {
  return JsonAnswer(
      http::kOk,
      R"({"version":"2.0","protocol":"MessagePack","endpoint":"/api/v1/write/msgpack",)"
      R"("content_type":"application/msgpack","compression":["gzip","zstd"],)"
      R"("format":{"columnar":{"m":"measurement","columns":{"time":"timestamps",)"
      R"("NAME":"values, as many"}},"row":{"m":"measurement","t":"timestamp, optional",)"
      R"("h":"value of the tag host, optional","tags":{"NAME":"text"},)"
      R"("fields":{"NAME":"value"}},"several":"an array of these, or {\"batch\":[...]}",)"
      R"("timestamps":"seconds, milliseconds, microseconds or nanoseconds since 1970, told )"
      R"(by magnitude"},"examples":{"columnar":{"m":"cpu","columns":{)"
      R"("time":[1767225600000,1767225601000],"host":["a","b"],"usage":[0.5,0.75]}},)"
      R"("row":{"m":"cpu","t":1767225600000,"tags":{"host":"a"},"fields":{"usage":0.5}}},)"
      R"("performance":"columnar bodies of 10,000 rows or more, packed with zstd, cost the )"
      R"(server least"})");
}

}  // namespace arc::api
