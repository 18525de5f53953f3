// The `arc` binary: hands the command line to cli/, runs the server, waits for a signal.

#include <fmt/format.h>

#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <string>

#include "base/exception_error.h"
#include "base/log.h"
#include "cli/command_line.h"
#include "engine/engine.h"
#include "memory/query_arenas.h"
#include "server/adopt.h"
#include "server/catalog_rebuild.h"
#include "server/server.h"
#include "server/verify.h"

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
void WaitForStop(Server& server) {
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

void Greet(const Config& config, std::uint16_t port) {
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

int ServeUntilStopped(const LoadedConfig& loaded) {
  const auto& config = loaded.config;
  const auto format = config.log.format == "json" ? LogFormat::kJson : LogFormat::kConsole;
  auto logging = SetUpLogging(config.log.level, format);
  if (!logging.ok()) {
    fmt::print(stderr, "arc: {}\n", logging.error().message);
    return kExitFailure;
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
  auto started = Server::Start(config);
  if (!started.ok()) {
    LogError("start failed: {}", LogText(started.error()));
    return kExitFailure;
  }
  const auto server = std::move(started).TakeValue();
  Greet(config, server->port());
  WaitForStop(*server);
  const auto stopped = server->Stop();
  const int exit_code = stopped.ok() ? kExitSuccess : kExitFailure;
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
int Serve(const LoadedConfig& loaded) {
  try {
    return ServeUntilStopped(loaded);
  } catch (...) {
    LogExceptionOf("arc", "has stopped");
    return kExitFailure;
  }
}

// Without a server; only mistakes are logged.
Result<AdoptedCounts> Adopt(
    const LoadedConfig& loaded, const std::string& folder,
    const std::function<void(std::string_view, std::string_view)>& on_refused,
    const std::function<void(const AdoptedCounts&)>& on_progress) {
  TRY(SetUpLogging("error", LogFormat::kConsole));
  const auto counts = [](const storage::AdoptReport& report) {
    return AdoptedCounts{report.file_count, report.row_count, report.byte_count, report.known_count,
                         report.refused_count};
  };
  storage::AdoptListener listener;
  listener.on_refused = [&](std::string_view path, const Error& why) {
    on_refused(path, LogText(why));
  };
  listener.on_progress = [&](const auto& report) { on_progress(counts(report)); };
  return counts(TRY(AdoptFolder(loaded.config, folder, listener)));
}

// Without a server as well.
Result<VerifiedCounts> Verify(
    const LoadedConfig& loaded,
    const std::function<void(std::string_view, std::string_view)>& on_damage,
    const std::function<void(const VerifiedCounts&)>& on_progress) {
  TRY(SetUpLogging("error", LogFormat::kConsole));
  const auto counts = [](const VerifyReport& report) {
    return VerifiedCounts{report.file_count, report.byte_count, report.damage_count};
  };
  VerifyListener listener;
  listener.on_damage = on_damage;
  listener.on_progress = [&](const VerifyReport& report) { on_progress(counts(report)); };
  return counts(TRY(VerifyDataDirectory(loaded.config, listener)));
}

// The same.
Result<RebuiltCounts> RebuildTheCatalog(
    const LoadedConfig& loaded, bool is_replacing,
    const std::function<void(std::string_view, std::string_view)>& on_remark,
    const std::function<void(std::uint64_t, std::uint64_t)>& on_progress) {
  TRY(SetUpLogging("error", LogFormat::kConsole));
  const auto old = is_replacing ? OldCatalog::kKeepAside : OldCatalog::kRefuse;
  const auto report = TRY(RebuildCatalogOf(loaded.config, old, {on_remark, on_progress}));
  return RebuiltCounts{
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
  arc::CommandHooks hooks;
  hooks.serve = arc::Serve;
  hooks.adopt = arc::Adopt;
  hooks.verify = arc::Verify;
  hooks.rebuild = arc::RebuildTheCatalog;
  hooks.version_lines = {"DuckDB " + arc::engine::Engine::Version()};
  return arc::RunCommandLine(argc, argv, hooks);
}
