#include "service/cli/client_connection.h"

#include "foundation/fs/file_system.h"
#include "service/cli/server_error.h"
#include "service/cli/server_url.h"

namespace arc::cli {
namespace {

constexpr std::string_view kDefaultUrl = "http://127.0.0.1:8000";
constexpr std::size_t kCaFileBytesMax = 16 << 20;

std::string FirstGiven(const std::string& argument, const std::string& variable,
                       std::string_view otherwise) {
  if (!argument.empty()) return argument;
  return variable.empty() ? std::string(otherwise) : variable;
}

Result<std::string> ReadTrusted(const std::string& path) {
  if (path.empty()) return std::string();
  auto text = fs::ReadWholeFile(fs::FileSystem::Local(), path, kCaFileBytesMax);
  if (text.ok()) return text;
  return Error{text.error().code, "--ca-file " + path + ": " + LogText(text.error())};
}

}  // namespace

Result<std::string> AskServer(const ConnectionArguments& arguments, const Console& console,
                              HttpRequest request, RequestBody& body,
                              std::function<void(std::uint64_t)> on_progress) {
  const ServerUrl url =
      TRY(ParseServerUrl(FirstGiven(arguments.url, console.Variable("ARC_URL"), kDefaultUrl)));
  const std::string token = FirstGiven(arguments.token, console.Variable("ARC_TOKEN"), "");
  if (!token.empty()) request.headers.emplace_back("Authorization", "Bearer " + token);
  request.headers.emplace_back("User-Agent", "arc/" ARC_VERSION);
  request.headers.emplace_back("Accept", "application/json");

  HttpOptions options;
  options.trusted_pem =
      TRY(ReadTrusted(FirstGiven(arguments.ca_file, console.Variable("ARC_CA_FILE"), "")));
  options.silence_timeout = arguments.timeout;
  options.on_progress = std::move(on_progress);
  options.is_cancelled = arguments.is_cancelled;
  auto sent = SendHttpRequest(url, request, body, options);
  if (!sent.ok() && sent.error().code == ErrorCode::kNotFound) {
    return Error{ErrorCode::kNotFound, sent.error().message +
                                           " (does `arc serve` run there? --url names another "
                                           "place)"};
  }
  HttpAnswer answer = TRY(std::move(sent));
  if (answer.status < 200 || answer.status > 299) return ServerError(answer);
  return std::move(answer.body);
}

}  // namespace arc::cli
