#include "data/offline/verify.h"

#include <fmt/format.h>

#include <memory>
#include <optional>

#include "data/catalog/catalog.h"
#include "data/catalog/catalog_file.h"
#include "data/integrity/file_verification.h"
#include "data/inventory/state_file.h"
#include "data/store/data_directory.h"
#include "data/store/start_check.h"
#include "data/wal/dump.h"
#include "data/wal/log_survey.h"
#include "foundation/fs/file_system.h"
#include "foundation/time/clock.h"

namespace arc::offline {
namespace {

class Verification {
 public:
  Verification(const store::Store::Options& options, const VerifyListener& listener)
      : options_(options), listener_(listener) {}

  Result<VerifyReport> Run() {
    const auto directory = options_.data_directory;
    if (!TRY(disk_.Exists(directory))) {
      return Error{ErrorCode::kNotFound, "there is no data directory", directory};
    }
    const auto lock = TRY(store::DataDirectory::Open(disk_, directory));
    state_ = TRY(inventory::ReadState(disk_, paths_.state()));
    const auto checked = CheckCatalog();
    if (!checked.ok()) Tell(options_.catalog_path, LogText(checked.error()));
    const auto logged = CheckLog();
    if (!logged.ok()) Tell(paths_.log, LogText(logged.error()));
    const auto surveyed = CheckLogIsWhole();
    if (!surveyed.ok()) Tell(paths_.log, LogText(surveyed.error()));
    return report_;
  }

 private:
  void Tell(std::string_view what, std::string_view why) {
    report_.damage_count++;
    listener_.on_damage(what, why);
  }

  Result<void> CheckCatalog() {
    const auto path = options_.catalog_path;
    if (!TRY(disk_.Exists(path))) return Error{ErrorCode::kNotFound, "the catalog is missing"};
    TRY(catalog::CheckCatalogFile(disk_, path));
    catalog::Catalog::Options options;
    options.path = path;
    const auto catalog = TRY(catalog::Catalog::Open(options, disk_, Clock::System()));
    const auto is_newest = CheckIsNewest(*catalog);
    if (!is_newest.ok()) Tell(path, LogText(is_newest.error()));
    CheckFiles(*catalog->snapshot());
    return catalog->Close();
  }

  // A start refuses a catalog that is older than arc.state says.
  Result<void> CheckIsNewest(const catalog::Catalog& catalog) {
    if (!state_.state && catalog.generation() > 0) {
      Tell(paths_.state(),
           fmt::format("{}: whether the catalog is the newest and the write-ahead log whole is not "
                       "known",
                       state_.is_damaged ? "cannot be read" : "is missing"));
    }
    return store::CheckCatalogIsNewest(catalog.generation(), state_, paths_);
  }

  void CheckFiles(const catalog::Snapshot& snapshot) {
    for (const auto& database : snapshot.Databases()) {
      for (const auto& state : snapshot.Measurements(database->name)) {
        for (const auto& placed : state->files.blocks()) {
          for (const auto& file : placed.block->files) CheckFile(*file);
        }
      }
    }
  }

  void CheckFile(const catalog::FileEntry& file) {
    const auto verified =
        integrity::VerifyFile(disk_, options_.files_root, file, [](std::uint64_t) { return true; });
    if (!verified.ok()) Tell(file.path, LogText(verified.error()));
    report_.file_count++;
    report_.byte_count += file.byte_count;
    listener_.on_progress(report_);
  }

  // A group that was being written when a server died is not whole either. It was never
  // acknowledged, and the next start cuts it off. So the message about damage at the end of the
  // last segment says that, too.
  Result<void> CheckLog() {
    const auto directory = paths_.log;
    if (!TRY(disk_.Exists(directory))) return {};
    std::string file = directory;
    return wal::Dump(disk_, directory, [&](std::string_view line) {
      if (!line.starts_with(' ')) {
        if (line.starts_with('/') || line.find('/') != std::string_view::npos) file = line;
        return;
      }
      if (line.find("NOT SOUND") == std::string_view::npos) return;
      line.remove_prefix(line.find_first_not_of(' '));
      Tell(file, fmt::format("{} (bytes that a crash left unfinished at the end of the last segment"
                             " are cut off by the next start and were never acknowledged)",
                             line));
    });
  }

  // Reports what a start would report as a loss.
  Result<void> CheckLogIsWhole() {
    const auto expected = state_.state ? std::optional(state_.state->log) : std::nullopt;
    for (const auto& [first, last] : TRY(wal::SurveyLog(disk_, paths_.log, expected))) {
      Tell(paths_.log,
           fmt::format("lacks requests {} to {}: their rows that were in no file are lost, unless "
                       "its files are put back before the next start",
                       ToNumber(first), ToNumber(last)));
    }
    return {};
  }

  const store::Store::Options& options_;
  const VerifyListener& listener_;
  const store::StorePaths paths_ = store::Store::PathsOf(options_);
  inventory::FoundState state_;  // of arc.state, once Run has begun
  fs::FileSystem& disk_ = fs::FileSystem::Local();
  VerifyReport report_;
};

}  // namespace

Result<VerifyReport> VerifyDataDirectory(const store::Store::Options& options,
                                         const VerifyListener& listener) {
  return Verification(options, listener).Run();
}

}  // namespace arc::offline
