// What a write request is answered.

#pragma once

#include "data/write/writer.h"
#include "service/http/message.h"

namespace arc::api {

// Clients of the two protocols read a status differently: InfluxDB's drop a body on 400, Telegraf's
// MessagePack output sends it again, for ever, on everything but 2xx.
enum class PartialStatus { kBadRequest, kOk };

// 204 when all is stored. Otherwise {"error", "accepted", "rejected", "errors": [{"line",
// "message"}], "code", "message"} with `partial` when something is stored and 400 when nothing is.
// "error" and "message" say the first reason in the words of InfluxDB, as does the header
// X-Influxdb-Error; with PartialStatus::kBadRequest it has a line, which "line" says too.
http::Response WriteReport(const write::WriteOutcome& outcome, PartialStatus partial);

}  // namespace arc::api
