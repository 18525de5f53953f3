#include "service/cli/command_line.h"

#include <CLI/CLI.hpp>

#include "service/cli/config_command.h"
#include "service/cli/configuration_arguments.h"
#include "service/cli/import_command.h"
#include "service/cli/query_command.h"
#include "service/cli/serve_command.h"
#include "service/cli/token_command.h"
#include "service/cli/wal_command.h"

namespace arc::cli {
namespace {

// Longer than the server's own limit for a query, so that its message arrives.
constexpr int kQueryTimeoutSeconds = 330;
// A server may work on a large file for long before it answers.
constexpr int kImportTimeoutSeconds = 3600;

struct Arguments {
  ConfigurationArguments serve;
  ConfigurationArguments config;
  std::string checked_file;
  QueryArguments query;
  ImportArguments import;
  ConfigurationArguments adopt;
  std::string adopted_folder;
  RebuildArguments rebuild;
  WalDumpArguments wal_dump;
  TokenArguments token;
  VerifyArguments verify;
};

#if defined(__clang__)
constexpr std::string_view kCompiler = "Clang " __clang_version__;
#else
constexpr std::string_view kCompiler = "GCC " __VERSION__;
#endif

std::string VersionText(const CommandHooks& hooks) {
  std::string text = "arc " ARC_VERSION;
#ifdef ARC_REVISION
  text += " (" ARC_REVISION ")";
#endif
  text += "\ncompiled by ";
  text += kCompiler;
  for (const auto& line : hooks.version_lines) text += '\n' + line;
  return text;
}

void AddConnection(CLI::App& command, ConnectionArguments& arguments, int timeout_seconds) {
  arguments.timeout = std::chrono::seconds(timeout_seconds);
  command.add_option("--url", arguments.url,
                     "Address of the server (default: $ARC_URL, else http://127.0.0.1:8000)");
  command.add_option("--token", arguments.token,
                     "Token to show the server; $ARC_TOKEN keeps it out of the process list");
  command.add_option("--ca-file", arguments.ca_file,
                     "PEM of the certificates to trust for https (default: $ARC_CA_FILE, else the "
                     "system's)");
  command
      .add_option_function<int>(
          "--timeout",
          [&arguments](int seconds) { arguments.timeout = std::chrono::seconds(seconds); },
          "Seconds to wait while the server is silent (default: " +
              std::to_string(timeout_seconds) + ")")
      ->check(CLI::Range(1, 86'400));
}

CLI::App* AddServe(CLI::App& app, ConfigurationArguments& arguments) {
  auto* command = app.add_subcommand("serve", "Run the server until SIGTERM or Ctrl-C");
  AddConfigurationOptions(*command, arguments);
  command->footer(
      "\nExamples:\n"
      "  arc serve --data-dir ./data\n"
      "  arc serve --config /etc/arc/arc.toml --set ingest.compression=zstd\n"
      "  ARC_SERVER_PORT=9000 arc serve\n"
      "\nEvery setting is also an environment variable: section.key is ARC_SECTION_KEY. Flags are\n"
      "above the environment, the environment above the file. `arc config` shows what comes out.\n"
      "\nExit status: 0 stopped by SIGTERM or SIGINT with everything stored; 1 the configuration "
      "is\n"
      "wrong, the start failed, or not everything could be flushed; 2 wrong usage.");
  return command;
}

// `arc config` and, below it, `check`.
CLI::App* AddConfig(CLI::App& app, ConfigurationArguments& arguments, std::string& checked_file) {
  auto* command = app.add_subcommand(
      "config", "Show every setting, its value and where that comes from; or check a file");
  AddConfigurationOptions(*command, arguments);
  command->footer(
      "\nExamples:\n"
      "  arc config                          what `arc serve` would run with here\n"
      "  arc config --set query.timeout=5    and with this flag\n"
      "  arc config > arc.toml               the output is a configuration file\n"
      "  arc config check arc.toml           every mistake of a file, with its line\n"
      "\nAfter each value: default, FILE:LINE, the environment variable, or flag. Secrets show as\n"
      "\"***\".\n"
      "\nExit status: 0 the configuration is valid; 1 it is not; 2 wrong usage.");
  auto* check = command->add_subcommand("check", "Name everything wrong in a configuration file");
  check->add_option("file", checked_file, "The file")->required();
  check->footer(
      "\nReads the file alone: neither environment nor flags count.\n"
      "\nExample:\n"
      "  arc config check /etc/arc/arc.toml && systemctl restart arc\n"
      "\nExit status: 0 the file is valid, perhaps with warnings; 1 it is not, or cannot be read;\n"
      "2 wrong usage.");
  return command;
}

CLI::App* AddQuery(CLI::App& app, QueryArguments& arguments) {
  auto* command =
      app.add_subcommand("query", "Ask a running server one SQL statement, or many on a terminal");
  command->add_option(
      "sql", arguments.sql,
      "The statement; - reads it from standard input, nothing asks for statements on a terminal");
  command->add_option("-d,--database", arguments.database,
                      "Database of tables named without one (default: default)");
  command
      ->add_option_function<std::string>(
          "--format",
          [&arguments](const std::string& name) { arguments.format = *ParseResultFormat(name); },
          "table (default), csv, or json: the server's answer as it is")
      ->check(CLI::IsMember({"table", "csv", "json"}).description(""));
  AddConnection(*command, arguments.connection, kQueryTimeoutSeconds);
  command->footer(
      "\nExamples:\n"
      "  arc query -d demo \"SELECT count(*) FROM flights\"\n"
      "  arc query -d demo --format csv \"SELECT * FROM flights\" > flights.csv\n"
      "  arc query -d demo < report.sql\n"
      "  arc query -d demo                   statements one after the other; \\? lists commands\n"
      "\nEnvironment: ARC_URL, ARC_TOKEN stand for --url, --token. "
      "XDG_STATE_HOME/arc/query_history\n"
      "(else ~/.local/state) keeps what was typed.\n"
      "\nExit status: 0 all rows were written; 1 the query failed, or its result is incomplete; 2\n"
      "wrong usage.");
  return command;
}

// How an import reads the values of columns.
void AddValueRules(CLI::App& command, ImportArguments& arguments) {
  command.add_option("--null-values", arguments.null_values,
                     "CSV: texts that stand for nothing in every column, with commas between "
                     "(default: NA, NaN, null and their like, among numbers)");
  command.add_flag("--decimal-comma", arguments.decimal_comma,
                   "CSV: numbers are written 21,5 instead of 21.5");
  command
      .add_option("--long-numbers", arguments.long_numbers,
                  "CSV, Parquet: numbers with more digits than a float keeps: text makes their "
                  "column texts (default of CSV), round rounds them (default of Parquet: refused)")
      ->check(CLI::IsMember({"text", "round"}).description(""));
}

CLI::App* AddImport(CLI::App& app, ImportArguments& arguments) {
  auto* command = app.add_subcommand(
      "import", "Send a file to a running server: CSV, Parquet, line protocol or TLE");
  command->add_option("file", arguments.file, "The file")->required();
  command->add_option("-d,--database", arguments.database, "Database to import into")->required();
  command->add_option("-m,--measurement", arguments.measurement,
                      "Measurement (default: the file's name without extension; line protocol: "
                      "all in the file; TLE: satellite_tle)");
  command
      ->add_option("--format", arguments.format,
                   "csv, parquet, lp (line protocol) or tle (default: by extension)")
      ->check(CLI::IsMember({"csv", "parquet", "lp", "tle"}).description(""));
  command
      ->add_option(
          "--on-error", arguments.on_error,
          "A row that cannot be stored: fail (default) refuses the file, skip leaves it out")
      ->check(CLI::IsMember({"fail", "skip"}).description(""));
  command->add_option("--time-column", arguments.time_column,
                      "CSV, Parquet: column that holds the time (default: time)");
  command
      ->add_option("--time-format", arguments.time_format,
                   "CSV, Parquet: epoch_s, epoch_ms, epoch_us or epoch_ns (default: found from the "
                   "values)")
      ->check(CLI::IsMember({"epoch_s", "epoch_ms", "epoch_us", "epoch_ns"}).description(""));
  command->add_option("--delimiter", arguments.delimiter,
                      "CSV: one character, or the word tab (default: ,)");
  command->add_option("--skip-rows", arguments.skip_rows, "CSV: lines in front of the header")
      ->check(CLI::NonNegativeNumber.description(""));
  AddValueRules(*command, arguments);
  command
      ->add_option("--precision", arguments.precision,
                   "Line protocol: unit of the timestamps, ns (default), us, ms, s, m, h or auto")
      ->check(CLI::IsMember({"ns", "us", "ms", "s", "m", "h", "auto"}).description(""));
  AddConnection(*command, arguments.connection, kImportTimeoutSeconds);
  command->footer(
      "\nExamples:\n"
      "  arc import flights.parquet --database demo --time-column departure\n"
      "  arc import wind.csv -d demo -m wind --time-format epoch_ms --delimiter tab\n"
      "  arc import export.lp.gz -d demo --precision s --on-error skip\n"
      "\nAll rows of the file are stored, or none; with --on-error skip all that can be. The file "
      "may\n"
      "be packed with gzip or zstd.\n"
      "\nEnvironment: ARC_URL, ARC_TOKEN stand for --url, --token.\n"
      "\nExit status: 0 all rows are stored; 1 the server refused the file or cannot be reached; "
      "2\n"
      "wrong usage.");
  return command;
}

CLI::App* AddAdopt(CLI::App& catalog, ConfigurationArguments& arguments, std::string& folder) {
  auto* command = catalog.add_subcommand(
      "adopt", "Take the Parquet files of another Arc server into the catalog, where they lie");
  command->add_option("folder", folder, "DATABASE/MEASUREMENT/YYYY/MM/DD[/HH]/*.parquet is in it")
      ->required();
  AddConfigurationOptions(*command, arguments);
  command->footer(
      "\nExamples:\n"
      "  arc catalog adopt ./data/arc                    the files stay in the new server's "
      "folder\n"
      "  arc catalog adopt /srv/old/arc --data-dir ./data\n"
      "\nNo server may run on the data directory. Every file is read once and checked; nothing in "
      "the\n"
      "folder is written, renamed or deleted, now or later. A run that was interrupted, or had "
      "files\n"
      "refused, is repeated: what is adopted stays, and is not adopted twice.\n"
      "\nExit status: 0 every file is adopted; 1 some were refused (each is named), or it failed; "
      "2\n"
      "wrong usage.");
  return command;
}

CLI::App* AddRebuild(CLI::App& catalog, RebuildArguments& arguments) {
  auto* command = catalog.add_subcommand(
      "rebuild", "Make a new catalog of the data files, for a server that has lost its own");
  command->add_flag("--replace", arguments.is_replacing,
                    "Also when there is a catalog; it is kept as catalog.db.old-TIME");
  AddConfigurationOptions(*command, arguments.configuration);
  command->footer(
      "\nExamples:\n"
      "  arc catalog rebuild --data-dir ./data            catalog.db is lost\n"
      "  arc catalog rebuild --replace --data-dir ./data  catalog.db is damaged or too old\n"
      "\nNo server may run on the data directory. Every data file is read once; the files stay as\n"
      "they are. What was not in files yet comes back from the write-ahead log at the next start.\n"
      "Lost are: databases and measurements without rows, that a measurement was dropped, adopted\n"
      "files (`arc catalog adopt` takes them again).\n"
      "\nExit status: 0 every data file is in the new catalog; 1 some are not (each is named), or "
      "it\n"
      "failed; 2 wrong usage.");
  return command;
}

// Each with its command below `arc token`.
std::vector<std::pair<const CLI::App*, TokenAction>> AddToken(CLI::App& app,
                                                              TokenArguments& arguments) {
  auto* token =
      app.add_subcommand("token", "Make, list, change, rotate and revoke a server's tokens");
  token->require_subcommand(1);
  std::vector<std::pair<const CLI::App*, TokenAction>> actions;
  const auto add = [&](const char* word, TokenAction action, const char* description) {
    auto* command = token->add_subcommand(word, description);
    AddConnection(*command, arguments.connection, 30);
    actions.emplace_back(command, action);
    return command;
  };
  const auto add_permissions = [&](CLI::App* command, const char* description) {
    return command->add_option("--permission", arguments.permissions, description)
        ->check(CLI::IsMember({"read", "write", "delete", "admin"}).description(""));
  };
  add("list", TokenAction::kList, "List them; what is secret is not shown");
  auto* create = add("create", TokenAction::kCreate, "Make one and write it to standard output");
  create->add_option("name", arguments.name, "What it is for; each name once")->required();
  auto* permissions = add_permissions(
      create, "read, write, delete or admin, each with its own flag (default: read and write)");
  create->add_flag("--scoped", arguments.is_scoped, "None of its own: only what its teams may do")
      ->excludes(permissions);
  create->add_option("--team", arguments.teams, "Id of a team to put it into; as --scoped")
      ->excludes(permissions);
  create->add_option("--expires", arguments.expires_in,
                     "After this time: digits and s, m, h, d or w, such as 90d (default: never)");
  create->add_option("--description", arguments.description, "A note for people");
  const auto add_on_one = [&](const char* word, TokenAction action, const char* description) {
    auto* command = add(word, action, description);
    command->add_option("token", arguments.name, "Its name or id")->required();
    return command;
  };
  auto* change = add_on_one("change", TokenAction::kChange, "Change what is named below, no more");
  change->add_option("--name", arguments.new_name, "What it is called from now on");
  add_permissions(change, "What it may do, instead of what it could; as of create");
  change->add_option("--expires", arguments.expires_in, "After this time from now, or never");
  change->add_option("--description", arguments.description, "A note for people");
  add_on_one("show", TokenAction::kShow, "Show one, and what it may do where");
  add_on_one("rotate", TokenAction::kRotate, "Replace one by a new one; the old one is void");
  add_on_one("revoke", TokenAction::kRevoke, "Make one void at once; it stays listed");
  add_on_one("delete", TokenAction::kDelete, "Remove one");
  token->footer(
      "\nExamples:\n"
      "  export ARC_TOKEN=...                   an administrator's\n"
      "  arc token create site-7 --permission write --expires 90d\n"
      "  arc token change site-7 --permission read --permission write --expires never\n"
      "  arc token rotate site-7 > site-7.token\n"
      "\nExit status: 0 done; 1 the server refused or was not reached; 2 wrong usage.");
  return actions;
}

CLI::App* AddWalDump(CLI::App& app, WalDumpArguments& arguments) {
  auto* wal = app.add_subcommand("wal", "Look at the write-ahead log");
  wal->require_subcommand(1);
  auto* command = wal->add_subcommand("dump", "Show segments and records, and what is damaged");
  command->add_option("path", arguments.path, "A segment, or the folder (data/wal)")->required();
  command->footer(
      "\nExample:\n"
      "  arc wal dump data/wal\n"
      "\nReads only; the server may run.\n"
      "\nExit status: 0 shown, damage included; 1 cannot be read; 2 wrong usage.");
  return command;
}

CLI::App* AddVerify(CLI::App& app, VerifyArguments& arguments) {
  auto* command = app.add_subcommand(
      "verify", "Compare everything stored with what was written: files, catalog, log");
  AddConfigurationOptions(*command, arguments.configuration);
  AddConnection(*command, arguments.connection, 30);
  command->footer(
      "\nExamples:\n"
      "  arc verify --data-dir ./data            while no server runs on it\n"
      "  arc verify --url http://localhost:8000  the server does it, an administrator asks\n"
      "\nEvery stored file is read to its end. What is missing or damaged is named, one a line; "
      "put\n"
      "it back from a backup. Through a server its files alone are read: it checked catalog and "
      "log\n"
      "when it started.\n"
      "\nExit status: 0 everything is as it was written; 1 something is damaged, or could not be\n"
      "verified; 2 wrong usage.");
  return command;
}

}  // namespace

int RunCommandLine(int argc, const char* const* argv, const CommandHooks& hooks,
                   const Console& console) {
  CLI::App app(
      "Arc: a time-series database. Readings come in over HTTP, are kept as Parquet files, and "
      "answer SQL.",
      "arc");
  app.require_subcommand(1);
  app.set_version_flag("--version", VersionText(hooks));

  Arguments arguments;
  const auto* serve = AddServe(app, arguments.serve);
  const auto* config = AddConfig(app, arguments.config, arguments.checked_file);
  const auto* query = AddQuery(app, arguments.query);
  const auto* import = AddImport(app, arguments.import);
  auto* catalog = app.add_subcommand("catalog", "Change what the catalog knows");
  catalog->require_subcommand(1);
  const auto* adopt = AddAdopt(*catalog, arguments.adopt, arguments.adopted_folder);
  const auto* rebuild = AddRebuild(*catalog, arguments.rebuild);
  const auto token_actions = AddToken(app, arguments.token);
  const auto* verify = AddVerify(app, arguments.verify);
  const auto* wal_dump = AddWalDump(app, arguments.wal_dump);
  app.add_subcommand("version", "Show the versions of this program and what it is built on");
  // Last, because subcommands would inherit it.
  app.footer(
      "\nExamples:\n"
      "  arc serve --data-dir ./data\n"
      "  arc import flights.parquet --database demo --time-column departure\n"
      "  arc query --database demo \"SELECT count(*) FROM flights\"\n"
      "  arc config check arc.toml\n"
      "\n`arc COMMAND --help` tells more, with examples.\n"
      "\nExit status: 0 done, 1 failed, 2 wrong usage.");
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error, console.out, console.err) == 0 ? kExitSuccess : kExitUsage;
  }
  if (serve->parsed()) return RunServe(arguments.serve, hooks.serve, console);
  if (config->got_subcommand("check")) return RunConfigCheck(arguments.checked_file, console);
  if (config->parsed()) return RunConfig(arguments.config, console);
  if (query->parsed()) return RunQuery(arguments.query, console);
  if (import->parsed()) return RunImport(arguments.import, console);
  if (adopt->parsed()) {
    return RunAdopt(arguments.adopt, arguments.adopted_folder, hooks.adopt, console);
  }
  if (rebuild->parsed()) return RunRebuild(arguments.rebuild, hooks.rebuild, console);
  for (const auto& [command, action] : token_actions) {
    if (command->parsed()) return RunToken(action, arguments.token, console);
  }
  if (verify->parsed()) {
    arguments.verify.is_online = !arguments.verify.connection.url.empty();
    return RunVerify(arguments.verify, hooks.verify, console);
  }
  if (wal_dump->parsed()) return RunWalDump(arguments.wal_dump, console);
  console.out << VersionText(hooks) << '\n';
  return kExitSuccess;
}

int RunCommandLine(int argc, char** argv, const CommandHooks& hooks) {
  return RunCommandLine(argc, argv, hooks, SystemConsole());
}

}  // namespace arc::cli
