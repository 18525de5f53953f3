// Configuration files: any text is a configuration or a list of mistakes, each with its place.

#include <sys/mman.h>
#include <unistd.h>

#include "fuzzing.h"
#include "service/config/load_config.h"

namespace {

// A file without a folder.
class MemoryFile {
 public:
  MemoryFile() : descriptor_(memfd_create("config", 0)) {
    arc::fuzzing::Require(descriptor_ >= 0, "no file in memory");
  }
  MemoryFile(const MemoryFile&) = delete;
  MemoryFile& operator=(const MemoryFile&) = delete;
  ~MemoryFile() { close(descriptor_); }

  void Put(std::string_view text) {
    arc::fuzzing::Require(ftruncate(descriptor_, 0) == 0, "the file stays as it was");
    const auto count = pwrite(descriptor_, text.data(), text.size(), 0);
    arc::fuzzing::Require(count == static_cast<ssize_t>(text.size()), "the file is full");
  }
  std::string path() const { return "/proc/self/fd/" + std::to_string(descriptor_); }

 private:
  const int descriptor_;
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static MemoryFile file;
  const auto text = arc::fuzzing::TextOf(data, size);
  file.Put(text);
  arc::config::ConfigSources sources;
  sources.file = file.path();
  const auto loaded = arc::config::LoadConfig(sources);
  if (!loaded.ok()) {
    arc::fuzzing::Require(!loaded.error().message.empty(), "a mistake without a word");
  }
  // The same as a value, which has other rules than TOML.
  arc::config::ConfigSources flags;
  flags.flags = {{"server.max_payload_size", std::string(text)},
                 {"query.timeout", std::string(text)}};
  const auto from_flags = arc::config::LoadConfig(flags);
  arc::fuzzing::Require(from_flags.ok() || !from_flags.error().message.empty(), "no word");
  return 0;
}
