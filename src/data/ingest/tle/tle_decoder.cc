#include "data/ingest/tle/tle_decoder.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <optional>
#include <utility>
#include <vector>

#include "data/ingest/dictionary_encoder.h"
#include "data/ingest/tle/element_set.h"
#include "foundation/text/utf8.h"

namespace arc::ingest {
namespace {

using tle::ElementSet;
using tle::Orbit;

constexpr std::size_t kNameBytesMax = 128;  // real names have up to 24; a longer line is no name

class Rows {
 public:
  void Append(const ElementSet& set, std::string_view name, std::uint32_t line) {
    const auto orbit = tle::OrbitOf(set);
    times_.push_back(set.epoch_micros);
    lines_.push_back(line);
    const std::array<std::string_view, kTags.size()> tags = {
        set.norad_id, name, set.classification, set.international_designator, orbit.type};
    for (std::size_t i = 0; i < tags.size(); i++) {
      tags[i].empty() ? tags_[i].AppendNulls(1) : tags_[i].Append(tags[i]);
    }
    const std::array<double, kFields.size()> fields = {set.inclination_deg,
                                                       set.raan_deg,
                                                       set.eccentricity,
                                                       set.arg_perigee_deg,
                                                       set.mean_anomaly_deg,
                                                       set.mean_motion_rev_day,
                                                       set.bstar,
                                                       set.mean_motion_dot,
                                                       set.mean_motion_ddot,
                                                       set.revolution_number,
                                                       orbit.semi_major_axis_km,
                                                       orbit.period_min,
                                                       orbit.apogee_km,
                                                       orbit.perigee_km};
    for (std::size_t i = 0; i < fields.size(); i++) fields_[i].push_back(fields[i]);
  }

  bool empty() const { return times_.empty(); }

  DecodedMeasurement Take(const std::string& measurement) {
    ColumnBatch batch;
    batch.times = std::move(times_);
    for (std::size_t i = 0; i < kTags.size(); i++) {
      // A tag without any value is left out: it has no type yet.
      if (tags_[i].word_count() == 0) continue;
      batch.columns.push_back({std::string(kTags[i]), ColumnRole::kTag, tags_[i].TakeValues(), {}});
    }
    for (std::size_t i = 0; i < kFields.size(); i++) {
      batch.columns.push_back(
          {std::string(kFields[i]), ColumnRole::kField, std::move(fields_[i]), {}});
    }
    batch.SetTimeRange();
    return {measurement, std::move(batch), std::move(lines_)};
  }

 private:
  static constexpr std::array<std::string_view, 5> kTags = {
      "norad_id", "object_name", "classification", "international_designator", "orbit_type"};
  static constexpr std::array<std::string_view, 14> kFields = {"inclination_deg",
                                                               "raan_deg",
                                                               "eccentricity",
                                                               "arg_perigee_deg",
                                                               "mean_anomaly_deg",
                                                               "mean_motion_rev_day",
                                                               "bstar",
                                                               "mean_motion_dot",
                                                               "mean_motion_ddot",
                                                               "revolution_number",
                                                               "semi_major_axis_km",
                                                               "period_min",
                                                               "apogee_km",
                                                               "perigee_km"};

  std::vector<std::int64_t> times_;
  std::vector<std::uint32_t> lines_;
  std::array<DictionaryEncoder, kTags.size()> tags_;
  std::array<std::vector<double>, kFields.size()> fields_;
};

struct Line {
  std::string_view text;  // without blanks behind
  std::uint32_t number = 0;
  std::size_t end = 0;  // where the next one begins
};

bool IsElementLine(std::string_view line, char number) {
  // A name can begin like an element line, but is shorter.
  constexpr std::size_t kNameColumns = 24;
  return line.size() > kNameColumns && line[0] == number && line[1] == ' ';
}

class Decoder {
 public:
  Decoder(std::string_view text, const std::string& measurement, const TimeLimits& times)
      : text_(text), measurement_(measurement), times_(times) {}

  DecodedBody Run(bool goes_on) {
    auto first = Peek(position_, line_);
    while (first && DecodeEntry(*first, goes_on)) first = Peek(position_, line_);
    if (!first) {
      const auto blank = text_.substr(position_);
      line_ += static_cast<std::uint32_t>(std::count(blank.begin(), blank.end(), '\n'));
      position_ = text_.size();
    }
    DecodedBody body;
    body.rejections = std::move(rejections_);
    if (!rows_.empty()) body.measurements.push_back(rows_.Take(measurement_));
    return body;
  }

  std::size_t position() const { return position_; }
  std::uint64_t lines_used() const { return line_ - 1; }

 private:
  // The first line at or after `position` that is not blank; nothing at the end of the text.
  std::optional<Line> Peek(std::size_t position, std::uint32_t number) const {
    while (position < text_.size()) {
      const auto newline = text_.find('\n', position);
      const auto end = newline == std::string_view::npos ? text_.size() : newline;
      auto line = text_.substr(position, end - position);
      while (!line.empty() && (line.back() == ' ' || line.back() == '\r' || line.back() == '\t')) {
        line.remove_suffix(1);
      }
      position = std::min(end + 1, text_.size());
      if (!line.empty()) return Line{line, number, position};
      number++;
    }
    return std::nullopt;
  }

  void Use(const Line& line) {
    position_ = line.end;
    line_ = line.number + 1;
  }

  void Reject(const Line& first, const Line& last, Refusal reason) {
    const auto* const end = last.text.data() + last.text.size();
    const std::string_view entry(first.text.data(),
                                 static_cast<std::size_t>(end - first.text.data()));
    reason.NameMeasurement(measurement_);
    const bool is_told = rejections_.TellsNext();
    rejections_.Add(first.number, std::move(reason), is_told ? ShownText(entry) : std::string());
    Use(last);
  }

  // Decodes or rejects the entry that begins at `first`. False when it may continue after the text.
  bool DecodeEntry(const Line& first, bool goes_on) {
    if (first.text.starts_with("\xEF\xBB\xBF")) {
      Reject(first, first,
             "the line begins with a byte order mark (EF BB BF), which is no part of an element "
             "set: save the text as UTF-8 without it");
      return true;
    }
    std::optional<std::string_view> name;
    std::optional<Line> line1 = first;
    if (!IsElementLine(first.text, '1')) {
      if (IsElementLine(first.text, '2')) {
        Reject(first, first, "element line 2 without a line 1 before it");
        return true;
      }
      name = first.text.starts_with("0 ") ? first.text.substr(2) : first.text;
      line1 = Peek(first.end, first.number + 1);
      if (!line1 && goes_on) return false;
      if (!line1 || !IsElementLine(line1->text, '1')) {
        Reject(first, first, "neither an element line nor a name with an element line 1 below it");
        return true;
      }
    }
    const auto line2 = Peek(line1->end, line1->number + 1);
    if (!line2 && goes_on) return false;
    if (!line2 || !IsElementLine(line2->text, '2')) {
      Reject(first, *line1, "element line 1 without a line 2 below it");
      return true;
    }
    Store(first, name, *line1, *line2);
    return true;
  }

  void Store(const Line& first, std::optional<std::string_view> name, const Line& line1,
             const Line& line2) {
    const auto set = tle::ParseElementSet(line1.text, line2.text);
    if (!set.ok()) return Reject(first, line2, set.error().message);
    const auto called = name ? std::string(*name) : fmt::format("NORAD {}", set.value().norad_id);
    const bool is_text = IsUtf8(called) && IsUtf8(line1.text) && IsUtf8(line2.text);
    if (!is_text) return Reject(first, line2, "the entry is not valid UTF-8");
    if (called.size() > kNameBytesMax) {
      return Reject(first, line2,
                    fmt::format("the name has {} bytes, {} at most", called.size(), kNameBytesMax));
    }
    if (!times_.Allow(set.value().epoch_micros)) {
      return Reject(first, line2,
                    TimeRefusal(set.value().epoch_micros, times_, "is the epoch right?"));
    }
    rows_.Append(set.value(), called, first.number);
    Use(line2);
  }

  const std::string_view text_;
  const std::string& measurement_;
  const TimeLimits& times_;
  std::size_t position_ = 0;
  std::uint32_t line_ = 1;
  Rows rows_;
  RejectionReport rejections_;
};

}  // namespace

std::vector<std::string> SatellitesOf(const ColumnBatch& batch) {
  // norad_id is the first tag and never missing, so it is the first column.
  const auto& words = std::get<DictionaryValues>(batch.columns.front().values).dictionary;
  std::vector<std::string> satellites;
  for (std::size_t code = 1; code < words.size(); code++) satellites.emplace_back(words[code]);
  return satellites;
}

DecodedBody DecodeTle(std::string_view text, const std::string& measurement,
                      const TimeLimits& times) {
  return Decoder(text, measurement, times).Run(/*goes_on=*/false);
}

DecodedPiece DecodeTlePiece(std::string_view piece, const std::string& measurement,
                            const TimeLimits& times) {
  Decoder decoder(piece.substr(0, piece.rfind('\n') + 1), measurement, times);
  DecodedPiece decoded;
  decoded.body = decoder.Run(/*goes_on=*/true);
  decoded.bytes_used = decoder.position();
  decoded.lines_used = decoder.lines_used();
  return decoded;
}

}  // namespace arc::ingest
