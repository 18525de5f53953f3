#include "service/cli/verify_command.h"

#include <fmt/format.h>

#include <chrono>
#include <thread>

#include <boost/json.hpp>

#include "service/cli/command_line.h"
#include "service/cli/display_text.h"
#include "service/cli/human_numbers.h"
#include "service/cli/request_body.h"

namespace arc::cli {
namespace {

namespace json = boost::json;

constexpr const char* kPath = "/api/v1/verify";
constexpr std::chrono::milliseconds kProgressInterval{200};
constexpr std::string_view kClearLine = "\r\x1b[K";

std::string Summary(const VerifiedCounts& counts) {
  return fmt::format("{} files, {} verified: {}", FormatCount(counts.files),
                     FormatBytes(static_cast<double>(counts.bytes)),
                     counts.damaged == 0 ? std::string("all as they were written")
                                         : FormatCount(counts.damaged) + " things are damaged");
}

class Verification {
 public:
  Verification(const VerifyArguments& arguments, const Console& console)
      : arguments_(arguments), console_(console), drawn_(console.clock.NowSteady()) {}

  Result<VerifiedCounts> Offline(const VerifyHook& verify) {
    const auto loaded = TRY(LoadConfiguration(arguments_.configuration, console_));
    auto verified = verify(
        loaded, [this](std::string_view what, std::string_view why) { Tell(what, why); },
        [this](const VerifiedCounts& counts) { Draw(counts); });
    if (!verified.ok() && verified.error().code == ErrorCode::kOverloaded) {
      auto error = std::move(verified).TakeError();
      error.message += ": stop it first, or have it do the work with `arc verify --url URL`";
      return error;
    }
    return verified;
  }

  Result<VerifiedCounts> Online() {
    const auto begun = TRY(Ask("POST"));
    const auto pass = NumberIn(begun, "pass");
    for (;;) {
      const auto status = TRY(Ask("GET"));
      VerifiedCounts counts{NumberIn(status, "verified_files"), NumberIn(status, "verified_bytes")};
      if (NumberIn(status, "finished_pass") >= pass) {
        const auto* damaged = status.if_contains("damaged");
        if (damaged == nullptr || !damaged->is_array()) return Misunderstood();
        for (const auto& file : damaged->get_array()) TRY(TellOf(file));
        counts.damaged = damaged->get_array().size();
        return counts;
      }
      Draw(counts);
      std::this_thread::sleep_for(kProgressInterval);
    }
  }

  void Clear() const {
    if (console_.is_err_terminal) console_.err << kClearLine << std::flush;
  }

 private:
  static Error Misunderstood() {
    return {ErrorCode::kInternal, "the server's answer cannot be understood: is it an older one?"};
  }

  Result<json::object> Ask(const char* method) const {
    TextBody empty("");
    const auto answer =
        TRY(AskServer(arguments_.connection, console_, HttpRequest{method, kPath, {}}, empty));
    boost::system::error_code error;
    auto document = json::parse(answer, error);
    if (auto* object = document.if_object()) return std::move(*object);
    return Misunderstood();
  }

  static std::uint64_t NumberIn(const json::object& object, std::string_view member) {
    const auto* value = object.if_contains(member);
    return value != nullptr && value->is_int64() ? static_cast<std::uint64_t>(value->get_int64())
                                                 : 0;
  }

  Result<void> TellOf(const json::value& file) {
    const auto* object = file.if_object();
    const auto text = [&](std::string_view member) -> std::string_view {
      const auto* value = object == nullptr ? nullptr : object->if_contains(member);
      return value != nullptr && value->is_string() ? std::string_view(value->get_string())
                                                    : std::string_view();
    };
    if (text("path").empty()) return Misunderstood();
    Tell(text("path"), fmt::format("{}: {}", text("damage"), text("what")));
    return {};
  }

  void Tell(std::string_view what, std::string_view why) const {
    Clear();
    console_.out << DisplayText(what) << ": " << DisplayText(why) << '\n';
  }

  void Draw(const VerifiedCounts& counts) {
    const auto now = console_.clock.NowSteady();
    if (!console_.is_err_terminal || now - drawn_ < kProgressInterval) return;
    drawn_ = now;
    console_.err << kClearLine << FormatCount(counts.files) << " files, "
                 << FormatBytes(static_cast<double>(counts.bytes)) << std::flush;
  }

  const VerifyArguments& arguments_;
  const Console& console_;
  std::chrono::steady_clock::time_point drawn_;
};

}  // namespace

int RunVerify(const VerifyArguments& arguments, const VerifyHook& verify, const Console& console) {
  Verification verification(arguments, console);
  const auto verified = arguments.is_online ? verification.Online() : verification.Offline(verify);
  verification.Clear();
  if (!verified.ok()) {
    console.err << "arc verify: " << LogText(verified.error()) << '\n';
    return kExitFailure;
  }
  console.out << Summary(verified.value()) << '\n';
  return verified.value().damaged == 0 ? kExitSuccess : kExitFailure;
}

}  // namespace arc::cli
