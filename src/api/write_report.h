// What a write request is answered.

#pragma once

#include "http/message.h"
#include "write/writer.h"

namespace arc::api {

// Clients of the two protocols read a status differently: InfluxDB's drop a body on 400, Telegraf's
// MessagePack output sends it again, for ever, on everything but 2xx.
enum class PartialStatus { kBadRequest, kOk };

// 204 when all is stored. Otherwise {"error", "accepted", "rejected", "errors": [{"line",
// "message"}]} with `partial` when something is stored and 400 when nothing is.
http::Response WriteReport(const write::WriteOutcome& outcome, PartialStatus partial);

}  // namespace arc::api
