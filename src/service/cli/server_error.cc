#include "service/cli/server_error.h"

#include <boost/json.hpp>

#include "service/cli/display_text.h"

namespace arc::cli {
namespace {

constexpr std::size_t kShownBodyBytesMax = 300;

std::string ErrorText(const HttpAnswer& answer) {
  boost::system::error_code error;
  const auto body = boost::json::parse(answer.body, error);
  const auto* members = body.if_object();
  const auto* member = members == nullptr ? nullptr : members->if_contains("error");
  const auto* text = member == nullptr ? nullptr : member->if_string();
  if (text != nullptr && !text->empty()) return DisplayText(*text, LineBreaks::kKeep);
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

}  // namespace arc::cli
