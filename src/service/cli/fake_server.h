// A server for tests: takes one connection on a free port of this machine and behaves as told.

#pragma once

#include <cstddef>
#include <string>
#include <thread>

#include "service/cli/server_url.h"

namespace arc::cli {

class FakeServer {
 public:
  struct Behaviour {
    std::string answer;  // All bytes of it. Empty: the connection is kept, and nothing is said.
    // How much of the body is read before the answer; by default all of it.
    std::size_t body_bytes_read_max = static_cast<std::size_t>(-1);
    bool closes_after_answer = true;
  };

  explicit FakeServer(Behaviour behaviour);
  ~FakeServer();

  ServerUrl url() const;
  // "http://127.0.0.1:port"
  std::string url_text() const;
  // What was read of the request. Call once, after the client has finished.
  std::string TakeRequest();

 private:
  void Stop();
  void Serve();
  void ReadRequest(int connection);

  const Behaviour behaviour_;
  int listener_ = -1;
  int port_ = 0;
  std::string request_;  // Touched by the thread until it is joined.
  std::thread thread_;
};

// "HTTP/1.1 <status>" with a length and `body`.
std::string HttpText(const std::string& status, const std::string& body);

}  // namespace arc::cli
