// The decoder against its slow twin, on bodies nobody has thought of.

#include <gtest/gtest.h>

#include <random>
#include <string>
#include <vector>

#include "data/ingest/msgpack/msgpack_decoder.h"
#include "data/ingest/msgpack/msgpack_reference.h"
#include "foundation/testing/fixed_schemas.h"
#include "foundation/testing/msgpack_writer.h"

namespace arc::ingest {
namespace {

using arc::testing::FixedSchemas;
using arc::testing::MsgpackWriter;

constexpr MsgpackOptions kOptions{.now_micros = 1'700'000'000'000'000};

FixedSchemas SomeSchemas() {
  FixedSchemas schemas;
  schemas.Add("cpu", {{"host", ColumnType::kString, ColumnRole::kTag},
                      {"Usage", ColumnType::kDouble},
                      {"count", ColumnType::kInt64},
                      {"up", ColumnType::kBool}});
  return schemas;
}

// Writes bodies that are mostly right, from few names and kinds of values, so that they meet.
class BodyGenerator {
 public:
  explicit BodyGenerator(std::uint32_t seed) : random_(seed) {}

  std::string Body() {
    writer_ = MsgpackWriter();
    const auto items = Below(5);
    if (Below(4) == 0) {
      Item();
    } else {
      if (Below(2) == 0) writer_.Map(1).String("batch");
      writer_.Array(items);
      for (std::size_t i = 0; i < items; i++) Item();
    }
    return writer_.bytes();
  }

  std::string Mutated(std::string body) {
    for (auto changes = 1 + Below(3); changes > 0 && !body.empty(); changes--) {
      const auto at = Below(body.size());
      const auto size = std::min(body.size() - at, Below(8));
      switch (Below(4)) {
        case 0:
          body[at] = static_cast<char>(random_());
          break;
        case 1:
          body.erase(at, size);
          break;
        case 2:
          body.insert(at, body.substr(Below(body.size()), size));
          break;
        default:
          body[at] = static_cast<char>(kTags[Below(std::size(kTags))]);
          break;
      }
    }
    return body;
  }

  std::size_t Below(std::size_t limit) { return random_() % limit; }

 private:
  static constexpr int kTags[] = {0xC0, 0xC1, 0xC2, 0xC4, 0xC7, 0xCA, 0xCB, 0xCF, 0xD3, 0xD6,
                                  0xD9, 0xDC, 0xDD, 0xDE, 0xDF, 0x80, 0x81, 0x90, 0x91, 0xA1};

  void Item() {
    if (Below(20) == 0) return Value(0);
    const bool is_columnar = Below(2) == 0;
    const auto extra = Below(3) == 0 ? 1 + Below(3) : 0;
    std::vector<std::string> parts = {"m", is_columnar ? "columns" : "fields"};
    static constexpr const char* kParts[] = {"t", "h", "tags", "f", "extra", "m", "batch"};
    for (std::size_t i = 0; i < extra; i++) parts.push_back(kParts[Below(std::size(kParts))]);
    if (!is_columnar && Below(2) == 0) parts.push_back("tags");
    std::shuffle(parts.begin(), parts.end(), random_);
    writer_.Map(parts.size());
    for (const auto& part : parts) Part(part);
  }

  void Part(const std::string& part) {
    static constexpr const char* kMeasurements[] = {"cpu", "cpu", "cpu", "mem", "1x"};
    writer_.String(part);
    if (Below(30) == 0) return Value(0);
    if (part == "m") {
      writer_.String(kMeasurements[Below(std::size(kMeasurements))]);
    } else if (part == "t") {
      Time();
    } else if (part == "h") {
      writer_.String("a");
    } else if (part == "columns") {
      ColumnMap();
    } else if (part == "f") {
      const auto count = Below(4);
      writer_.Array(count);
      for (std::size_t i = 0; i < count; i++) Value(Below(8));
    } else {
      const auto count = Below(4);
      writer_.Map(count);
      for (std::size_t i = 0; i < count; i++) {
        Name();
        Value(Below(8));
      }
    }
  }

  void ColumnMap() {
    const auto rows = Below(8) == 0 ? Below(200) : Below(6);
    const auto count = Below(5);
    const bool has_time = Below(2) == 0;
    writer_.Map(count + (has_time ? 1 : 0));
    for (std::size_t i = 0; i < count; i++) {
      Name();
      const auto kind = Below(8);
      writer_.Array(Below(40) == 0 ? rows + 1 : rows);
      for (std::size_t row = 0; row < rows; row++) Value(Below(15) == 0 ? Below(8) : kind);
    }
    if (!has_time) return;
    writer_.String("time").Array(rows);
    for (std::size_t row = 0; row < rows; row++) Time();
  }

  void Name() {
    static constexpr const char* kNames[] = {"host", "usage", "Usage", "count", "up",
                                             "v",    "w",     "x",     "HOST",  "v_value"};
    if (Below(60) == 0) {
      Value(0);
    } else if (Below(60) == 0) {
      writer_.String(Below(2) == 0 ? "TIME" : "");
    } else {
      writer_.String(kNames[Below(std::size(kNames))]);
    }
  }

  void Time() {
    static constexpr std::int64_t kScales[] = {1, 1'700'000'000, 1'700'000'000'000,
                                               1'700'000'000'000'000, 1'700'000'000'000'000'000};
    const auto time = kScales[Below(std::size(kScales))] + static_cast<std::int64_t>(Below(5000));
    switch (Below(40)) {
      case 0:
        return Value(0);
      case 1:
        writer_.Double(static_cast<double>(time) / 4);
        return;
      case 2:
        writer_.Extension(-1, MsgpackWriter().BigEndian(random_(), 8).bytes());
        return;
      default:
        writer_.Int(Below(4) == 0 ? -time : time);
    }
  }

  // 0: anything; else mostly one kind.
  void Value(std::size_t kind) {
    static constexpr const char* kWords[] = {"", "a", "b", "Zürich", "a longer word than others"};
    switch (kind == 0 ? 1 + Below(14) : kind) {
      case 1:
      case 2:
        writer_.Double(static_cast<double>(static_cast<std::int32_t>(random_())) / 256);
        return;
      case 3:
        writer_.Int(static_cast<std::int64_t>(random_() >> Below(64)));
        return;
      case 4:
      case 5:
        writer_.String(kWords[Below(std::size(kWords))]);
        return;
      case 6:
        writer_.Bool(Below(2) == 0);
        return;
      case 7:
        writer_.Nil();
        return;
      case 8:
        writer_.Float(static_cast<float>(Below(100)) / 8);
        return;
      case 9:
        writer_.Unsigned(UINT64_MAX - Below(3));
        return;
      case 10:
        writer_.Binary("bin");
        return;
      case 11:
        writer_.Extension(static_cast<std::int8_t>(Below(3)), "ext");
        return;
      case 12:
        writer_.Array(2).Int(1).Map(1).Nil().Nil();
        return;
      case 13:
        writer_.Map(1).String("k").Array(0);
        return;
      default:
        writer_.String("bad \xC3\x28 text");
    }
  }

  std::mt19937_64 random_;
  MsgpackWriter writer_;
};

class MsgpackTwinTest : public ::testing::Test {
 protected:
  std::string Compare(const std::string& body) {
    return FindDisagreement(body, kOptions, schemas_, decoder_);
  }
  static std::string Hex(const std::string& body) {
    std::string hex;
    for (const char byte : body) {
      constexpr const char* kDigits = "0123456789abcdef";
      hex += kDigits[(byte >> 4) & 0xF];
      hex += kDigits[byte & 0xF];
    }
    return hex;
  }

  FixedSchemas schemas_ = SomeSchemas();
  MsgpackDecoder decoder_;
};

TEST_F(MsgpackTwinTest, AgreeOnEveryPrefix) {
  BodyGenerator generator(1);
  std::size_t prefixes = 0;
  for (int i = 0; i < 50; i++) {
    const auto body = generator.Body();
    for (std::size_t size = 0; size <= body.size() && size < 2000; size++) {
      ASSERT_EQ(Compare(body.substr(0, size)), "") << Hex(body) << " cut at " << size;
      prefixes++;
    }
  }
  EXPECT_GT(prefixes, 3000u);
}

TEST_F(MsgpackTwinTest, AgreeOnRandomAndMutatedBodies) {
  const auto seed = std::random_device{}();
  BodyGenerator generator(seed);
  std::uint64_t rows = 0;
  std::uint64_t rejections = 0;
  for (int i = 0; i < 3000; i++) {
    const auto body = generator.Body();
    ASSERT_EQ(Compare(body), "") << "seed " << seed << ", body " << Hex(body);
    const auto decoded = decoder_.Decode(body, kOptions, schemas_);
    if (decoded.ok()) rows += decoded.value().row_count();
    if (decoded.ok()) rejections += decoded.value().rejections.count;
    const auto mutated = generator.Mutated(body);
    ASSERT_EQ(Compare(mutated), "") << "seed " << seed << ", body " << Hex(mutated);
  }
  EXPECT_GT(rows, 3000u) << "the bodies are too bad to say much";
  EXPECT_GT(rejections, 600u) << "the bodies are too good to say much";
}

}  // namespace
}  // namespace arc::ingest
