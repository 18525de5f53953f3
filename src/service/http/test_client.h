// For tests: an HTTP client that sends exactly the bytes it is told to, over 127.0.0.1, plain or
// under TLS.

#pragma once

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include <algorithm>
#include <cstdint>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <utility>

#include "foundation/base/check.h"
#include "foundation/base/mutex.h"
#include "foundation/tls/session.h"

namespace arc::http {

struct Answer {
  int status = 0;                              // 0: the connection ended before an answer
  std::map<std::string, std::string> headers;  // names in lower case
  std::string body;
};

// Every wait ends after ten seconds: a test fails then instead of hanging.
class TestClient {
 public:
  // Under TLS if there is a context.
  explicit TestClient(std::uint16_t port, std::shared_ptr<const tls::Context> tls = nullptr)
      : socket_(::socket(AF_INET, SOCK_STREAM, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    const timeval ten_seconds{10, 0};
    ::setsockopt(socket_, SOL_SOCKET, SO_RCVTIMEO, &ten_seconds, sizeof ten_seconds);
    ::setsockopt(socket_, SOL_SOCKET, SO_SNDTIMEO, &ten_seconds, sizeof ten_seconds);
    is_connected_ =
        ::connect(socket_, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0;
    if (tls == nullptr || !is_connected_) return;
    secured_ = std::make_unique<Secured>(std::move(tls));
    is_connected_ = ShakeHands();
  }
  TestClient(TestClient&& other) noexcept
      : socket_(std::exchange(other.socket_, -1)),
        is_connected_(other.is_connected_),
        secured_(std::move(other.secured_)),
        received_(std::move(other.received_)) {}
  ~TestClient() { Close(); }

  bool is_connected() const { return is_connected_; }

  // False when the server has closed the connection.
  bool Send(std::string_view bytes) {
    if (!secured_) return SendRaw(bytes);
    {
      MutexLock lock(secured_->mutex);
      if (secured_->session.Write(bytes) != Outcome::kDone) return false;
    }
    return SendUnsent();
  }

  // Sends "GET path" or the like, without a body.
  void SendRequest(std::string_view method_and_path, std::string_view headers = "") {
    Send(std::string(method_and_path) + " HTTP/1.1\r\nHost: test\r\n" + std::string(headers) +
         "\r\n");
  }
  void SendPost(std::string_view path, std::string_view body, std::string_view headers = "") {
    Send("POST " + std::string(path) + " HTTP/1.1\r\nHost: test\r\n" + std::string(headers) +
         "Content-Length: " + std::to_string(body.size()) + "\r\n\r\n" + std::string(body));
  }

  // The next answer; `has_body` is false after HEAD.
  Answer Read(bool has_body = true) {
    Answer answer;
    while (received_.find("\r\n\r\n") == std::string::npos) {
      if (!Receive()) return answer;
    }
    const auto head_size = received_.find("\r\n\r\n") + 4;
    ParseHead(received_.substr(0, head_size - 2), answer);
    received_.erase(0, head_size);
    const auto length = answer.headers.find("content-length");
    if (!has_body || length == answer.headers.end()) return answer;
    const std::size_t byte_count = std::stoul(length->second);
    while (received_.size() < byte_count) {
      if (!Receive()) break;
    }
    answer.body = received_.substr(0, byte_count);
    received_.erase(0, byte_count);
    return answer;
  }
  Answer Get(std::string_view path, std::string_view headers = "") {
    SendRequest("GET " + std::string(path), headers);
    return Read();
  }

  // Waits until these bytes have come; false when they do not.
  bool WaitFor(std::string_view bytes) {
    while (received_.find(bytes) == std::string::npos) {
      if (!Receive()) return false;
    }
    return true;
  }
  // All that has come and was not read as an answer.
  const std::string& received() const { return received_; }
  void Forget() { received_.clear(); }

  // Waits for the server to close its side cleanly, without a reset or further bytes.
  bool IsClosedCleanly() {
    if (!received_.empty() || Receive()) return false;
    return is_at_end_;
  }
  // Waits for the connection's end, clean or not; false when it does not come.
  bool WaitForEnd() {
    while (Receive()) {
    }
    return !has_timed_out_;
  }
  // Whether something arrives within the time.
  bool HasInputWithin(int milliseconds) {
    pollfd item{socket_, POLLIN, 0};
    if (::poll(&item, 1, milliseconds) <= 0) return false;
    // What TLS has to say to itself is no input.
    if (!secured_ || ReceiveEncrypted() <= 0) return true;
    {
      MutexLock lock(secured_->mutex);
      if (secured_->session.Peek() != Outcome::kWantsBytes) return true;
    }
    return HasInputWithin(milliseconds);
  }

  void Close() {
    if (socket_ >= 0) ::close(std::exchange(socket_, -1));
  }
  // Closes as a crashed machine does.
  void Reset() {
    const linger at_once{1, 0};
    ::setsockopt(socket_, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
    Close();
  }

 private:
  using Outcome = tls::Session::Outcome;
  // Some tests send in one thread and read in another.
  struct Secured {
    explicit Secured(std::shared_ptr<const tls::Context> context)
        : session(std::move(context), "127.0.0.1") {}
    Mutex mutex;
    tls::Session session GUARDED_BY(mutex);
  };

  // More of what the server sends; false at the end, after a failure and after ten seconds.
  bool Receive() {
    char buffer[64 << 10];
    const auto byte_count =
        secured_ ? ReceiveDecrypted(buffer) : NoteEnd(::recv(socket_, buffer, sizeof buffer, 0));
    if (byte_count <= 0) return false;
    received_.append(buffer, static_cast<std::size_t>(byte_count));
    return true;
  }
  ssize_t NoteEnd(ssize_t byte_count) {
    has_timed_out_ = byte_count < 0 && (errno == EAGAIN || errno == EWOULDBLOCK);
    is_at_end_ = byte_count == 0;
    return byte_count;
  }
  ssize_t ReceiveDecrypted(std::span<char> target) {
    for (;;) {
      const auto read = Decrypt(target);
      if (read.outcome == Outcome::kDone) return static_cast<ssize_t>(read.byte_count);
      // An end without a close_notify does not count: somebody may have cut the rest off.
      if (read.outcome == Outcome::kClosed) return NoteEnd(0);
      if (read.outcome == Outcome::kFailed || ReceiveEncrypted() <= 0) return -1;
    }
  }
  ssize_t ReceiveEncrypted() {
    char buffer[64 << 10];
    const auto byte_count = NoteEnd(::recv(socket_, buffer, sizeof buffer, 0));
    is_at_end_ = false;
    if (byte_count <= 0) return byte_count;
    MutexLock lock(secured_->mutex);
    secured_->session.Receive({buffer, static_cast<std::size_t>(byte_count)});
    return byte_count;
  }
  tls::Session::Transfer Decrypt(std::span<char> target) {
    MutexLock lock(secured_->mutex);
    return secured_->session.Read(target);
  }
  bool ShakeHands() {
    for (;;) {
      const auto outcome = [this] {
        MutexLock lock(secured_->mutex);
        return secured_->session.Handshake();
      }();
      if (!SendUnsent()) return false;
      if (outcome == Outcome::kDone) return true;
      if (outcome != Outcome::kWantsBytes || ReceiveEncrypted() <= 0) return false;
    }
  }
  bool SendUnsent() {
    std::string bytes;
    {
      MutexLock lock(secured_->mutex);
      bytes = secured_->session.unsent();
      secured_->session.Sent(bytes.size());
    }
    return SendRaw(bytes);
  }
  bool SendRaw(std::string_view bytes) {
    while (!bytes.empty()) {
      const auto sent = ::send(socket_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
      if (sent <= 0) return false;
      bytes.remove_prefix(static_cast<std::size_t>(sent));
    }
    return true;
  }

  static void ParseHead(std::string_view head, Answer& answer) {
    CHECK(head.starts_with("HTTP/1.1 "), "a test got an answer that is not HTTP/1.1");
    answer.status = std::stoi(std::string(head.substr(9, 3)));
    head.remove_prefix(head.find("\r\n") + 2);
    while (!head.empty()) {
      const auto end = head.find("\r\n");
      const std::string_view line = head.substr(0, end);
      head.remove_prefix(end + 2);
      const auto colon = line.find(": ");
      std::string name(line.substr(0, colon));
      std::transform(name.begin(), name.end(), name.begin(), [](char c) {
        return static_cast<char>(::tolower(static_cast<unsigned char>(c)));
      });
      answer.headers[name] = line.substr(colon + 2);
    }
  }

  int socket_;
  bool is_connected_ = false;
  bool has_timed_out_ = false;
  bool is_at_end_ = false;
  std::unique_ptr<Secured> secured_;  // null: plain
  std::string received_;
};

}  // namespace arc::http
