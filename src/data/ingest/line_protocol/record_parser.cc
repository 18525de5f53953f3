#include "data/ingest/line_protocol/record_parser.h"

#include <fmt/format.h>

#include "data/ingest/line_protocol/field_value.h"
#include "data/ingest/line_protocol/number_parser.h"
#include "data/ingest/line_protocol/short_text.h"

namespace arc::ingest::line_protocol {
namespace {

bool IsEscaped(std::string_view text, std::size_t at) { return at > 0 && text[at - 1] == '\\'; }

// The first unescaped byte of `stops` at or after `at`, or the end of the text.
std::size_t FindUnescaped(std::string_view text, std::string_view stops, std::size_t at) {
  for (; at < text.size(); at++) {
    if (stops.find(text[at]) != std::string_view::npos && !IsEscaped(text, at)) break;
  }
  return at;
}

// The position of the quote that closes the string whose opening quote is text[open], or npos.
std::size_t FindClosingQuote(std::string_view text, std::size_t open) {
  for (auto at = text.find_first_of("\"\\", open + 1); at != std::string_view::npos;
       at = text.find_first_of("\"\\", at)) {
    if (text[at] == '"') return at;
    at++;
    if (at < text.size() && (text[at] == '"' || text[at] == '\\')) at++;
  }
  return std::string_view::npos;
}

bool EndsValue(std::string_view text, std::size_t at) {
  return at == text.size() || text[at] == ',' || text[at] == '\n' || IsBlank(text[at]);
}

}  // namespace

std::size_t FindRecordEnd(std::string_view body, std::size_t start, BodyEnd body_end) {
  const auto record = body.substr(start);
  // There are no strings before the fields, which begin at the first unescaped space.
  std::size_t at = 0;
  while (at < record.size() && record[at] != '\n' && (record[at] != ' ' || IsEscaped(record, at))) {
    at++;
  }
  while (at < record.size() && record[at] != '\n') {
    at = record.find_first_of("\"\n", at);
    if (at == std::string_view::npos) return body.size();
    if (record[at] == '\n') break;
    const bool may_open = record[at - 1] == '=' && !IsEscaped(record, at - 1);
    const auto close = may_open ? FindClosingQuote(record, at) : std::string_view::npos;
    if (may_open && close == std::string_view::npos && body_end == BodyEnd::kGoesOn) {
      return kRecordGoesOn;
    }
    at = close != std::string_view::npos && EndsValue(record, close + 1) ? close + 1 : at + 1;
  }
  return start + at;
}

void RecordParser::SkipBlanks() {
  while (!AtEnd() && IsBlank(record_[at_])) at_++;
}

std::string_view RecordParser::ReadUntil(std::string_view stops) {
  const auto start = at_;
  at_ = FindUnescaped(record_, stops, at_);
  return record_.substr(start, at_ - start);
}

std::string_view RecordParser::WithoutEscapes(std::string_view raw) {
  if (raw.find('\\') == std::string_view::npos) return raw;
  const auto start = unescaped_.size();
  for (std::size_t i = 0; i < raw.size(); i++) {
    const bool escapes = raw[i] == '\\' && i + 1 < raw.size() &&
                         (raw[i + 1] == ',' || raw[i + 1] == '=' || raw[i + 1] == ' ');
    if (!escapes) unescaped_.push_back(raw[i]);
  }
  return std::string_view(unescaped_).substr(start);
}

std::optional<std::string> RecordParser::Parse(std::string_view record) {
  while (!record.empty() && IsBlank(record.back())) record.remove_suffix(1);
  record_ = record;
  at_ = 0;
  parsed_.tags.clear();
  parsed_.fields.clear();
  parsed_.timestamp.reset();
  unescaped_.clear();
  unescaped_.reserve(record.size());

  const auto measurement = ReadUntil(", ");
  parsed_.measurement = WithoutEscapes(measurement);
  parsed_.has_plain_keys = measurement.find('\\') == std::string_view::npos;
  while (At(',')) {
    at_++;
    if (auto reason = ParseTag()) return reason;
  }
  SkipBlanks();
  if (AtEnd()) return "no fields: expected a space and field=value behind measurement and tags";
  if (auto reason = ParseField()) return reason;
  while (At(',')) {
    at_++;
    if (auto reason = ParseField()) return reason;
  }
  return ParseTimestamp();
}

std::optional<std::string> RecordParser::ParseTag() {
  const auto start = at_;
  const auto key = ReadUntil(",= ");
  if (key.empty()) return fmt::format("tag at byte {} has no key", start + 1);
  if (!At('=')) return fmt::format("tag {} at byte {} has no '='", Quoted(key), start + 1);
  at_++;
  const auto value = ReadUntil(",= ");
  if (At('=')) {
    return fmt::format("tag {}: '=' at byte {} must be written as \\=", Quoted(key), at_ + 1);
  }
  if (value.empty()) return fmt::format("tag {} at byte {} has no value", Quoted(key), start + 1);
  if (key.find('\\') != std::string_view::npos) parsed_.has_plain_keys = false;
  parsed_.tags.push_back({WithoutEscapes(key), {}});
  parsed_.tags.back().value.SetTag(WithoutEscapes(value));
  return std::nullopt;
}

std::optional<std::string> RecordParser::ParseField() {
  const auto start = at_;
  const auto key = ReadUntil(",= ");
  if (key.empty()) return fmt::format("field at byte {} has no key", start + 1);
  if (!At('=')) return fmt::format("field {} at byte {} has no '='", Quoted(key), start + 1);
  at_++;
  if (key.find('\\') != std::string_view::npos) parsed_.has_plain_keys = false;
  parsed_.fields.push_back({WithoutEscapes(key), {}});
  auto& value = parsed_.fields.back().value;
  if (At('"')) {
    auto reason = ParseString(value);
    if (reason) return fmt::format("field {}: {}", Quoted(key), *reason);
    return std::nullopt;
  }
  const auto value_start = at_;
  while (!EndsValue(record_, at_)) at_++;
  const auto text = record_.substr(value_start, at_ - value_start);
  const auto outcome = ParseFieldValue(text, value);
  if (outcome == NumberOutcome::kOk) return std::nullopt;
  return fmt::format("field {} at byte {}: {}", Quoted(key), start + 1,
                     DescribeBadValue(text, outcome));
}

std::optional<std::string> RecordParser::ParseString(CellValue& value) {
  const auto open = at_;
  const auto close = FindClosingQuote(record_, open);
  if (close == std::string_view::npos) {
    return fmt::format("the string that opens at byte {} is not closed", open + 1);
  }
  if (!EndsValue(record_, close + 1)) {
    return fmt::format("unexpected text at byte {}, behind the closing quote", close + 2);
  }
  at_ = close + 1;
  const auto raw = record_.substr(open + 1, close - open - 1);
  if (raw.find('\\') == std::string_view::npos) {
    value.SetString(raw);
    return std::nullopt;
  }
  const auto start = unescaped_.size();
  for (std::size_t i = 0; i < raw.size(); i++) {
    const bool escapes =
        raw[i] == '\\' && i + 1 < raw.size() && (raw[i + 1] == '"' || raw[i + 1] == '\\');
    if (escapes) i++;
    unescaped_.push_back(raw[i]);
  }
  value.SetString(std::string_view(unescaped_).substr(start));
  return std::nullopt;
}

std::optional<std::string> RecordParser::ParseTimestamp() {
  SkipBlanks();
  if (AtEnd()) return std::nullopt;
  const auto text = record_.substr(at_);
  std::int64_t timestamp = 0;
  const auto outcome =
      text.front() == '+' ? NumberOutcome::kMalformed : ParseInteger(text, timestamp);
  if (outcome == NumberOutcome::kOutOfRange) {
    return fmt::format("timestamp {} is out of range", Quoted(text));
  }
  if (outcome == NumberOutcome::kMalformed) {
    return fmt::format("{} at byte {} is not a timestamp: expected an integer to end the line",
                       Quoted(text), at_ + 1);
  }
  parsed_.timestamp = timestamp;
  return std::nullopt;
}

}  // namespace arc::ingest::line_protocol
