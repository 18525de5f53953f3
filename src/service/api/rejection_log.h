// What writes were refused: lines in the log of the server, few enough to be read, and the last
// refusals with the refused rows themselves, for the administrator.

#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <map>
#include <string>
#include <string_view>
#include <tuple>
#include <vector>

#include "foundation/base/mutex.h"
#include "foundation/base/result.h"
#include "foundation/model/decoded_body.h"
#include "foundation/time/clock.h"
#include "service/api/json_answer.h"

namespace arc::api {

// Of the request whose rows were refused.
struct RefusedRequest {
  std::string database;
  std::string_view endpoint;  // the pattern of its route
  std::string_view token;     // its name; empty without access control
  std::string_view client;    // its address
  bool counts_lines = true;   // a rejection's number is that of a line, not of an item
};

// Threads: any.
// Limits:  `kept_max` refusals are kept, in memory only. A kind is a database, measurement and
//          reason. When all places are taken, the oldest refusal of the most frequent kind goes, so
//          that one noisy sender does not drive out the others. Each kind is logged once a minute;
//          kinds beyond kLoggedKindsMax share one line a minute.
class RejectionLog {
 public:
  static constexpr std::size_t kLoggedKindsMax = 256;
  static constexpr std::chrono::seconds kLogInterval{60};

  // `log` takes each line; without one, the log of the server does.
  using LineSink = void (*)(const std::string& line);
  RejectionLog(std::size_t kept_max, const Clock& clock, LineSink log = nullptr);

  // The told rows of a report. The log gets no value of a row.
  void RecordRows(const RefusedRequest& request, const RejectionReport& report);
  // A request that was refused whole. Whoever answers it logs it.
  void RecordRequest(const RefusedRequest& request, const Error& error);

  // {"rejections":[...],"kept_max":N}, the newest first.
  json::object ToJson() const;

 private:
  // Database, measurement, kind.
  using Kind = std::tuple<std::string, std::string, RefusalKind>;
  struct Entry {
    Kind kind;
    json::object json;
  };
  struct Logged {
    Clock::SteadyTime next_line{};
    std::uint64_t unsaid = 0;  // since the last line
  };

  void Keep(Kind kind, json::object entry);
  void EvictLocked() REQUIRES(mutex_);
  Logged& LoggedOfLocked(const Kind& kind, Clock::SteadyTime now) REQUIRES(mutex_);
  void LogRows(const RefusedRequest& request, const RejectionReport& report);

  const std::size_t kept_max_;
  const Clock& clock_;
  const LineSink log_;

  mutable Mutex mutex_;
  std::deque<Entry> entries_ GUARDED_BY(mutex_);  // oldest first
  std::map<Kind, std::size_t> counts_ GUARDED_BY(mutex_);
  std::map<Kind, Logged> logged_ GUARDED_BY(mutex_);
};

// "line 3: ", or "item 3: " unless the words of the rejection have it.
std::string PlaceOf(const Rejection& rejection, bool counts_lines);

// "field type conflict", "unable to parse", "unable to parse or store": what clients of InfluxDB
// look for in an error, to know that it is of no use to send the same again.
std::string_view InfluxWordsOf(RefusalKind kind);

}  // namespace arc::api
