#include "data/ingest/line_protocol/short_text.h"

#include <sys/random.h>

#include "foundation/model/names.h"

namespace arc::ingest::line_protocol {
namespace {

constexpr std::size_t kShownBytesMax = 64;

std::uint64_t DrawSeed() {
  std::uint64_t seed = 0;
  // Without entropy the seed stays 0: everything still works, only guessable.
  if (getentropy(&seed, sizeof(seed)) != 0) return 0;
  return seed;
}

}  // namespace

std::uint64_t HashSeed() {
  static const std::uint64_t seed = DrawSeed();
  return seed;
}

std::string Quoted(std::string_view text) {
  std::size_t shown = text.size();
  if (shown > kShownBytesMax) {
    shown = kShownBytesMax;
    while (shown > 0 && (static_cast<unsigned char>(text[shown]) & 0xC0) == 0x80) shown--;
  }
  std::string quoted = "\"";
  quoted.append(text.substr(0, shown));
  quoted.append(shown < text.size() ? "...\"" : "\"");
  return quoted;
}

std::size_t TextHashIgnoringCase::operator()(std::string_view text) const {
  return HashText(ToLower(text), seed);
}

bool TextEqualIgnoringCase::operator()(std::string_view a, std::string_view b) const {
  return EqualIgnoringCase(a, b);
}

}  // namespace arc::ingest::line_protocol
