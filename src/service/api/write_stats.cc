#include "service/api/write_stats.h"

#include "service/api/json_answer.h"

namespace arc::api {

http::Response StatsAnswer(const WriteStats& stats) {
  return JsonAnswer({{"status", "success"},
                     {"stats", json::object{{"total_requests", stats.requests.value()},
                                            {"total_records", stats.records.value()},
                                            {"total_bytes", stats.bytes.value()},
                                            {"total_bytes_gzipped", stats.packed_bytes.value()},
                                            {"total_errors", stats.errors.value()}}}});
}

http::Response MsgpackSpecAnswer() {
  const json::object columnar{
      {"m", "measurement"},
      {"columns", json::object{{"time", "timestamps"}, {"NAME", "values, as many"}}}};
  const json::object row{{"m", "measurement"},
                         {"t", "timestamp, optional"},
                         {"h", "value of the tag host, optional"},
                         {"tags", json::object{{"NAME", "text"}}},
                         {"fields", json::object{{"NAME", "value"}}}};
  const json::object format{
      {"columnar", columnar},
      {"row", row},
      {"several", "an array of these, or {\"batch\":[...]}"},
      {"timestamps",
       "seconds, milliseconds, microseconds or nanoseconds since 1970, told by magnitude"}};
  const json::object columns{{"time", json::array{1767225600000, 1767225601000}},
                             {"host", json::array{"a", "b"}},
                             {"usage", json::array{0.5, 0.75}}};
  const json::object row_example{{"m", "cpu"},
                                 {"t", 1767225600000},
                                 {"tags", json::object{{"host", "a"}}},
                                 {"fields", json::object{{"usage", 0.5}}}};
  const json::object examples{{"columnar", json::object{{"m", "cpu"}, {"columns", columns}}},
                              {"row", row_example}};
  return JsonAnswer({{"version", "2.0"},
                     {"protocol", "MessagePack"},
                     {"endpoint", "/api/v1/write/msgpack"},
                     {"content_type", "application/msgpack"},
                     {"compression", json::array{"gzip", "zstd"}},
                     {"format", format},
                     {"examples", examples},
                     {"performance",
                      "columnar bodies of 10,000 rows or more, packed with zstd, cost the server "
                      "least"}});
}

}  // namespace arc::api
