#include "data/ingest/line_protocol/line_protocol_decoder.h"

#include <fmt/format.h>

#include <algorithm>
#include <deque>
#include <limits>
#include <optional>
#include <string>
#include <unordered_map>
#include <utility>

#include "data/ingest/line_protocol/measurement_builder.h"
#include "data/ingest/line_protocol/plain_line.h"
#include "data/ingest/line_protocol/short_text.h"
#include "foundation/base/check.h"
#include "foundation/model/names.h"
#include "foundation/text/utf8.h"

namespace arc::ingest {
namespace line_protocol {
namespace {

// Some editors put a byte order mark at the beginning. It cannot be seen, so any other message
// about the line would be a riddle.
std::optional<Refusal> EncodingProblem(std::string_view text) {
  if (text.starts_with("\xEF\xBB\xBF")) {
    return "the line begins with a byte order mark (EF BB BF), which is no part of line protocol: "
           "save the text as UTF-8 without it";
  }
  if (text.starts_with("\xFF\xFE") || text.starts_with("\xFE\xFF")) {
    return "the line begins with the byte order mark of UTF-16: line protocol is UTF-8";
  }
  return std::nullopt;
}

// One call of Decode.
class BodyDecoder {
 public:
  BodyDecoder(std::string_view body, const LineProtocolOptions& options,
              const SchemaSource& schemas, BodyEnd body_end, StructuralWindow& window,
              RecordParser& parser)
      : body_(body),
        body_end_(body_end),
        options_(options),
        schemas_(schemas),
        is_utf8_(IsUtf8(body)),
        window_(window),
        parser_(parser) {
    window_.Reset(body);
  }

  DecodedBody Run() {
    while (SkipToRecord()) {
      if (!DecodePlainLine() && !DecodeRecord()) break;
    }
    DecodedBody decoded;
    decoded.measurements.reserve(measurements_.size());
    by_name_.clear();
    // Each builder is destroyed at once, so that the next can use its memory.
    for (; !measurements_.empty(); measurements_.pop_front()) {
      decoded.measurements.push_back(measurements_.front().builder.Take());
    }
    decoded.rejections = std::move(rejections_);
    return decoded;
  }

  // After Run: how far it came.
  std::size_t position() const { return std::min(position_, body_.size()); }
  std::uint64_t lines_used() const { return line_ - 1; }

 private:
  struct Measurement {
    Measurement(std::string name, std::shared_ptr<const RowSchema> schema)
        : builder(std::move(name), std::move(schema)) {}
    MeasurementBuilder builder;
    LineLayout layout;
  };

  // Skips blanks, empty lines and comments. False at the end of the body.
  bool SkipToRecord();

  // Decodes the line at position_ if it is like an earlier one; returns false and changes nothing
  // otherwise.
  bool DecodePlainLine();
  PlainLineOutcome ReadPlainLineOf(Measurement& measurement, PlainLine& line);
  Measurement* FindByStartOfLine();

  // Decodes or rejects the record at position_. Returns false and changes nothing when the record
  // may continue after the body.
  bool DecodeRecord();
  std::optional<Refusal> StoreRecord(std::string_view text);
  std::optional<Refusal> StoreParsed(const ParsedRecord& record);
  std::optional<Refusal> AddRow(Measurement& measurement, std::int64_t time);
  Refusal TimeRefusalOf(std::int64_t timestamp) const;
  void ForgetIfEmpty(Measurement& measurement);

  std::optional<std::int64_t> TimeOf(std::optional<std::int64_t> timestamp) const;
  Measurement* FindMeasurement(std::string_view name);
  Measurement& AddMeasurement(std::string_view name);

  const std::string_view body_;
  const BodyEnd body_end_;
  const LineProtocolOptions& options_;
  const SchemaSource& schemas_;
  const bool is_utf8_;  // all of the body; if not, every record is checked
  StructuralWindow& window_;
  RecordParser& parser_;

  std::size_t position_ = 0;
  std::uint32_t line_ = 1;
  std::uint64_t null_count_ = 0;
  std::deque<Measurement> measurements_;  // a deque: their addresses never change
  std::unordered_map<std::string_view, Measurement*, TextHash> by_name_;
  Measurement* latest_ = nullptr;  // the measurement of the line before
  RejectionReport rejections_;
};

bool BodyDecoder::SkipToRecord() {
  for (; position_ < body_.size(); position_++) {
    const char c = body_[position_];
    if (c == '#') {
      position_ = body_.find('\n', position_);
      if (position_ == std::string_view::npos) return false;
      line_++;
    } else if (c == '\n') {
      line_++;
    } else if (!IsBlank(c)) {
      return true;
    }
  }
  return false;
}

BodyDecoder::Measurement* BodyDecoder::FindMeasurement(std::string_view name) {
  if (latest_ != nullptr && EqualText(latest_->builder.name(), name)) return latest_;
  const auto found = by_name_.find(name);
  return found == by_name_.end() ? nullptr : found->second;
}

BodyDecoder::Measurement& BodyDecoder::AddMeasurement(std::string_view name) {
  auto& added = measurements_.emplace_back(std::string(name), schemas_.Find(name));
  by_name_.emplace(added.builder.name(), &added);
  return added;
}

BodyDecoder::Measurement* BodyDecoder::FindByStartOfLine() {
  if (window_.begin() == window_.end()) return nullptr;
  return FindMeasurement(body_.substr(position_, *window_.begin() - position_));
}

bool BodyDecoder::DecodePlainLine() {
  window_.Seek(position_);
  auto* measurement = FindByStartOfLine();
  if (measurement == nullptr || measurement->layout.entries.empty()) return false;
  PlainLine line;
  const auto outcome = ReadPlainLineOf(*measurement, line);
  if (outcome != PlainLineOutcome::kRead) return false;
  const auto text = body_.substr(position_, line.newline - position_);
  const auto time = TimeOf(line.has_timestamp ? std::optional(line.timestamp) : std::nullopt);
  auto& builder = measurement->builder;
  const auto nulls = builder.NullsGained();
  if (!time || null_count_ + nulls > options_.nulls_max || (!is_utf8_ && !IsUtf8(text))) {
    return false;
  }
  builder.CommitRow(*time, line_);
  null_count_ += nulls;
  window_.Take(line.next);
  latest_ = measurement;
  line_ += line.newline_count;
  position_ = line.newline + 1;
  return true;
}

PlainLineOutcome BodyDecoder::ReadPlainLineOf(Measurement& measurement, PlainLine& line) {
  const auto read = [&] {
    measurement.builder.BeginRow();
    return ReadPlainLine(body_, window_.begin(), window_.end(), measurement.layout,
                         measurement.builder, line);
  };
  auto outcome = read();
  if (outcome == PlainLineOutcome::kWindowEnds && window_.MoveTo(position_)) outcome = read();
  return outcome;
}

bool BodyDecoder::DecodeRecord() {
  const auto end = FindRecordEnd(body_, position_, body_end_);
  if (end == kRecordGoesOn) return false;
  const auto text = body_.substr(position_, end - position_);
  if (auto refusal = StoreRecord(text)) {
    const bool is_told = rejections_.TellsNext();
    rejections_.Add(line_, std::move(*refusal), is_told ? ShownText(text) : std::string());
  }
  line_ += static_cast<std::uint32_t>(std::count(text.begin(), text.end(), '\n'));
  position_ = end;
  return true;
}

std::optional<Refusal> BodyDecoder::StoreRecord(std::string_view text) {
  if (auto problem = EncodingProblem(text)) return *problem;
  if (!is_utf8_ && !IsUtf8(text)) return "the line is not valid UTF-8";
  const auto problem = parser_.Parse(text);
  const auto& record = parser_.record();
  const auto name = record.measurement;
  if (!problem) {
    const auto named = CheckMeasurementName(name);
    if (!named.ok()) return named.error().message;
  }
  auto refusal = problem ? std::optional<Refusal>(*problem) : StoreParsed(record);
  if (!refusal || !rejections_.TellsNext() || !IsMeasurementName(name)) return refusal;
  const bool is_one =
      !problem || FindMeasurement(name) != nullptr || schemas_.Find(name) != nullptr;
  refusal->NameMeasurement(name, is_one ? Refusal::InLog::kNamed : Refusal::InLog::kNotNamed);
  return refusal;
}

std::optional<Refusal> BodyDecoder::StoreParsed(const ParsedRecord& record) {
  const auto time = TimeOf(record.timestamp);
  if (!time) return TimeRefusalOf(*record.timestamp);

  auto* measurement = FindMeasurement(record.measurement);
  if (measurement == nullptr) measurement = &AddMeasurement(record.measurement);
  if (auto refusal = AddRow(*measurement, *time)) {
    measurement->builder.AbandonRow();
    ForgetIfEmpty(*measurement);
    return refusal;
  }
  latest_ = measurement;
  if (record.has_plain_keys) measurement->layout.Learn(record, measurement->builder.cells());
  return std::nullopt;
}

std::optional<Refusal> BodyDecoder::AddRow(Measurement& measurement, std::int64_t time) {
  auto& builder = measurement.builder;
  builder.BeginRow();
  for (const auto& tag : parser_.record().tags) {
    if (auto reason = builder.AddTag(tag.key, tag.value)) return reason;
  }
  for (const auto& field : parser_.record().fields) {
    if (auto reason = builder.AddField(field.key, field.value)) return reason;
  }
  const auto nulls = builder.NullsGained();
  if (null_count_ + nulls > options_.nulls_max) {
    return Refusal(
        RefusalKind::kLimit,
        "too many columns without a value on most lines of the request: send fewer lines, or "
        "lines with more of the same fields, in one request");
  }
  null_count_ += nulls;
  builder.CommitRow(time, line_);
  return std::nullopt;
}

// Removes a measurement without rows, so that measurements stand in the order of their first stored
// line.
void BodyDecoder::ForgetIfEmpty(Measurement& measurement) {
  if (measurement.builder.row_count() > 0) return;
  by_name_.erase(measurement.builder.name());
  measurements_.pop_back();
}

std::optional<std::int64_t> BodyDecoder::TimeOf(std::optional<std::int64_t> timestamp) const {
  if (!timestamp) return options_.now_micros;
  std::int64_t micros = 0;
  if (!ToMicros(*timestamp, options_.precision, micros)) return std::nullopt;
  if (!options_.times.Allow(micros)) return std::nullopt;
  return micros;
}

// If the number looks like a time in another unit, the message names that unit.
Refusal BodyDecoder::TimeRefusalOf(std::int64_t timestamp) const {
  auto unit = options_.precision;
  if (unit == Precision::kAuto) unit = UnitOfMagnitude(timestamp);
  const auto likely = LikelyUnitOf(static_cast<double>(timestamp), options_.times.now_micros);
  const auto word = WordOf(options_.precision);
  const auto hint = likely.empty() || likely == NameOf(unit)
                        ? fmt::format("is precision={} right?", word)
                        : fmt::format("{} with precision={}?", likely, word);
  std::int64_t micros = 0;
  if (ToMicros(timestamp, options_.precision, micros)) {
    return TimeRefusal(micros, options_.times, hint);
  }
  return {RefusalKind::kTime, fmt::format("the timestamp is out of range: {}", hint),
          fmt::format("{}", timestamp)};
}

}  // namespace
}  // namespace line_protocol

DecodedBody LineProtocolDecoder::Decode(std::string_view body, const LineProtocolOptions& options,
                                        const SchemaSource& schemas) {
  CHECK(body.size() <= std::numeric_limits<std::uint32_t>::max(), "a body of over 4 GiB");
  return line_protocol::BodyDecoder(body, options, schemas, line_protocol::BodyEnd::kEnds, window_,
                                    parser_)
      .Run();
}

DecodedPiece LineProtocolDecoder::DecodePiece(std::string_view piece,
                                              const LineProtocolOptions& options,
                                              const SchemaSource& schemas) {
  CHECK(piece.size() <= std::numeric_limits<std::uint32_t>::max(), "a piece of over 4 GiB");
  // Every record then ends with a newline, but the last newline may be inside a string.
  const auto whole_lines = piece.substr(0, piece.rfind('\n') + 1);
  line_protocol::BodyDecoder decoder(whole_lines, options, schemas, line_protocol::BodyEnd::kGoesOn,
                                     window_, parser_);
  DecodedPiece decoded;
  decoded.body = decoder.Run();
  decoded.bytes_used = decoder.position();
  decoded.lines_used = decoder.lines_used();
  return decoded;
}

}  // namespace arc::ingest
