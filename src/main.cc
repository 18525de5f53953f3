// The `arc` binary: hands the command line to cli/, runs the server, waits for a signal.

#include <fmt/format.h>

#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <string>

#include "data/offline/adopt.h"
#include "data/offline/catalog_rebuild.h"
#include "data/offline/verify.h"
#include "foundation/base/exception_error.h"
#include "foundation/base/log.h"
#include "foundation/memory/query_arenas.h"
#include "query/engine/engine.h"
#include "service/cli/command_line.h"
#include "service/server/server.h"
#include "service/server/store_options.h"

namespace arc {
namespace {

// Signals that the server answers. Blocked before any thread starts, so that every thread leaves
// them to WaitForStop.
sigset_t HandledSignals() {
  sigset_t signals;
  sigemptyset(&signals);
  sigaddset(&signals, SIGINT);
  sigaddset(&signals, SIGTERM);
  sigaddset(&signals, SIGHUP);
  return signals;
}

// SIGHUP means: read again what may have changed on disk; the others: stop.
void WaitForStop(server::Server& server) {
  const auto signals = HandledSignals();
  for (;;) {
    int signal = 0;
    sigwait(&signals, &signal);
    if (signal != SIGHUP) return LogInfo("stopping: signal {}", signal);
    try {
      server.Reload();
    } catch (...) {
      LogExceptionOf("reload", "was interrupted, the old certificate may stay");
    }
  }
}

void Greet(const config::Config& config, std::uint16_t port) {
  const auto host = config.server.host.empty() ? "127.0.0.1" : config.server.host;
  const auto url =
      fmt::format("{}://{}:{}", config.server.tls_enabled ? "https" : "http", host, port);
  const auto token = config.auth.enabled ? " -H \"Authorization: Bearer $ARC_TOKEN\"" : "";
  fmt::print(
      "Arc listens on {0}, data in {1}\n"
      "Try:\n"
      "  curl -i{2} {0}/write?db=test --data-binary 'cpu,host=a usage=12.5'\n"
      "  curl{2} {0}/api/v1/query -H 'x-arc-database: test' \\\n"
      "    -d '{{\"sql\": \"SELECT * FROM cpu\"}}'\n",
      url, config.storage.data_directory.string(), token);
  std::fflush(stdout);
}

int ServeUntilStopped(const config::LoadedConfig& loaded) {
  const auto& config = loaded.config;
  const auto format = config.log.format == "json" ? LogFormat::kJson : LogFormat::kConsole;
  auto logging = SetUpLogging(config.log.level, format);
  if (!logging.ok()) {
    fmt::print(stderr, "arc: {}\n", logging.error().message);
    return cli::kExitFailure;
  }
  for (const auto& warning : loaded.warnings) LogWarning("configuration: {}", warning);
  const auto signals = HandledSignals();
  pthread_sigmask(SIG_BLOCK, &signals, nullptr);

  // Or Arrow would use an allocator of its own, which keeps what is freed and counts nothing.
  setenv("ARROW_DEFAULT_MEMORY_POOL", "system", /*overwrite=*/0);
  if (!memory::UseQueryArenas()) {
    LogWarning(
        "memory: this build does not count what queries take: server.memory_limit holds "
        "for the rest alone");
  }
  auto started = server::Server::Start(config);
  if (!started.ok()) {
    LogError("start failed: {}", LogText(started.error()));
    return cli::kExitFailure;
  }
  const auto server = std::move(started).TakeValue();
  Greet(config, server->port());
  WaitForStop(*server);
  const auto stopped = server->Stop();
  const int exit_code = stopped.ok() ? cli::kExitSuccess : cli::kExitFailure;
  if (stopped.ok()) {
    LogInfo("stopped");
  } else {
    LogError("stopped, but not everything was flushed: {}", LogText(stopped.error()));
  }
  // Everything is on disk and closed, and nothing can be freed under threads that do not stop.
  if (server->has_lost_threads()) std::_Exit(exit_code);
  return exit_code;
}

// What nobody has caught on this thread: no memory at the start, most likely.
int Serve(const config::LoadedConfig& loaded) {
  try {
    return ServeUntilStopped(loaded);
  } catch (...) {
    LogExceptionOf("arc", "has stopped");
    return cli::kExitFailure;
  }
}

// Without a server; only mistakes are logged.
Result<cli::AdoptedCounts> Adopt(
    const config::LoadedConfig& loaded, const std::string& folder,
    const std::function<void(std::string_view, std::string_view)>& on_refused,
    const std::function<void(const cli::AdoptedCounts&)>& on_progress) {
  TRY(SetUpLogging("error", LogFormat::kConsole));
  const auto counts = [](const adoption::AdoptReport& report) {
    return cli::AdoptedCounts{report.file_count, report.row_count, report.byte_count,
                              report.known_count, report.refused_count};
  };
  adoption::AdoptListener listener;
  listener.on_refused = [&](std::string_view path, const Error& why) {
    on_refused(path, LogText(why));
  };
  listener.on_progress = [&](const auto& report) { on_progress(counts(report)); };
  const auto options = TRY(server::StoreOptionsOf(loaded.config));
  return counts(
      TRY(offline::AdoptFolder(options, folder, loaded.config.server.shutdown_timeout, listener)));
}

// Without a server as well.
Result<cli::VerifiedCounts> Verify(
    const config::LoadedConfig& loaded,
    const std::function<void(std::string_view, std::string_view)>& on_damage,
    const std::function<void(const cli::VerifiedCounts&)>& on_progress) {
  TRY(SetUpLogging("error", LogFormat::kConsole));
  const auto counts = [](const offline::VerifyReport& report) {
    return cli::VerifiedCounts{report.file_count, report.byte_count, report.damage_count};
  };
  offline::VerifyListener listener;
  listener.on_damage = on_damage;
  listener.on_progress = [&](const offline::VerifyReport& report) { on_progress(counts(report)); };
  const auto options = TRY(server::StoreOptionsOf(loaded.config));
  return counts(TRY(offline::VerifyDataDirectory(options, listener)));
}

// The same.
Result<cli::RebuiltCounts> RebuildTheCatalog(
    const config::LoadedConfig& loaded, bool is_replacing,
    const std::function<void(std::string_view, std::string_view)>& on_remark,
    const std::function<void(std::uint64_t, std::uint64_t)>& on_progress) {
  TRY(SetUpLogging("error", LogFormat::kConsole));
  const auto old = is_replacing ? offline::OldCatalog::kKeepAside : offline::OldCatalog::kRefuse;
  const auto options = TRY(server::StoreOptionsOf(loaded.config));
  const auto report = TRY(offline::RebuildCatalogOf(options, old, {on_remark, on_progress}));
  return cli::RebuiltCounts{
      .measurements = report.measurement_count,
      .files = report.file_count,
      .rows = report.row_count,
      .bytes = report.byte_count,
      .import_files = report.import_file_count,
      .files_in_log = report.in_log_count,
      .foreign_files = report.foreign_count,
      .remarks = report.left_out_count + report.incomplete_count + report.unreadable_count,
      .kept_as = report.kept_as};
}

}  // namespace
}  // namespace arc

int main(int argc, char** argv) {
  arc::cli::CommandHooks hooks;
  hooks.serve = arc::Serve;
  hooks.adopt = arc::Adopt;
  hooks.verify = arc::Verify;
  hooks.rebuild = arc::RebuildTheCatalog;
  hooks.version_lines = {"DuckDB " + arc::engine::Engine::Version()};
  return arc::cli::RunCommandLine(argc, argv, hooks);
}
