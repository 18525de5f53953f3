// What the write requests of one protocol have brought since the start.

#pragma once

#include "foundation/base/metrics.h"
#include "service/http/message.h"

namespace arc::api {

struct WriteStats {
  Counter requests;
  Counter records;       // rows stored
  Counter bytes;         // of bodies, unpacked
  Counter packed_bytes;  // of bodies that came packed, as they came
  Counter errors;        // requests refused whole
};

// {"status":"success","stats":{...}}, as the API has it for line protocol and TLE.
http::Response StatsAnswer(const WriteStats& stats);

// The API's description of its MessagePack format.
http::Response MsgpackSpecAnswer();

}  // namespace arc::api
