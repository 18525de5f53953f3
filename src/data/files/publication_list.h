// Which files a publication that the write-ahead log knows nothing of, an import, is about to put
// in place: a small file in the staging folder, from before their first rename until after the
// commit. What it names and the catalog does not have was never acknowledged.
// docs/formats/files.md.

#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "data/catalog/catalog.h"
#include "foundation/base/result.h"
#include "foundation/fs/file_system.h"

namespace arc::files {

// Where the list of these files is; `paths`, not empty, are published ones, relative to `root`.
std::string PublicationListPath(const std::string& root, const std::vector<std::string>& paths);
// Writes it there, durably. After a failure something may be there.
Result<void> WritePublicationList(fs::FileSystem& file_system, const std::string& root,
                                  const std::vector<std::string>& paths);
// Removes it, durably: before anybody hears that the files are in the catalog. Not there is fine.
Result<void> RemovePublicationList(fs::FileSystem& file_system, const std::string& root,
                                   const std::string& list_path);

// What each list names, without those that are cut short. For who has no catalog.
Result<std::vector<std::vector<std::string>>> ReadPublicationLists(fs::FileSystem& file_system,
                                                                   const std::string& root);

bool IsPublicationListName(std::string_view name);  // a1-<id>.list

// For start-up: deletes, durably, the files that the lists of earlier runs name and `catalog` does
// not have, then the lists. One that is cut short names nothing: no file had its name yet. Fails
// when the disk does. Returns how many files it deleted.
Result<std::uint64_t> SweepUnpublished(fs::FileSystem& file_system, const std::string& root,
                                       const catalog::Catalog& catalog);

}  // namespace arc::files
