// The whole grammar of line protocol: escapes, quotes, multi-line strings, and a reason for every
// error. The fast path for lines like an earlier one is plain_line.h.
//
//   record     measurement (',' tag_key '=' tag_value)* space+ field (',' field)* (space+ time)?
//   field      field_key '=' (value | '"' string '"')
//
// In the measurement, in keys and in tag values a backslash directly before ',' '=' or ' ' makes
// that byte an ordinary one, and is dropped; any other backslash is an ordinary byte. In a string
// \" is a quote and \\ a backslash; any other backslash is an ordinary byte. A string may contain
// newlines. Blanks (space, tab, carriage return) before and after a record and between fields and
// time are skipped.

#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "data/ingest/line_protocol/cell_value.h"

namespace arc::ingest::line_protocol {

inline bool IsBlank(char c) { return c == ' ' || c == '\t' || c == '\r'; }

// Where the record ends that begins at body[start] (not a blank or newline): at the first newline
// outside of strings, or at the end of the body. Only a string that is closed, with a valid byte
// behind its closing quote, counts as a string; so a forgotten quote spoils only its own line. The
// work for all records of a body together is linear.
//
// With kGoesOn the body continues after its last byte, so a string that is not closed may be closed
// later: kRecordGoesOn is returned then. Such a body ends with a newline.
enum class BodyEnd : std::uint8_t { kEnds, kGoesOn };
inline constexpr std::size_t kRecordGoesOn = static_cast<std::size_t>(-1);
std::size_t FindRecordEnd(std::string_view body, std::size_t start,
                          BodyEnd body_end = BodyEnd::kEnds);

struct ParsedCell {
  std::string_view key;
  CellValue value;
};

// A parsed record. All text points into the record or, where escapes had to be removed, into the
// parser: valid until the parser's next Parse.
struct ParsedRecord {
  std::string_view measurement;
  std::vector<ParsedCell> tags;
  std::vector<ParsedCell> fields;         // at least one
  std::optional<std::int64_t> timestamp;  // in the unit of the request
  bool has_plain_keys = true;             // no escape in the measurement or a key
};

// Threads: one at a time. Keeps its memory from record to record.
class RecordParser {
 public:
  // `record` is one record as FindRecordEnd cuts it. Returns nothing when it is good; record()
  // holds it then. Else returns what is wrong, naming the byte (from 1, within the record) or the
  // key.
  std::optional<std::string> Parse(std::string_view record);
  const ParsedRecord& record() const { return parsed_; }

 private:
  std::optional<std::string> ParseTag();
  std::optional<std::string> ParseField();
  std::optional<std::string> ParseString(CellValue& value);
  std::optional<std::string> ParseTimestamp();
  std::string_view ReadUntil(std::string_view stops);
  std::string_view WithoutEscapes(std::string_view raw);
  bool AtEnd() const { return at_ == record_.size(); }
  bool At(char c) const { return !AtEnd() && record_[at_] == c; }
  void SkipBlanks();

  std::string_view record_;
  std::size_t at_ = 0;
  ParsedRecord parsed_;
  std::string unescaped_;  // texts without their escapes; never reallocated during a Parse
};

}  // namespace arc::ingest::line_protocol
