// The decoder against its slow twin: on every prefix of sample bodies, on mutated bodies, at the
// edges of its window, and on a body with very many measurements.

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <ctime>
#include <limits>
#include <memory>
#include <random>
#include <string>
#include <string_view>
#include <vector>

#include "data/ingest/line_protocol/line_protocol_decoder.h"
#include "data/ingest/line_protocol/line_protocol_reference.h"

namespace arc::ingest {
namespace {

class SampleSchemas : public SchemaSource {
 public:
  std::shared_ptr<const RowSchema> Find(std::string_view measurement) const override {
    return measurement == "m" ? schema_ : nullptr;
  }

 private:
  const std::shared_ptr<const RowSchema> schema_ = std::make_shared<RowSchema>(
      std::vector<SchemaColumn>{{"Float", ColumnType::kDouble, ColumnRole::kField},
                                {"int", ColumnType::kInt64, ColumnRole::kField},
                                {"bool", ColumnType::kBool, ColumnRole::kField},
                                {"text", ColumnType::kString, ColumnRole::kField},
                                {"tag", ColumnType::kString, ColumnRole::kTag},
                                {"none", ColumnType::kNull, ColumnRole::kField}});
};

const std::vector<std::string> kSamples = {
    "cpu,host=a,region=eu usage=0.5,idle=99i 1700000000000000001\n"
    "cpu,host=b,region=eu usage=1.5,idle=98i 1700000000000000002\n"
    "cpu,host=a,region=us usage=2,idle=97.5 1700000000000000003\n",

    "m,tag=x float=1i,int=1i,bool=t,text=\"a\",none=1 -1\r\n"
    "m,tag=y float=2i,int=2i,bool=F,text=\"b, c=d\",none=2i -1001\r\n"
    "m,tag=y float=2i,int=2i,bool=F,text=\"b\\\"\",none=2i -1001\r\n"
    "m,tag=z FLOAT=2.5,int=1.5,bool=0\r\n"
    "m,text=t float=1,tag=\"now a field\"\r\n",

    "# comment\n\n  log,level=warn message=\"first\nsecond\",code=7u\n"
    "log,level=info message=\"first\nm int=1i 5\n\",code=8u 9\n"
    "log,level=info message=\"open,code=8u 9\n"
    "log,level=info message=\"fine\",code=8u 9\n"
    "log,level=info code=x,message=\"in\nside\" 9\n",

    "w,a\\ b=c\\,d,e=f\\\\ g=1i,h\\=i=\"\\\\\" 1\nw,a\\ b=c\\,d,e=f\\\\ g=1i,h\\=i=\"\\\\\" 1\n",

    "d,t=a t=1i,v=1i\nd,t=b T=2i,v=1i\nd,t=c v=1i,V=2i\nd,t=c,T=d v=1i\nd time=1i\n",

    // The layout of the first line, with something that only the record parser may read.
    "p,t=a s=\"x\",v=1i 1\np,t= s=\"x\",v=1i 1\np,t=a s=\"x\\\\y\",v=1i 1\n"
    "p,t=a s=\"x\\\",v=2i\",v=1i 1\np,t=\"a s=\"x\",v=1i 1\np,t=a\\ b s=\"x\",v=1i 1\n"
    "p,t=a s=\"x\"y,v=1i 1\np,t=a s=,v=1i 1\np,t=a s=\"x\",v=1i \np,t=a s=\"x\",v=1i +1\n"
    "p,t=a s=\"x\",v\\=\"=1i,w=\"x\"\np,t=a s=\"x\",v=2i 1 1\np,t=a s=\"x\",v=3\t1\n"
    "p v\\=\"a\np v=1i,w=\" 1\n",

    // Columns beyond those that are found by comparing, also for a line that is rejected.
    "k,a=x b=1,c=1,d=1,e=1,f=1,g=1 1\nk h=2i,i=2i,j=2i,b=\"no\" 2\nk H=3,I=3,J=3,a=\"y\" 3\n"
    "k k=4i,A=\"z\" 4\nk l=5,m=5,B=\"no\" 5\nk M=6i,L=6i,K=6i,h=6,m=6 6\nk M=7i,j=7,b=7 7\n",

    "s a=1i\ns b=2i\ns c=3i\ns a=1i,b=2i,c=3i\ns b=1.5\ns d=\"x\"\ns,d=y a=1i\ns b=t\n",
};

void ExpectLikeTwin(std::string_view body, const LineProtocolOptions& options = {}) {
  static LineProtocolDecoder decoder;
  const SampleSchemas schemas;
  // Exactly as long as the body, so that a sanitizer sees every read past the end.
  const std::vector<char> exact(body.begin(), body.end());
  const std::string_view text(exact.data(), exact.size());
  const auto decoded = decoder.Decode(text, options, schemas);
  for (const auto& measurement : decoded.measurements) {
    ASSERT_EQ(FindBrokenRule(measurement.batch), "") << body;
    ASSERT_EQ(measurement.lines.size(), measurement.batch.row_count());
    ASSERT_GT(measurement.batch.row_count(), 0u);
  }
  ASSERT_EQ(FindDifference(decoded, DecodeLineProtocolSlowly(text, options, schemas)), "") << body;
}

TEST(LineProtocolTwin, AgreesOnEveryPrefix) {
  for (const auto& sample : kSamples) {
    for (std::size_t size = 0; size <= sample.size(); size++) {
      ExpectLikeTwin(std::string_view(sample).substr(0, size));
    }
  }
}

// Each byte by four of the bytes that matter, in turn.
TEST(LineProtocolTwin, AgreesWithEveryByteReplaced) {
  constexpr std::string_view kBytes = ",= \"\\\n\r\t#ti.-0\xFF";
  std::size_t turn = 0;
  for (const auto& sample : kSamples) {
    for (std::size_t at = 0; at < 4 * sample.size(); at++) {
      auto mutated = sample;
      mutated[at / 4] = kBytes[turn++ % kBytes.size()];
      ExpectLikeTwin(mutated);
    }
  }
}

// Pieces that a line is made of, so that random bodies are often nearly right.
constexpr std::array<std::string_view, 40> kPieces = {
    "m",   "cpu",  ",",   ",",    " ",        " ",     "=",    "=",    "\n",     "\n",
    "\"",  "\"",   "\\",  "tag",  "int",      "float", "text", "bool", "1",      "2i",
    "3u",  "-4.5", "t",   "true", "1e5",      "#",     "\r\n", "\t",   "\\\"",   "\\ ",
    "TAG", "Int",  "tag", "none", "\xC3\xA4", "\xFF",  "m ",   "=1i",  "=\"x\"", "m int=1i\n"};

std::string RandomBody(std::mt19937_64& random) {
  std::string body = kSamples[random() % kSamples.size()];
  if (random() % 4 == 0) body += kSamples[random() % kSamples.size()];
  const auto mutation_count = random() % 8;
  for (std::size_t i = 0; i < mutation_count; i++) {
    const auto at = random() % (body.size() + 1);
    switch (random() % 4) {
      case 0:
        body.insert(at, kPieces[random() % kPieces.size()]);
        break;
      case 1:
        body.erase(at, random() % 12);
        break;
      case 2:
        body.insert(at, body.substr(random() % (body.size() + 1), random() % 40));
        break;
      case 3:
        if (at < body.size()) body[at] = static_cast<char>(random());
        break;
    }
  }
  return body;
}

TEST(LineProtocolTwin, AgreesOnRandomBodies) {
  const auto seed = std::random_device{}();
  SCOPED_TRACE(seed);
  std::mt19937_64 random(seed);
  for (int i = 0; i < 3000 && !HasFatalFailure(); i++) {
    LineProtocolOptions options;
    options.precision = static_cast<Precision>(random() % 7);
    options.now_micros = static_cast<std::int64_t>(random());
    if (random() % 4 == 0) options.nulls_max = random() % 20;
    if (random() % 3 == 0) options.times.min_micros = static_cast<std::int64_t>(random() % 4'000);
    if (random() % 3 == 0)
      options.times.max_micros = static_cast<std::int64_t>(random() % 9'000'000);
    ExpectLikeTwin(RandomBody(random), options);
  }
}

// Lines of every kind fall on the edge of the decoder's window somewhere.
TEST(LineProtocolTwin, AgreesAcrossWindows) {
  std::mt19937_64 random(42);
  std::string body;
  while (body.size() < 70'000) body += kSamples[random() % kSamples.size()];
  const std::string long_value(40'000, 'x');
  body += "log message=\"" + long_value + "\",code=1u 1\nlog message=\"" + long_value +
          "\",code=1u 1\n";
  ExpectLikeTwin(body);
  ExpectLikeTwin("log message=\"" + long_value);
}

// 25 times the lines must not cost much more than 25 times the time: what is looked for is a
// square, which would be 25 times that again.
TEST(LineProtocolDecoder, TimeGrowsWithTheBodyOnly) {
  const auto cpu_time = [](const std::string& body, std::size_t row_count) {
    LineProtocolDecoder decoder;
    const SampleSchemas schemas;
    auto best = std::numeric_limits<std::clock_t>::max();
    for (int i = 0; i < 3; i++) {
      const auto start = std::clock();
      const auto decoded = decoder.Decode(body, {}, schemas);
      best = std::min(best, std::clock() - start);
      EXPECT_EQ(decoded.row_count() + decoded.rejections.count, row_count);
    }
    return static_cast<double>(best);
  };
  const auto expect_linear = [&](auto line) {
    std::string small;
    std::string large;
    for (int i = 0; i < 400; i++) small += line(i);
    for (int i = 0; i < 10'000; i++) large += line(i);
    EXPECT_LT(cpu_time(large, 10'000), 25 * 10 * cpu_time(small, 400)) << line(0);
  };
  expect_linear([](int i) { return fmt::format("m{},host=a v=1i 1\n", i); });
  expect_linear([](int i) { return fmt::format("cpu,host=h{} v=1i 1\n", i); });
  expect_linear([](int) { return std::string("cpu s=\"open\n"); });
  expect_linear([](int) { return std::string("cpu\\\n"); });
  expect_linear([](int) { return std::string("cpu s=\\=\"x\\\"\n"); });
  expect_linear([](int i) { return fmt::format("cpu v={}x\n", i); });
}

}  // namespace
}  // namespace arc::ingest
