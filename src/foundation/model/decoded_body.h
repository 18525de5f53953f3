// What a decoder makes of the body of one write request.

#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "foundation/base/result.h"
#include "foundation/model/column_batch.h"

namespace arc {

// What kind of mistake a refusal is: counted together in logs, and told in the words that clients
// of other servers look for.
enum class RefusalKind : std::uint8_t {
  kUnreadable,    // not in the format
  kTypeConflict,  // of another type than its column
  kTime,          // a time that cannot be, most likely in another unit
  kLimit,         // a setting forbids it
};

// Why a line, a row or an item cannot be stored.
struct Refusal {
  Refusal(std::string text) : message(std::move(text)) {}
  Refusal(const char* text) : message(text) {}
  Refusal(RefusalKind what, std::string text, std::string_view shown_value = {})
      : kind(what), message(text), log_text(std::move(text)) {
    if (!shown_value.empty()) message.append(": ").append(shown_value);
  }

  // Puts the measurement in front of what is said: a name that is allowed. What only looks like
  // one, at the beginning of a line that cannot be read, may be anything and goes into no log.
  enum class InLog : std::uint8_t { kNamed, kNotNamed };
  void NameMeasurement(std::string_view name, InLog in_log = InLog::kNamed);

  RefusalKind kind = RefusalKind::kUnreadable;
  std::string message;        // for the client; may repeat values of the row
  std::string log_text{};     // without them, for a log; "": see LogTextOf
  std::string measurement{};  // empty when it is not known
};

// A line or item that cannot be stored, and why.
struct Rejection {
  std::uint64_t line;   // line protocol: 1-based line; MessagePack: 0-based item or row
  std::string message;  // for the client
  RefusalKind kind = RefusalKind::kUnreadable;
  std::string measurement{};
  std::string log_text{};
  std::string text{};  // what was refused, ShownText of it; empty when nobody has kept it
};

// What a log may say of a rejection: no value of a row. Of a message that may repeat some, what
// comes before its first quotation mark.
std::string_view LogTextOf(const Rejection& rejection);

// The beginning of a refused line or row, for people: at most kShownTextMax bytes, "..." behind
// what is cut. Bytes that are not UTF-8 stay.
inline constexpr std::size_t kShownTextMax = 1024;
std::string ShownText(std::string_view text);

// A value of a row for a message: cut after 64 bytes or so, at a character's edge when it is UTF-8.
std::string ShownValue(std::string_view value);

// All rejections are counted, the first ones are told.
struct RejectionReport {
  static constexpr std::size_t kToldMax = 100;

  std::uint64_t count = 0;
  std::vector<Rejection> first;  // at most kToldMax, by line

  // Whether the next one is told: if not, its words need not be made.
  bool TellsNext() const { return first.size() < kToldMax; }

  void Add(std::uint64_t line, Refusal refusal, std::string text = {}) {
    count++;
    if (!TellsNext()) return;
    first.push_back({line, std::move(refusal.message), refusal.kind, std::move(refusal.measurement),
                     std::move(refusal.log_text), std::move(text)});
  }
};

struct DecodedMeasurement {
  std::string measurement;           // a valid measurement name
  ColumnBatch batch;                 // at least one row; time range set
  std::vector<std::uint32_t> lines;  // for each row, the line or item it came from
};

struct DecodedBody {
  std::vector<DecodedMeasurement> measurements;  // names distinct
  RejectionReport rejections;

  std::uint64_t row_count() const {
    std::uint64_t count = 0;
    for (const auto& measurement : measurements) count += measurement.batch.row_count();
    return count;
  }
};

// Whether all of what was decoded may be stored: the one question about rights that counts,
// whatever the decoder asked on its way. `authorize` takes the name of a measurement and returns a
// Result<void>; the first failure is the answer.
template <class Authorize>
Result<void> AuthorizeBody(const DecodedBody& body, const Authorize& authorize) {
  for (const auto& decoded : body.measurements) TRY(authorize(decoded.measurement));
  return {};
}

}  // namespace arc
