#include "cli/server_error.h"

#include <simdjson.h>

#include "cli/display_text.h"

namespace arc {
namespace {

constexpr std::size_t kShownBodyBytesMax = 300;

std::string ErrorText(const HttpAnswer& answer) {
  simdjson::dom::parser parser;
  std::string_view text;
  if (parser.parse(answer.body)["error"].get(text) == simdjson::SUCCESS && !text.empty()) {
    return DisplayText(text, LineBreaks::kKeep);
  }
  std::string message = "the server answered with status " + std::to_string(answer.status);
  if (!answer.body.empty()) {
    message += ": " + DisplayText(std::string_view(answer.body).substr(0, kShownBodyBytesMax),
                                  LineBreaks::kKeep);
  }
  return message;
}

}  // namespace

Error ServerError(const HttpAnswer& answer) {
  std::string text = ErrorText(answer);
  if (answer.status == 401) text += " (give a token with --token or ARC_TOKEN)";
  return Error{ErrorCode::kCancelled, std::move(text)};
}

}  // namespace arc
