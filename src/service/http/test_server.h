// For tests: a server on a free port of 127.0.0.1, with a few routes and tokens. Under TLS when the
// environment has ARC_TEST_TLS, so that every test of the server is one of both.

#pragma once

#include <cstdlib>
#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "foundation/base/check.h"
#include "foundation/testing/temp_directory.h"
#include "foundation/tls/certificate_files.h"
#include "foundation/tls/test_certificate.h"
#include "service/http/server.h"
#include "service/http/test_client.h"

namespace arc::http {

// Knows the tokens "reader", "writer" and "admin".
class TestAuthenticator : public auth::Authenticator {
 public:
  Result<auth::Principal> Authenticate(std::string_view token) const override {
    auth::Principal principal;
    principal.name = token;
    principal.permissions.read = token == "reader";
    principal.permissions.write = token == "writer";
    principal.permissions.admin = token == "admin";
    if (principal.permissions != auth::Permissions{}) return principal;
    return Error{ErrorCode::kUnauthenticated, "Invalid or expired token"};
  }
};

inline Route OpenRoute(std::string method, std::string pattern, Handler handler,
                       BodyMode body_mode = BodyMode::kMemory) {
  return {std::move(method), std::move(pattern), auth::Permission::kNone, body_mode,
          std::move(handler)};
}

// Answers 200 with the body it got.
inline void Echo(Request request, Responder responder) {
  responder.Send({.content_type = "text/plain", .body = std::move(request.body)});
}

inline Handler AnswerText(std::string text) {
  return [text = std::move(text)](Request, Responder responder) {
    responder.Send({.content_type = "text/plain", .body = text});
  };
}

class TestServer {
 public:
  static ServerOptions Options() {
    ServerOptions options;
    options.host = "127.0.0.1";
    options.port = 0;
    return options;
  }

  enum class Scheme { kHttp, kHttps };
  static Scheme SchemeOfRun() {
    return std::getenv("ARC_TEST_TLS") == nullptr ? Scheme::kHttp : Scheme::kHttps;
  }

  explicit TestServer(std::vector<Route> routes, ServerOptions options = Options(),
                      Scheme scheme = SchemeOfRun()) {
    options.spool_directory = directory_ / "spool";
    if (scheme == Scheme::kHttps) {
      Certify();
      options.certificate = certificate_.get();
    }
    auto server =
        Server::Start(std::move(options), {}, authenticator_, metrics_, fs::FileSystem::Local());
    CHECK(server.ok(), "a test cannot start its server");
    server_ = std::move(server).TakeValue();
    CHECK(server_->Serve(std::move(routes)).ok(), "a test cannot serve its routes");
  }

  Server* operator->() { return server_.get(); }
  TestClient Connect() { return TestClient(server_->port(), client_tls_); }
  TestClient ConnectPlain() { return TestClient(server_->port()); }
  tls::CertificateFiles& certificate() { return *certificate_; }
  // What clients need to trust the server.
  std::shared_ptr<const tls::Context> client_tls() const { return client_tls_; }

  // A new certificate in the place of the old; what clients connect with from then on.
  void Certify() {
    const auto made = tls::MakeTestCertificate();
    auto& disk = fs::FileSystem::Local();
    const tls::CertificateFiles::Paths paths{directory_ / "server.crt", directory_ / "server.key"};
    CHECK(fs::WriteWholeFile(disk, paths.certificate, made.certificate_pem).ok(), "no disk");
    CHECK(fs::WriteWholeFile(disk, paths.key, made.key_pem).ok(), "no disk");
    if (certificate_ == nullptr) {
      certificate_ = tls::CertificateFiles::Open(paths, disk, Clock::System()).TakeValue();
    } else {
      CHECK(certificate_->Reload().ok(), "a test cannot change its certificate");
    }
    client_tls_ = tls::ClientThatTrusts(made);
  }
  const Metrics& metrics() const { return metrics_; }

  std::size_t SpooledFileCount() const {
    const auto entries = fs::FileSystem::Local().List(directory_ / "spool");
    CHECK(entries.ok(), "a test cannot list its spool folder");
    return entries.value().size();
  }

  void Destroy() { server_.reset(); }

 private:
  arc::testing::TempDirectory directory_;
  TestAuthenticator authenticator_;
  Metrics metrics_;
  std::unique_ptr<tls::CertificateFiles> certificate_;  // null: plain
  std::shared_ptr<const tls::Context> client_tls_;
  std::unique_ptr<Server> server_;
};

// A handler that keeps the requests for the test to answer.
class Held {
 public:
  Handler AsHandler() {
    return [this](Request request, Responder responder) {
      MutexLock lock(mutex_);
      items_.emplace_back(std::move(request), std::move(responder));
      changed_.NotifyAll();
    };
  }
  // Waits for that many requests and takes them; fewer after ten seconds.
  std::vector<std::pair<Request, Responder>> Take(std::size_t count) {
    const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(10);
    MutexLock lock(mutex_);
    while (items_.size() < count) {
      if (changed_.WaitUntil(lock, deadline) == std::cv_status::timeout) break;
    }
    return std::exchange(items_, {});
  }

 private:
  Mutex mutex_;
  Condition changed_;
  std::vector<std::pair<Request, Responder>> items_ GUARDED_BY(mutex_);
};

// Whether the condition comes true within ten seconds; for effects that nothing announces.
inline bool Eventually(const std::function<bool()>& condition) {
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(10);
  while (!condition()) {
    if (std::chrono::steady_clock::now() > deadline) return false;
    std::this_thread::yield();
  }
  return true;
}

}  // namespace arc::http
