#include "service/cli/tcp_connection.h"

#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <memory>

namespace arc::cli {
namespace {

struct FreeAddresses {
  void operator()(addrinfo* list) const { freeaddrinfo(list); }
};
using Addresses = std::unique_ptr<addrinfo, FreeAddresses>;

Error CannotConnect(const ServerUrl& url, const std::string& reason) {
  return Error{ErrorCode::kNotFound, "cannot connect to " + url.Origin() + ": " + reason};
}

Result<Addresses> Resolve(const ServerUrl& url) {
  addrinfo hints{};
  hints.ai_family = AF_UNSPEC;
  hints.ai_socktype = SOCK_STREAM;
  addrinfo* list = nullptr;
  const int error = getaddrinfo(url.host.c_str(), url.port.c_str(), &hints, &list);
  if (error != 0) return CannotConnect(url, gai_strerror(error));
  return Addresses(list);
}

// 0, or the errno of the failure.
int Connect(int fd, const addrinfo& address, std::chrono::milliseconds timeout) {
  if (connect(fd, address.ai_addr, address.ai_addrlen) == 0) return 0;
  if (errno != EINPROGRESS) return errno;
  pollfd waiting{.fd = fd, .events = POLLOUT, .revents = 0};
  if (poll(&waiting, 1, static_cast<int>(timeout.count())) != 1) return ETIMEDOUT;
  int error = 0;
  socklen_t size = sizeof(error);
  getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &size);
  return error;
}

TcpConnection::Transfer TransferOf(ssize_t count) {
  using enum TcpConnection::Outcome;
  if (count >= 0) return {kDone, static_cast<std::size_t>(count)};
  const bool is_temporary = errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR;
  return {is_temporary ? kDone : kBroken};
}

}  // namespace

Result<TcpConnection> TcpConnection::Open(const ServerUrl& url, std::chrono::milliseconds timeout) {
  const Addresses addresses = TRY(Resolve(url));
  int error = 0;
  for (const addrinfo* address = addresses.get(); address != nullptr; address = address->ai_next) {
    const int fd =
        socket(address->ai_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, IPPROTO_TCP);
    if (fd < 0) {
      error = errno;
      continue;
    }
    TcpConnection connection(fd);
    error = Connect(fd, *address, timeout);
    if (error == 0) return connection;
  }
  return CannotConnect(url, std::strerror(error));
}

TcpConnection::~TcpConnection() {
  if (fd_ >= 0) close(fd_);
}

TcpConnection::Readiness TcpConnection::Wait(bool wants_write, std::chrono::milliseconds timeout) {
  pollfd waiting{.fd = fd_, .events = POLLIN, .revents = 0};
  if (wants_write) waiting.events |= POLLOUT;
  if (poll(&waiting, 1, static_cast<int>(timeout.count())) <= 0) return {};
  return {.can_read = (waiting.revents & (POLLIN | POLLERR | POLLHUP)) != 0,
          .can_write = (waiting.revents & POLLOUT) != 0};
}

TcpConnection::Transfer TcpConnection::Receive(std::span<char> buffer) {
  const ssize_t count = recv(fd_, buffer.data(), buffer.size(), 0);
  if (count == 0) return {Outcome::kClosed};
  return TransferOf(count);
}

TcpConnection::Transfer TcpConnection::Send(std::span<const char> bytes) {
  return TransferOf(send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL));
}

}  // namespace arc::cli
