#include "query/engine/guard/json_depth.h"

namespace arc::engine {

bool IsDeepJson(std::string_view text) {
  if (text.size() <= kJsonDepthMax) return false;
  std::size_t depth = 0;
  bool is_string = false;
  for (std::size_t at = 0; at < text.size(); at++) {
    const char c = text[at];
    if (is_string) {
      if (c == '\\') at++;
      if (c == '"') is_string = false;
    } else if (c == '"') {
      is_string = true;
    } else if (c == '[' || c == '{') {
      if (++depth > kJsonDepthMax) return true;
    } else if ((c == ']' || c == '}') && depth > 0) {
      depth--;
    }
  }
  return false;
}

}  // namespace arc::engine
