#include "service/cli/fake_server.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>

#include "foundation/base/check.h"

namespace arc::cli {
namespace {

// The value of Content-Length; 0 without one.
std::size_t BodyBytes(const std::string& head) {
  constexpr std::string_view kName = "Content-Length: ";
  const auto found = head.find(kName);
  return found == head.npos ? 0 : std::stoull(head.substr(found + kName.size()));
}

}  // namespace

FakeServer::FakeServer(Behaviour behaviour) : behaviour_(std::move(behaviour)) {
  listener_ = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof(address);
  auto* generic = reinterpret_cast<sockaddr*>(&address);
  CHECK(bind(listener_, generic, size) == 0 && listen(listener_, 1) == 0 &&
            getsockname(listener_, generic, &size) == 0,
        "BUG: the fake server cannot listen");
  port_ = ntohs(address.sin_port);
  thread_ = std::thread([this] { Serve(); });
}

FakeServer::~FakeServer() {
  Stop();
  close(listener_);
}

ServerUrl FakeServer::url() const { return {.host = "127.0.0.1", .port = std::to_string(port_)}; }
std::string FakeServer::url_text() const { return "http://127.0.0.1:" + std::to_string(port_); }

void FakeServer::Stop() {
  shutdown(listener_, SHUT_RDWR);  // Ends an accept() or a poll() that waits.
  if (thread_.joinable()) thread_.join();
}

std::string FakeServer::TakeRequest() {
  Stop();
  return std::move(request_);
}

void FakeServer::ReadRequest(int connection) {
  std::array<char, 65536> buffer;
  std::size_t head_bytes = request_.npos;
  std::size_t wanted = static_cast<std::size_t>(-1);
  while (request_.size() < wanted) {
    const ssize_t count = recv(connection, buffer.data(), buffer.size(), 0);
    if (count <= 0) return;
    request_.append(buffer.data(), static_cast<std::size_t>(count));
    if (head_bytes == request_.npos) {
      head_bytes = request_.find("\r\n\r\n");
      if (head_bytes == request_.npos) continue;
      wanted = head_bytes + 4 + std::min(BodyBytes(request_), behaviour_.body_bytes_read_max);
    }
  }
}

void FakeServer::Serve() {
  const int connection = accept(listener_, nullptr, nullptr);
  if (connection < 0) return;
  ReadRequest(connection);
  std::string_view rest = behaviour_.answer;
  while (!rest.empty()) {
    const ssize_t count = send(connection, rest.data(), rest.size(), MSG_NOSIGNAL);
    if (count <= 0) break;
    rest.remove_prefix(static_cast<std::size_t>(count));
  }
  if (behaviour_.answer.empty() || !behaviour_.closes_after_answer) {
    // Until the client has gone or the test is over.
    std::array<pollfd, 2> ends = {pollfd{.fd = connection, .events = POLLRDHUP, .revents = 0},
                                  pollfd{.fd = listener_, .events = 0, .revents = 0}};
    poll(ends.data(), ends.size(), -1);
  }
  close(connection);
}

std::string HttpText(const std::string& status, const std::string& body) {
  return "HTTP/1.1 " + status +
         "\r\nContent-Type: application/json\r\nContent-Length: " + std::to_string(body.size()) +
         "\r\n\r\n" + body;
}

}  // namespace arc::cli
