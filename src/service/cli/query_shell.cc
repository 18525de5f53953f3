#include "service/cli/query_shell.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <chrono>

#include "foundation/fs/file_system.h"
#include "foundation/model/names.h"
#include "foundation/text/ascii.h"
#include "service/cli/command_line.h"
#include "service/cli/display_text.h"
#include "service/cli/human_numbers.h"
#include "service/cli/interrupt_watch.h"
#include "service/cli/result_formats.h"
#include "service/cli/statement_buffer.h"

namespace arc::cli {
namespace {

constexpr std::string_view kSpaces = " \t";

// A name as SQL takes it, whatever is in it: "a.b" is b of a.
std::string QuotedName(std::string_view name) {
  std::string quoted = "\"";
  for (const char c : name) {
    quoted += c == '.' ? std::string("\".\"") : c == '"' ? "\"\"" : std::string(1, c);
  }
  return quoted + '"';
}

// As one line, unless a comment would swallow the rest of it.
std::string ForHistory(std::string statement) {
  if (statement.find("--") == statement.npos) std::ranges::replace(statement, '\n', ' ');
  return statement + ";";
}

class QueryShell {
 public:
  QueryShell(const QueryArguments& arguments, const Console& console, LineReader& lines)
      : arguments_(arguments), console_(console), lines_(lines) {
    if (arguments_.database.empty()) arguments_.database = kDefaultDatabase;
  }

  void Run() {
    const InterruptWatch between_lines;  // Ctrl-C a moment too late must not end the session.
    console_.out << "arc " ARC_VERSION
                    ": a statement ends with ;  \\? lists the commands, \\q "
                    "leaves\n";
    while (!is_over_) {
      console_.out.flush();
      const auto line = lines_.Read(arguments_.database + (buffer_.is_empty() ? "=> " : "-> "));
      if (line.outcome == LineReader::Outcome::kEnd) return;
      if (line.outcome == LineReader::Outcome::kInterrupted) {
        buffer_.Clear();
      } else {
        Take(line.text);
      }
    }
  }

 private:
  struct Command {
    std::string_view name;
    std::string_view argument;  // For people; empty when it takes none.
    std::string_view meaning;
    void (QueryShell::*run)(std::string_view argument);
  };
  static const std::array<Command, 10> kCommands;

  void Take(const std::string& line) {
    const auto words = TrimSpaces(line);
    if (buffer_.is_empty() && words.starts_with('\\')) {
      lines_.Remember(std::string(words));
      return RunCommand(words.substr(1));
    }
    buffer_.AddLine(line);
    while (auto statement = buffer_.Take()) {
      lines_.Remember(ForHistory(*statement));
      Execute(*statement);
    }
  }

  void RunCommand(std::string_view words) {
    const auto name = words.substr(0, words.find_first_of(kSpaces));
    auto argument = TrimSpaces(words.substr(name.size()));
    if (argument.ends_with(';')) argument = TrimSpaces(argument.substr(0, argument.size() - 1));
    const auto command = std::ranges::find(kCommands, name, &Command::name);
    if (command == kCommands.end()) {
      return Complain(fmt::format("unknown command \\{}: \\? lists them", name));
    }
    if (!argument.empty() && command->argument.empty()) {
      return Complain(fmt::format("\\{} takes no argument", name));
    }
    (this->*command->run)(argument);
  }

  void Execute(const std::string& sql) {
    const auto begin = console_.clock.NowSteady();
    const auto written = AskAndWrite(sql);
    if (!written.ok()) Complain(LogText(written.error()));
    if (!has_timing_) return;
    const std::chrono::duration<double, std::milli> took = console_.clock.NowSteady() - begin;
    console_.out << "Time: " << FormatMilliseconds(took.count()) << '\n';
  }

  Result<void> AskAndWrite(const std::string& sql) {
    const auto answer = TRY(Ask(sql));
    if (is_expanded_ && arguments_.format == ResultFormat::kTable) {
      TRY(WriteRecords(*answer, console_.out));
    } else {
      TRY(WriteRows(*answer, arguments_.format, console_));
    }
    if (answer->incomplete_reason().empty()) return {};
    const bool is_own_limit = rows_max_ > 0 && answer->row_count() == rows_max_;
    Complain(is_own_limit ? "there are more rows: \\limit 0 shows all"
                          : "the result is incomplete: " + answer->incomplete_reason());
    return {};
  }

  Result<std::unique_ptr<QueryAnswer>> Ask(const std::string& sql) {
    const InterruptWatch watch;
    QueryQuestion question{.sql = sql};
    if (rows_max_ > 0) question.limit = rows_max_;
    auto asked = arguments_;
    asked.connection.is_cancelled = [&watch] { return watch.has_happened(); };
    return AskQuery(asked, question, console_);
  }

  void Complain(const std::string& what) {
    console_.out.flush();
    console_.err << what << '\n' << std::flush;
  }

  void Describe(std::string_view name) {
    Execute(name.empty() ? "SHOW TABLES" : "DESCRIBE " + QuotedName(name));
  }
  void ListDatabases(std::string_view) { Execute("SHOW DATABASES"); }

  void Connect(std::string_view name) {
    if (name.empty()) return Complain("\\c needs the name of a database: \\l lists them");
    const auto answer = Ask("SHOW DATABASES");
    if (!answer.ok()) return Complain(LogText(answer.error()));
    bool is_known = name == kDefaultDatabase;
    const auto read = answer.value()->ForEachRow([&](std::span<const Cell> cells) {
      is_known = is_known || (!cells.empty() && cells.front().text == name);
    });
    if (!read.ok()) return Complain(LogText(read.error()));
    if (!is_known) return Complain(fmt::format("no database {}: \\l lists them", name));
    arguments_.database = name;
  }

  void ToggleTiming(std::string_view) {
    has_timing_ = !has_timing_;
    console_.out << "timing is " << (has_timing_ ? "on" : "off") << '\n';
  }
  void ToggleExpanded(std::string_view) {
    is_expanded_ = !is_expanded_;
    console_.out << "expanded rows are " << (is_expanded_ ? "on" : "off") << '\n';
  }
  void SetFormat(std::string_view name) {
    const auto format = ParseResultFormat(name);
    if (!format) return Complain("\\format needs one of: table, csv, json");
    arguments_.format = *format;
  }
  void SetLimit(std::string_view text) {
    std::uint64_t rows = 0;
    const auto* end = text.data() + text.size();
    const auto read = std::from_chars(text.data(), end, rows);
    if (read.ec != std::errc() || read.ptr != end) {
      return Complain("\\limit needs a number of rows, 0 for all");
    }
    rows_max_ = rows;
  }
  void Help(std::string_view) {
    for (const auto& command : kCommands) {
      const auto words = fmt::format("\\{} {}", command.name, command.argument);
      console_.out << fmt::format("  {:<16} {}\n", words, command.meaning);
    }
    console_.out << "  Ctrl-C           gives up the running query, or what is typed\n";
  }
  void Quit(std::string_view) { is_over_ = true; }

  QueryArguments arguments_;
  const Console& console_;
  LineReader& lines_;
  StatementBuffer buffer_;
  std::uint64_t rows_max_ = kShellRowsMax;  // 0: no limit.
  bool has_timing_ = false;
  bool is_expanded_ = false;
  bool is_over_ = false;
};

const std::array<QueryShell::Command, 10> QueryShell::kCommands = {{
    {"d", "[NAME]", "measurements of the database; with NAME the columns of one",
     &QueryShell::Describe},
    {"l", "", "databases", &QueryShell::ListDatabases},
    {"c", "DATABASE", "go to another database", &QueryShell::Connect},
    {"limit", "ROWS", "rows of an answer at most; 0: all", &QueryShell::SetLimit},
    {"x", "", "one line for each value, on or off", &QueryShell::ToggleExpanded},
    {"format", "NAME", "table, csv or json", &QueryShell::SetFormat},
    {"timing", "", "how long each statement took, on or off", &QueryShell::ToggleTiming},
    {"?", "", "this list", &QueryShell::Help},
    {"q", "", "leave; so does Ctrl-D", &QueryShell::Quit},
    {"quit", "", "the same", &QueryShell::Quit},
}};

}  // namespace

int RunQueryShell(const QueryArguments& arguments, const Console& console, LineReader& lines) {
  QueryShell(arguments, console, lines).Run();
  return kExitSuccess;
}

std::string HistoryFile(const Console& console) {
  auto folder = console.Variable("XDG_STATE_HOME");
  if (!folder.starts_with('/')) {  // Also by the rule of XDG: a relative one does not count.
    const auto home = console.Variable("HOME");
    if (home.empty()) return "";
    folder = home + "/.local/state";
  }
  folder += "/arc";
  const auto made = fs::FileSystem::Local().CreateDirectories(folder);
  if (made.ok()) return folder + "/query_history";
  console.err << "arc query: no history is kept: " << LogText(made.error()) << '\n';
  return "";
}

}  // namespace arc::cli
