#include "service/cli/token_command.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>

#include <boost/json.hpp>

#include "foundation/text/parse_number.h"
#include "service/cli/command_line.h"
#include "service/cli/display_text.h"
#include "service/cli/request_body.h"

namespace arc::cli {
namespace {

namespace json = boost::json;

constexpr const char* kTokens = "/api/v1/auth/tokens";

class TokenClient {
 public:
  TokenClient(const TokenArguments& arguments, const Console& console)
      : arguments_(arguments), console_(console) {}

  Result<json::object> Ask(const std::string& method, const std::string& path,
                           const json::object& body = {}) const {
    HttpRequest request{method, path, {{"Content-Type", "application/json"}}};
    TextBody text(body.empty() ? std::string() : json::serialize(body));
    const auto answer = TRY(AskServer(arguments_.connection, console_, request, text));
    boost::system::error_code error;
    auto document = json::parse(answer, error);
    if (auto* object = document.if_object()) return std::move(*object);
    return Error{ErrorCode::kInternal, "the server's answer is not JSON"};
  }

  Result<std::vector<json::object>> List() const {
    const auto answer = TRY(Ask("GET", kTokens));
    std::vector<json::object> tokens;
    const auto* list = answer.if_contains("tokens");
    if (list != nullptr && list->is_array()) {
      for (const auto& token : list->get_array()) {
        if (token.is_object()) tokens.push_back(token.get_object());
      }
    }
    return tokens;
  }

  // A name is looked for first: a token may be called "7".
  Result<std::int64_t> IdOf(const std::string& name) const {
    for (const auto& token : TRY(List())) {
      if (std::string_view(token.at("name").as_string()) == name)
        return token.at("id").to_number<std::int64_t>();
    }
    if (const auto id = ParseNumber<std::int64_t>(name)) return *id;
    return Error{ErrorCode::kNotFound,
                 fmt::format("no token is named '{}': see `arc token list`", DisplayText(name))};
  }

 private:
  const TokenArguments& arguments_;
  const Console& console_;
};

// A text, the texts of an array with commas between them, or "-".
std::string Shown(const json::object& token, std::string_view member) {
  const auto* value = token.if_contains(member);
  if (value == nullptr || value->is_null()) return "-";
  if (const auto* text = value->if_string()) return text->empty() ? "-" : DisplayText(*text);
  if (const auto* list = value->if_array()) {
    std::string words;
    for (const auto& word : *list) {
      if (!words.empty()) words += ',';
      words += word.is_string() ? DisplayText(word.get_string()) : json::serialize(word);
    }
    return words.empty() ? "-" : words;
  }
  return json::serialize(*value);
}

void WriteTable(const std::vector<json::object>& tokens, std::ostream& out) {
  constexpr std::string_view kMembers[] = {"id",           "name",       "permissions", "enabled",
                                           "last_used_at", "expires_at", "description"};
  std::vector<std::vector<std::string>> rows;
  rows.emplace_back(std::begin(kMembers), std::end(kMembers));
  for (const auto& token : tokens) {
    auto& row = rows.emplace_back();
    for (const auto member : kMembers) row.push_back(Shown(token, member));
  }
  for (const auto& row : rows) {
    std::string line;
    for (std::size_t i = 0; i < row.size(); i++) {
      std::size_t width = 0;
      for (const auto& other : rows) width = std::max(width, other[i].size());
      line += i + 1 == row.size() ? row[i] : fmt::format("{:<{}}  ", row[i], width);
    }
    out << line << '\n';
  }
}

Result<void> WriteNewToken(const json::object& answer, const char* member, const Console& console) {
  const auto* token = answer.if_contains(member);
  if (token == nullptr || !token->is_string()) {
    return Error{ErrorCode::kInternal, "the server's answer holds no token"};
  }
  console.out << std::string_view(token->get_string()) << std::endl;
  console.err << "arc token: keep it now: it is shown only this once\n";
  return {};
}

Result<void> Create(const TokenClient& client, const TokenArguments& arguments,
                    const Console& console) {
  json::object body{{"name", arguments.name}};
  if (!arguments.description.empty()) body["description"] = arguments.description;
  if (!arguments.expires_in.empty()) body["expires_in"] = arguments.expires_in;
  // A token for a team begins with nothing, so that it may do nothing more before it has joined,
  // and should it never join.
  if (arguments.is_scoped || !arguments.teams.empty()) {
    body["permissions"] = json::array();
  } else if (!arguments.permissions.empty()) {
    body["permissions"] = json::array(arguments.permissions.begin(), arguments.permissions.end());
  }
  const auto created = TRY(client.Ask("POST", kTokens, body));
  // First of all: it cannot be read again.
  TRY(WriteNewToken(created, "token", console));
  if (arguments.teams.empty()) return {};
  const auto id = TRY(client.IdOf(arguments.name));
  for (const auto team : arguments.teams) {
    TRY(client.Ask("POST", fmt::format("{}/{}/teams", kTokens, id), {{"team_id", team}}));
  }
  return {};
}

Result<void> Change(const TokenClient& client, const TokenArguments& arguments,
                    const std::string& path) {
  json::object body;
  if (!arguments.new_name.empty()) body["name"] = arguments.new_name;
  if (!arguments.description.empty()) body["description"] = arguments.description;
  if (arguments.expires_in == "never") {
    body["expires_in"] = nullptr;
  } else if (!arguments.expires_in.empty()) {
    body["expires_in"] = arguments.expires_in;
  }
  if (!arguments.permissions.empty()) {
    body["permissions"] = json::array(arguments.permissions.begin(), arguments.permissions.end());
  }
  if (body.empty()) {
    return Error{ErrorCode::kInvalidInput,
                 "nothing to change: give --name, --permission, --expires or --description"};
  }
  TRY(client.Ask("PATCH", path, body));
  return {};
}

Result<void> Run(TokenAction action, const TokenArguments& arguments, const Console& console) {
  const TokenClient client(arguments, console);
  if (action == TokenAction::kCreate) return Create(client, arguments, console);
  if (action == TokenAction::kList) {
    WriteTable(TRY(client.List()), console.out);
    return {};
  }
  const auto path = fmt::format("{}/{}", kTokens, TRY(client.IdOf(arguments.name)));
  switch (action) {
    case TokenAction::kShow: {
      const auto answer = TRY(client.Ask("GET", path));
      const auto allowed = TRY(client.Ask("GET", path + "/permissions"));
      WriteTable({answer.at("token").as_object()}, console.out);
      for (const auto& grant : allowed.at("permissions").as_array()) {
        const auto& object = grant.as_object();
        const auto measurement = Shown(object, "measurement");
        console.out << fmt::format("{} on {}.{} (from {})\n", Shown(object, "permissions"),
                                   Shown(object, "database"),
                                   measurement == "-" ? "*" : measurement, Shown(object, "source"));
      }
      return {};
    }
    case TokenAction::kChange:
      return Change(client, arguments, path);
    case TokenAction::kRotate: {
      const auto answer = TRY(client.Ask("POST", path + "/rotate"));
      return WriteNewToken(answer, "new_token", console);
    }
    case TokenAction::kRevoke:
      TRY(client.Ask("POST", path + "/revoke"));
      return {};
    case TokenAction::kDelete:
      TRY(client.Ask("DELETE", path));
      return {};
    case TokenAction::kList:
    case TokenAction::kCreate:
      break;
  }
  return {};
}

}  // namespace

int RunToken(TokenAction action, const TokenArguments& arguments, const Console& console) {
  auto done = [&]() -> Result<void> {
    try {
      return Run(action, arguments, console);
    } catch (const std::exception& failure) {  // of Boost.JSON: a member that must be there is not
      return Error{ErrorCode::kInternal, "the server's answer is not as expected", failure.what()};
    }
  }();
  if (done.ok()) return kExitSuccess;
  console.err << "arc token: " << LogText(done.error()) << '\n';
  return kExitFailure;
}

}  // namespace arc::cli
