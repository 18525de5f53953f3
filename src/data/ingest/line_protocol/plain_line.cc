#include "data/ingest/line_protocol/plain_line.h"

#include "data/ingest/line_protocol/field_value.h"
#include "data/ingest/line_protocol/number_parser.h"
#include "data/ingest/line_protocol/short_text.h"

namespace arc::ingest::line_protocol {
namespace {

using Outcome = PlainLineOutcome;

// Walks over the structural positions of one line.
class Reader {
 public:
  Reader(std::string_view body, const std::uint32_t* next, const std::uint32_t* end)
      : body_(body), next_(next), end_(end), start_(*next + 1), delimiter_(body[*next]) {
    next_++;
  }

  Outcome Read(const LineLayout& layout, MeasurementBuilder& builder, PlainLine& line) {
    const auto* const entries = layout.entries.data();
    const auto count = layout.entries.size();
    const auto tag_count = layout.tag_count;
    for (std::size_t i = 0; i < count; i++) {
      const char expected = i == tag_count ? ' ' : ',';
      if (delimiter_ != expected) return Outcome::kOther;
      auto* column = entries[i].column;
      auto& value = builder.AddCell(column);
      auto outcome = ReadKey(entries[i].key);
      if (outcome == Outcome::kRead) {
        outcome = i < tag_count ? ReadTagValue(value) : ReadFieldValue(value, i + 1 == count);
      }
      if (outcome != Outcome::kRead) return outcome;
      if (!column->Accepts(value.type())) return Outcome::kOther;
    }
    return ReadEnd(line);
  }

 private:
  // Requires `key` between start_ and the next structural byte, which must be '='.
  Outcome ReadKey(std::string_view key) {
    if (next_ == end_) return Outcome::kWindowEnds;
    const std::size_t equals = *next_;
    if (equals - start_ != key.size() || body_[equals] != '=') return Outcome::kOther;
    if (!EqualBytes(body_.data() + start_, key.data(), key.size())) return Outcome::kOther;
    start_ = equals + 1;
    next_++;
    return Outcome::kRead;
  }

  Outcome ReadTagValue(CellValue& value) {
    if (next_ == end_) return Outcome::kWindowEnds;
    const auto text = TextToNext();
    if (text.empty()) return Outcome::kOther;
    value.SetTag(text);
    return Outcome::kRead;
  }

  Outcome ReadFieldValue(CellValue& value, bool is_last) {
    if (next_ == end_) return Outcome::kWindowEnds;
    if (body_[start_] == '"') return ReadString(value);
    auto text = TextToNext();
    if (is_last && delimiter_ == '\n') text = WithoutCarriageReturn(text);
    return ParseFieldValue(text, value) == NumberOutcome::kOk ? Outcome::kRead : Outcome::kOther;
  }

  // A string without escapes.
  Outcome ReadString(CellValue& value) {
    const auto open = start_;
    for (next_++; next_ != end_; next_++) {
      const char c = body_[*next_];
      if (c == '\\') return Outcome::kOther;
      if (c == '\n') newline_count_++;
      if (c == '"') break;
    }
    if (end_ - next_ < 2) return Outcome::kWindowEnds;
    const std::size_t close = *next_++;
    if (*next_ != close + 1) return Outcome::kOther;
    delimiter_ = body_[*next_];
    start_ = *next_ + 1;
    next_++;
    value.SetString(body_.substr(open + 1, close - open - 1));
    return Outcome::kRead;
  }

  Outcome ReadEnd(PlainLine& line) {
    line.has_timestamp = delimiter_ == ' ';
    if (line.has_timestamp) {
      if (next_ == end_) return Outcome::kWindowEnds;
      const auto text = WithoutCarriageReturn(TextToNext());
      const bool has_plus = !text.empty() && text.front() == '+';
      if (has_plus || ParseInteger(text, line.timestamp) != NumberOutcome::kOk) {
        return Outcome::kOther;
      }
    }
    if (delimiter_ != '\n') return Outcome::kOther;
    line.next = next_;
    line.newline = start_ - 1;
    line.newline_count = newline_count_ + 1;
    return Outcome::kRead;
  }

  // The text up to the next structural byte, which becomes the delimiter. Requires: there is one.
  std::string_view TextToNext() {
    const std::string_view text(body_.data() + start_, *next_ - start_);
    delimiter_ = body_[*next_];
    start_ = *next_ + 1;
    next_++;
    return text;
  }

  static std::string_view WithoutCarriageReturn(std::string_view text) {
    if (!text.empty() && text.back() == '\r') text.remove_suffix(1);
    return text;
  }

  const std::string_view body_;
  const std::uint32_t* next_;
  const std::uint32_t* const end_;
  std::size_t start_;  // behind the last structural byte taken, which is delimiter_
  char delimiter_;
  std::uint32_t newline_count_ = 0;
};

}  // namespace

void LineLayout::Learn(const ParsedRecord& record,
                       const std::vector<MeasurementBuilder::Cell>& cells) {
  entries.clear();
  entries.reserve(cells.size());
  tag_count = record.tags.size();
  for (std::size_t i = 0; i < cells.size(); i++) {
    const auto& parsed = i < tag_count ? record.tags[i] : record.fields[i - tag_count];
    entries.push_back({parsed.key, cells[i].column});
  }
}

PlainLineOutcome ReadPlainLine(std::string_view body, const std::uint32_t* next,
                               const std::uint32_t* end, const LineLayout& layout,
                               MeasurementBuilder& builder, PlainLine& line) {
  return Reader(body, next, end).Read(layout, builder, line);
}

}  // namespace arc::ingest::line_protocol
