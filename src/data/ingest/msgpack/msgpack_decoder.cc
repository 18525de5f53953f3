#include "data/ingest/msgpack/msgpack_decoder.h"

#include <fmt/format.h>

#include <deque>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "data/ingest/msgpack/item.h"
#include "data/ingest/msgpack/measurement_builder.h"
#include "data/ingest/msgpack/reader.h"
#include "data/ingest/msgpack/shown.h"
#include "data/ingest/msgpack/timestamps.h"
#include "foundation/base/check.h"
#include "foundation/model/names.h"

namespace arc::ingest {

using namespace msgpack;

namespace {

// With this limit every offset into the strings of a column fits into 32 bits.
constexpr std::size_t kBodyBytesMax = std::size_t{1} << 30;

}  // namespace

struct MsgpackDecoder::Scratch {
  Item item;
  std::vector<std::int64_t> times;
  std::vector<Reader> cursors;  // one for each column, to read a columnar item row by row
  std::vector<Cell> row;
};

namespace {

// Decodes one body. Scratch is any struct with the members above.
template <class Scratch>
class BodyDecoder {
 public:
  BodyDecoder(std::string_view body, const MsgpackOptions& options, const SchemaSource& schemas,
              Scratch& scratch)
      : reader_(body), options_(options), schemas_(schemas), scratch_(scratch) {}

  Result<DecodedBody> Decode() {
    if (!DecodeItems()) return reader_.TakeError();
    for (auto& builder : builders_) {
      if (builder.row_count() > 0) decoded_.measurements.push_back(builder.Finish());
    }
    return std::move(decoded_);
  }

 private:
  // The functions that return false do so when the bytes are not MessagePack.
  bool DecodeItems() {
    const Reader start = reader_;
    Value body;
    if (!reader_.Read(0, body)) return false;
    if (body.kind != Kind::kMap && body.kind != Kind::kArray) {
      reader_ = start;
      return reader_.Fail("neither a map nor an array");
    }
    if (body.kind == Kind::kArray) {
      if (!DecodeArray(reader_, 1, body.count)) return false;
    } else {
      reader_ = start;
      if (!DecodeMap()) return false;
    }
    return reader_.at_end() || reader_.Fail("bytes after the end");
  }

  bool DecodeArray(Reader& reader, int depth, std::uint64_t count) {
    for (; item_index_ < count; item_index_++) {
      MarkItem(reader, depth);
      if (!ScanItem(reader, depth, scratch_.item)) return false;
      StoreItem();
    }
    return true;
  }

  // One item, or {"batch": [items]}. The scan has checked the batch before its items are decoded.
  bool DecodeMap() {
    auto& item = scratch_.item;
    MarkItem(reader_, 0);
    if (!ScanItem(reader_, 0, item)) return false;
    if (item.batch == nullptr || !item.problem.empty()) {
      StoreItem();
      return true;
    }
    Reader batch(reader_, item.batch);
    Value items;
    CHECK(batch.Read(1, items), "a scanned batch cannot be read again");
    if (items.kind != Kind::kArray) {
      RejectItem(fmt::format("\"batch\" must be an array, not {}", Describe(items.kind)));
      return true;
    }
    return DecodeArray(batch, 2, items.count);
  }

  void StoreItem() {
    const auto& item = scratch_.item;
    if (!item.problem.empty()) return RejectItem(item.problem);
    std::string name;
    auto problem = ReadMeasurementName(item, name);
    if (!problem.empty()) return RejectItem(problem);
    if (item.has_columns && item.has_row_parts) {
      return RejectItem(
          "\"columns\" cannot stand beside \"t\", \"h\", \"tags\", \"fields\", \"f\"");
    }
    if (item.has_columns) return StoreColumns(item, name);
    if (item.fields.empty()) return RejectItem("no field");
    StoreRow(item, name);
  }

  static std::string ReadMeasurementName(const Item& item, std::string& name) {
    if (!item.measurement) return "no measurement: the key \"m\" is missing";
    switch (item.measurement->kind) {
      case Kind::kString:
        name = item.measurement->bytes;
        break;
      case Kind::kInteger:
        name = fmt::format("measurement_{}", item.measurement->integer);
        break;
      case Kind::kHugeInteger:
        name = fmt::format("measurement_{}", item.measurement->huge_integer);
        break;
      default:
        return fmt::format("\"m\" must be a string or an integer, not {}",
                           Describe(item.measurement->kind));
    }
    auto checked = CheckMeasurementName(name);
    return checked.ok() ? "" : std::move(checked).TakeError().message;
  }

  void StoreRow(const Item& item, const std::string& name) {
    auto time = options_.now_micros;
    if (item.time &&
        !(ToMicros(*item.time, DetectUnit(*item.time), time) && options_.times.Allow(time))) {
      return RejectItem(TimeProblemOf(*item.time, DetectUnit(*item.time), name));
    }
    auto& row = scratch_.row;
    row.assign(item.tags.begin(), item.tags.end());
    row.insert(row.end(), item.fields.begin(), item.fields.end());
    auto& builder = BuilderOf(name);
    if (!builder.AppendRow(row, time, ItemIndex())) RejectItem(builder.problem());
  }

  void StoreColumns(const Item& item, const std::string& name) {
    using Outcome = MeasurementBuilder::Outcome;
    if (item.row_count == 0) return;
    if (item.columns.empty()) return RejectItem("no column besides the time");
    auto& builder = BuilderOf(name);
    auto unit = TimeUnit::kMicroseconds;
    bool has_times = true;
    if (item.time_column) {
      unit = DetectUnit(reader_, *item.time_column);
      has_times = ToMicros(reader_, *item.time_column, unit, options_.times, scratch_.times);
    } else {
      scratch_.times.assign(item.row_count, options_.now_micros);
    }
    const auto outcome =
        builder.AppendColumns(item.columns, has_times ? &scratch_.times : nullptr, ItemIndex());
    if (outcome == Outcome::kRefused) RejectItem(builder.problem());
    if (outcome == Outcome::kRowsDiffer) StoreRowByRow(item, name, unit, builder);
  }

  // The slow way, for a columnar item with a row that cannot be stored.
  void StoreRowByRow(const Item& item, const std::string& name, TimeUnit unit,
                     MeasurementBuilder& builder) {
    auto& cursors = scratch_.cursors;
    auto& row = scratch_.row;
    cursors.clear();
    row.clear();
    for (const auto& column : item.columns) {
      cursors.emplace_back(reader_, column.values);
      row.push_back({column.name, {}, false});
    }
    Reader times(reader_, item.time_column ? item.time_column->values : reader_.position());
    for (std::uint64_t i = 0; i < item.row_count; i++) {
      auto time = options_.now_micros;
      Value time_value;
      bool is_time = true;
      if (item.time_column) {
        ReadAgain(times, time_value);
        is_time = ToMicros(time_value, unit, time) && options_.times.Allow(time);
      }
      for (std::size_t c = 0; c < cursors.size(); c++) ReadAgain(cursors[c], row[c].value);
      if (is_time && builder.AppendRow(row, time, ItemIndex())) continue;
      if (!TellsNext()) continue;
      const auto* const shown_time = item.time_column ? &time_value : nullptr;
      RejectRow(i, is_time ? builder.problem() : TimeProblemOf(time_value, unit, name),
                ShownRow(name, shown_time, row, kShownTextMax));
    }
  }

  static void ReadAgain(Reader& cursor, Value& value) {
    CHECK(cursor.ReadWhole(kDepthInColumn, value), "a scanned column cannot be read again");
  }

  MeasurementBuilder& BuilderOf(const std::string& name) {
    if (last_builder_ != nullptr && last_name_ == name) return *last_builder_;
    const auto [entry, is_new] = builder_index_.try_emplace(name, builders_.size());
    if (is_new) builders_.emplace_back(name, schemas_.Find(name));
    last_builder_ = &builders_[entry->second];
    last_name_ = name;
    return *last_builder_;
  }

  std::uint32_t ItemIndex() const { return static_cast<std::uint32_t>(item_index_); }

  // When enough rejections were reported in words, the others are only counted: so a body full of
  // errors costs little.
  bool TellsNext() {
    if (decoded_.rejections.TellsNext()) return true;
    decoded_.rejections.count++;
    return false;
  }
  // Remembers where the item begins, to show it if it is rejected.
  void MarkItem(const Reader& reader, int depth) {
    item_position_ = reader.position();
    item_depth_ = depth;
  }
  void RejectItem(Refusal problem) {
    if (!TellsNext()) return;
    Reject(fmt::format("item {}", item_index_), std::move(problem),
           ShownItem(Reader(reader_, item_position_), item_depth_, kShownTextMax));
  }
  // Requires: TellsNext() has returned true.
  void RejectRow(std::uint64_t row, Refusal problem, std::string text) {
    Reject(fmt::format("item {}, row {}", item_index_, row), std::move(problem), std::move(text));
  }
  void Reject(const std::string& place, Refusal problem, std::string text) {
    problem.message = fmt::format("{}: {}", place, problem.message);
    if (!problem.log_text.empty())
      problem.log_text = fmt::format("{}: {}", place, problem.log_text);
    decoded_.rejections.Add(item_index_, std::move(problem), std::move(text));
  }
  Refusal TimeProblemOf(const Value& time, TimeUnit unit, const std::string& name) const {
    auto problem = TimeProblem(time, unit, options_.times);
    problem.NameMeasurement(name);
    return problem;
  }

  Reader reader_;
  const MsgpackOptions& options_;
  const SchemaSource& schemas_;
  Scratch& scratch_;

  DecodedBody decoded_;
  std::uint64_t item_index_ = 0;
  const char* item_position_ = nullptr;
  int item_depth_ = 0;
  std::deque<MeasurementBuilder> builders_;
  std::unordered_map<std::string, std::size_t> builder_index_;
  MeasurementBuilder* last_builder_ = nullptr;
  std::string last_name_;
};

}  // namespace

MsgpackDecoder::MsgpackDecoder() : scratch_(std::make_unique<Scratch>()) {}
MsgpackDecoder::~MsgpackDecoder() = default;
MsgpackDecoder::MsgpackDecoder(MsgpackDecoder&&) noexcept = default;
MsgpackDecoder& MsgpackDecoder::operator=(MsgpackDecoder&&) noexcept = default;

Result<DecodedBody> MsgpackDecoder::Decode(std::string_view body, const MsgpackOptions& options,
                                           const SchemaSource& schemas) {
  if (body.size() > kBodyBytesMax) {
    return Error{ErrorCode::kTooLarge,
                 fmt::format("MessagePack payload of {} bytes: at most {} are allowed", body.size(),
                             kBodyBytesMax)};
  }
  return BodyDecoder(body, options, schemas, *scratch_).Decode();
}

}  // namespace arc::ingest
