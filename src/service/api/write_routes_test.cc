#include "service/api/write_routes.h"

#include <gtest/gtest.h>

#include <future>

#include "foundation/text/json_text.h"

namespace arc::api {
namespace {

class WriteRoutesTest : public ::testing::Test {
 protected:
  void TearDown() override { sequencer_.Close(); }

  http::Response Post(const std::string& pattern, std::string body, http::NamedValues query = {},
                      std::vector<http::Header> headers = {}) {
    for (auto& route : routes_.Routes()) {
      if (route.pattern != pattern) continue;
      http::Request request;
      request.principal.permissions.write = true;
      request.body = std::move(body);
      request.query = std::move(query);
      request.headers = std::move(headers);
      std::promise<http::Response> answer;
      route.handler(std::move(request), http::Responder([&](http::Response response) {
                      answer.set_value(std::move(response));
                    }));
      return answer.get_future().get();
    }
    ADD_FAILURE() << "no route " << pattern;
    return {};
  }

  bool Exists(std::string_view database, std::string_view measurement) const {
    return tables_.Find(database, measurement) != nullptr;
  }

  Metrics metrics_;
  buffer::LiveMeasurements tables_{MeasurementId{0}, kLsnZero};
  write::Sequencer sequencer_{{1 << 20, 1 << 20, std::chrono::seconds(30), kLsnZero},
                              nullptr,
                              tables_,
                              Clock::System(),
                              {[](const auto&) {}, [] {}}};
  write::Writer writer_{
      {{10, 10}, 1 << 20}, tables_, sequencer_, metrics_, {.relieve = [] {}, .is_out = {}}};
  RejectionLog rejections_{10, Clock::System(), [](const std::string&) {}};
  WriteRoutes routes_{
      1 << 20, TimeRule{0, 86'400'000'000}, writer_, tables_, rejections_, Clock::System(),
      metrics_};
};

TEST_F(WriteRoutesTest, DatabaseComesFromHeaderParameterOrDefault) {
  EXPECT_EQ(Post("/write", "a v=1 1").status, 204);
  EXPECT_TRUE(Exists("default", "a"));
  EXPECT_EQ(Post("/write", "b v=1 1", {{"db", "one"}}).status, 204);
  EXPECT_TRUE(Exists("one", "b"));
  EXPECT_EQ(Post("/api/v2/write", "c v=1 1", {{"bucket", "two"}, {"org", "x"}}).status, 204);
  EXPECT_TRUE(Exists("two", "c"));
  EXPECT_EQ(Post("/write", "d v=1 1", {{"db", "one"}}, {{"X-Arc-Database", "three"}}).status, 204);
  EXPECT_TRUE(Exists("three", "d"));
  EXPECT_EQ(Post("/write", "e v=1 1", {{"db", "one"}}, {{"x-arc-database", ""}}).status, 204);
  EXPECT_TRUE(Exists("one", "e")) << "an empty header means none";
}

TEST_F(WriteRoutesTest, GoodLinesAreStoredAndBadOnesReported) {
  const auto response = Post("/write", "a v=1 1\nnonsense\na v=2 2\n");
  EXPECT_EQ(response.status, 400);
  EXPECT_NE(response.body.find(R"("accepted":2,"rejected":1)"), std::string::npos);
  EXPECT_NE(response.body.find(R"("line":2)"), std::string::npos);
}

TEST_F(WriteRoutesTest, TimesThatAreNotBelievedAreRefusedByEveryProtocol) {
  const auto lines = Post("/write", "a v=1 -1\na v=2 99999999999\na v=3 1\n", {{"precision", "s"}});
  EXPECT_NE(lines.body.find(R"("accepted":1,"rejected":2)"), std::string::npos) << lines.body;
  EXPECT_NE(lines.body.find("ingest.min_time"), std::string::npos);
  EXPECT_NE(lines.body.find("ingest.max_future"), std::string::npos);
  // {"m":"b","t":-1,"f":[1]}
  const auto item = Post("/api/v1/write/msgpack",
                         "\x83\xa1m\xa1"
                         "b\xa1t\xff\xa1"
                         "f\x91\x01");
  EXPECT_EQ(item.status, 400);
  EXPECT_NE(item.body.find("ingest.min_time"), std::string::npos) << item.body;
  EXPECT_FALSE(Exists("default", "b")) << "it leaves no trace";
  EXPECT_NE(JsonText(rejections_.ToJson()).find("a v=2 99999999999"), std::string::npos);
  EXPECT_NE(JsonText(rejections_.ToJson()).find(R"({\"m\": \"b\", \"t\": -1, \"f\": [1]})"),
            std::string::npos)
      << JsonText(rejections_.ToJson());
}

TEST_F(WriteRoutesTest, RequestsThatCannotBeReadAreRefused) {
  EXPECT_EQ(Post("/write", "").status, 400);
  EXPECT_EQ(Post("/write", "# only a comment\n").status, 400);
  EXPECT_EQ(Post("/write", "a v=1 1", {{"precision", "fortnight"}}).status, 400);
  EXPECT_EQ(Post("/write", "a v=1 1", {{"db", "../up"}}).status, 400);
  EXPECT_EQ(Post("/write", "a v=1 1", {{"database", "up"}}).status, 400);
  EXPECT_EQ(Post("/api/v2/write", "a v=1 1", {{"db", "up"}}).status, 400);
  EXPECT_EQ(Post("/write", "a v=1 1", {}, {{"content-encoding", "deflate"}}).status, 400);
  EXPECT_EQ(Post("/write", "x\x9c nonsense").status, 400);
  EXPECT_EQ(Post("/api/v1/write/msgpack", "{\"m\": \"a\"}").status, 400);
  EXPECT_EQ(Post("/write", "\x1f\x8b nonsense").status, 400);
  EXPECT_EQ(Post("/api/v1/write/msgpack", "").status, 400);
  EXPECT_EQ(Post("/api/v1/write/msgpack", "\xc1").status, 400);
  EXPECT_TRUE(tables_.List("").empty());
}

}  // namespace
}  // namespace arc::api
