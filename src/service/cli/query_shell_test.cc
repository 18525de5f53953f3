#include "service/cli/query_shell.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <sstream>
#include <vector>

#include "service/cli/fake_server.h"

namespace arc::cli {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::Not;

constexpr const char* kOneRow =
    R"({"success":true,"columns":["n","name"],"data":[[42,null]],"row_count":1,)"
    R"("execution_time_ms":3})";

// What somebody types.
class ScriptedLines : public LineReader {
 public:
  explicit ScriptedLines(std::vector<Line> lines) : lines_(std::move(lines)) {}

  Line Read(const std::string& prompt) override {
    prompts.push_back(prompt);
    return next_ < lines_.size() ? lines_[next_++] : Line{Outcome::kEnd};
  }
  void Remember(const std::string& text) override { history.push_back(text); }

  std::vector<std::string> prompts;
  std::vector<std::string> history;

 private:
  const std::vector<Line> lines_;
  std::size_t next_ = 0;
};

class QueryShellTest : public ::testing::Test {
 protected:
  ScriptedLines& Run(std::vector<LineReader::Line> lines, const std::string& url = "") {
    lines_ = std::make_unique<ScriptedLines>(std::move(lines));
    QueryArguments arguments;
    arguments.connection.url = url;
    arguments.connection.timeout = std::chrono::seconds(10);
    arguments.database = "demo";
    EXPECT_EQ(RunQueryShell(arguments, console_, *lines_), 0);
    return *lines_;
  }
  static LineReader::Line Text(const std::string& text) {
    return {LineReader::Outcome::kLine, text};
  }

  std::istringstream in_;
  std::ostringstream out_;
  std::ostringstream err_;
  const Console console_{.in = in_, .out = out_, .err = err_, .clock = Clock::System()};
  std::unique_ptr<ScriptedLines> lines_;
};

TEST_F(QueryShellTest, AStatementMayTakeManyLines) {
  FakeServer server({.answer = HttpText("200 OK", kOneRow)});
  const auto& lines = Run({Text("SELECT"), Text("42;")}, server.url_text());
  EXPECT_THAT(lines.prompts, ElementsAre("demo=> ", "demo-> ", "demo=> "));
  EXPECT_THAT(lines.history, ElementsAre("SELECT 42;"));
  EXPECT_THAT(out_.str(), HasSubstr("\n 42 | NULL\n(1 row, 3.0 ms)\n"));
  EXPECT_THAT(server.TakeRequest(), AllOf(HasSubstr("x-arc-database: demo"),
                                          EndsWith(R"({"sql":"SELECT\n42","limit":1000})")));
}

TEST_F(QueryShellTest, CtrlCForgetsWhatIsTypedAndGoesOn) {
  const auto& lines =
      Run({Text("SELECT"), {LineReader::Outcome::kInterrupted}, Text("\\q"), Text("never read")});
  EXPECT_THAT(lines.prompts, ElementsAre("demo=> ", "demo-> ", "demo=> "));
  EXPECT_EQ(err_.str(), "");
}

TEST_F(QueryShellTest, ExpandedRowsAndTiming) {
  FakeServer server({.answer = HttpText("200 OK", kOneRow)});
  Run({Text("\\x"), Text("\\timing"), Text("\\limit 0"), Text("SELECT 42;")}, server.url_text());
  EXPECT_THAT(out_.str(), AllOf(HasSubstr("-[ row 1 ]-\nn    | 42\nname | NULL\n(1 row, "),
                                HasSubstr("\nTime: ")));
  EXPECT_THAT(server.TakeRequest(), EndsWith(R"({"sql":"SELECT 42"})"));
}

TEST_F(QueryShellTest, NamesAreQuoted) {
  FakeServer server({.answer = HttpText("200 OK", kOneRow)});
  Run({Text(R"(\d odd "name.x;)")}, server.url_text());
  EXPECT_THAT(server.TakeRequest(), HasSubstr(R"("sql":"DESCRIBE \"odd \"\"name\".\"x\"")"));
}

TEST_F(QueryShellTest, MoreRowsThanAskedForAreTold) {
  FakeServer server(
      {.answer = HttpText("200 OK", R"({"success":true,"columns":["n"],"data":[[1]],"row_count":1,)"
                                    R"("execution_time_ms":3,"rows_capped":true,"row_cap":1})")});
  Run({Text("\\limit 1"), Text("SELECT 1;")}, server.url_text());
  EXPECT_EQ(err_.str(), "there are more rows: \\limit 0 shows all\n");
}

TEST_F(QueryShellTest, ConnectAsksWhetherTheDatabaseExists) {
  const auto answer = HttpText(
      "200 OK", R"({"success":true,"columns":["database"],"data":[["prod"]],"row_count":1,)"
                R"("execution_time_ms":1})");
  {
    FakeServer server({.answer = answer});
    EXPECT_THAT(Run({Text("\\c prod")}, server.url_text()).prompts,
                ElementsAre("demo=> ", "prod=> "));
  }
  FakeServer server({.answer = answer});
  EXPECT_THAT(Run({Text("\\c nowhere")}, server.url_text()).prompts,
              ElementsAre("demo=> ", "demo=> "));
  EXPECT_EQ(err_.str(), "no database nowhere: \\l lists them\n");
}

TEST_F(QueryShellTest, MistakesSayWhatWouldBeRight) {
  const std::pair<std::string, std::string> cases[] = {
      {"\\bogus", "unknown command \\bogus: \\? lists them\n"},
      {"\\l x", "\\l takes no argument\n"},
      {"\\c", "\\c needs the name of a database: \\l lists them\n"},
      {"\\format xml", "\\format needs one of: table, csv, json\n"},
      {"\\limit -1", "\\limit needs a number of rows, 0 for all\n"},
  };
  for (const auto& [line, message] : cases) {
    err_.str("");
    Run({Text(line)});
    EXPECT_EQ(err_.str(), message);
  }
}

TEST_F(QueryShellTest, AFailedStatementDoesNotEndTheSession) {
  FakeServer server({.answer = HttpText("400 Bad Request", R"({"error":"no table \u001bx"})")});
  const auto& lines = Run({Text("SELECT 1;"), Text("\\?")}, server.url_text());
  EXPECT_EQ(lines.prompts.size(), 3U);
  EXPECT_EQ(err_.str(), "no table \\x1bx\n");
  for (const auto* name : {"\\d", "\\l", "\\c", "\\limit", "\\x", "\\format", "\\timing", "\\q"}) {
    EXPECT_THAT(out_.str(), HasSubstr(name));
  }
}

TEST_F(QueryShellTest, ARunningQueryCanBeGivenUp) {
  FakeServer server({.answer = ""});
  QueryArguments arguments;
  arguments.connection.url = server.url_text();
  arguments.connection.timeout = std::chrono::seconds(60);
  int asked = 0;
  arguments.connection.is_cancelled = [&] { return ++asked > 1; };
  const auto answer = AskQuery(arguments, {"SELECT 1"}, console_);
  ASSERT_FALSE(answer.ok());
  EXPECT_EQ(answer.error().code, ErrorCode::kCancelled);
  EXPECT_THAT(answer.error().message, Not(HasSubstr("time")));
}

}  // namespace
}  // namespace arc::cli
