// A load of write requests on a running server, as light as possible on the machine they share:
//
//   ingest_load PORT lp|msgpack ROWS_PER_BODY CONNECTIONS SECONDS [PAUSE_MS]
//
// Bodies are made beforehand; each connection is a thread that sends one, waits for the answer and
// sends the next; after a 503 it waits a moment and goes on. Prints one line
// of JSON: rows stored, seconds, refused requests, and percentiles of the times of the other
// answers.

#include <arpa/inet.h>
#include <fmt/format.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "tsbs_cpu.h"

namespace arc::bench {
namespace {

using Seconds = std::chrono::duration<double>;
using std::chrono::steady_clock;

struct Load {
  std::uint16_t port;
  bool is_msgpack;
  std::size_t rows_per_body;
  std::size_t connections;
  Seconds duration;
  std::chrono::milliseconds pause;  // of a connection between an answer and its next request
};

[[noreturn]] void Die(const std::string& message) {
  fmt::print(stderr, "ingest_load: {}\n", message);
  std::exit(1);
}

int Connect(std::uint16_t port) {
  const int socket = ::socket(AF_INET, SOCK_STREAM, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  if (connect(socket, reinterpret_cast<sockaddr*>(&address), sizeof address) != 0) {
    Die("cannot connect");
  }
  const int one = 1;
  setsockopt(socket, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
  return socket;
}

std::string MakeRequest(const Load& load, std::size_t number) {
  CpuShape shape;
  shape.row_count = load.rows_per_body;
  shape.host_count = std::min<std::size_t>(1000, load.rows_per_body);
  // Hours of one recent day, in turn: an ordinary live load touches an hour at a time.
  shape.first_time_micros = 1'767'225'600'000'000 + static_cast<std::int64_t>(number) * 100'000'000;
  const auto body = load.is_msgpack ? CpuMsgpackColumns(shape) : CpuLineProtocol(shape);
  const auto* path = load.is_msgpack ? "/api/v1/write/msgpack" : "/write?db=bench";
  return fmt::format(
             "POST {} HTTP/1.1\r\nHost: 127.0.0.1\r\nx-arc-database: bench\r\nContent-Length: "
             "{}\r\n\r\n",
             path, body.size()) +
         body;
}

// Reads what is missing of the body of an answer, so that the connection can go on.
void ReadRest(int socket, std::string& answer) {
  constexpr std::string_view kLength = "Content-Length: ";
  const auto head = answer.find("\r\n\r\n") + 4;
  const auto length = answer.find(kLength);
  if (length >= head) Die("an answer without Content-Length: " + answer);
  const auto bytes = std::strtoul(answer.c_str() + length + kLength.size(), nullptr, 10);
  char buffer[4096];
  while (answer.size() < head + bytes) {
    const auto received = recv(socket, buffer, sizeof buffer, 0);
    if (received <= 0) Die("the server closed the connection");
    answer.append(buffer, static_cast<std::size_t>(received));
  }
}

// Much less than Retry-After says: the server is to stay under pressure.
constexpr auto kPauseAfterRefusal = std::chrono::milliseconds(20);

// Sends a request and reads its answer; false for a refusal.
bool Exchange(int socket, std::string_view request) {
  while (!request.empty()) {
    const auto sent = send(socket, request.data(), request.size(), MSG_NOSIGNAL);
    if (sent <= 0) Die("the server closed the connection");
    request.remove_prefix(static_cast<std::size_t>(sent));
  }
  std::string answer;
  char buffer[4096];
  while (answer.find("\r\n\r\n") == std::string::npos) {
    const auto received = recv(socket, buffer, sizeof buffer, 0);
    if (received <= 0) Die("the server closed the connection");
    answer.append(buffer, static_cast<std::size_t>(received));
  }
  if (answer.find(" 204 ") == 8) return true;
  if (answer.find(" 503 ") != 8) Die("unexpected answer: " + answer);
  ReadRest(socket, answer);
  return false;
}

double Percentile(std::vector<double>& sorted, double share) {
  return sorted[static_cast<std::size_t>(share * static_cast<double>(sorted.size() - 1))];
}

void Run(const Load& load) {
  std::vector<std::string> requests;
  for (std::size_t i = 0; i < 32; i++) requests.push_back(MakeRequest(load, i));
  std::vector<std::vector<double>> times(load.connections);
  std::atomic<std::size_t> refused = 0;
  std::vector<std::thread> threads;
  const auto started = steady_clock::now();
  for (std::size_t i = 0; i < load.connections; i++) {
    threads.emplace_back([&, i] {
      const int socket = Connect(load.port);
      for (auto next = i; steady_clock::now() - started < load.duration; next++) {
        const auto sent = steady_clock::now();
        if (!Exchange(socket, requests[next % requests.size()])) {
          refused++;
          std::this_thread::sleep_for(kPauseAfterRefusal);
          continue;
        }
        times[i].push_back(Seconds(steady_clock::now() - sent).count());
        if (load.pause.count() > 0) std::this_thread::sleep_for(load.pause);
      }
      close(socket);
    });
  }
  for (auto& thread : threads) thread.join();
  const auto seconds = Seconds(steady_clock::now() - started).count();
  std::vector<double> all;
  for (const auto& some : times) all.insert(all.end(), some.begin(), some.end());
  if (all.empty()) Die("nothing was stored");
  std::sort(all.begin(), all.end());
  fmt::print(R"({{"rows":{},"seconds":{:.3f},"requests":{},"refused":{},"body_bytes":{},)"
             R"("p50_ms":{:.3f},"p99_ms":{:.3f},"p999_ms":{:.3f}}})"
             "\n",
             all.size() * load.rows_per_body, seconds, all.size(), refused.load(),
             requests[0].size(), Percentile(all, 0.5) * 1e3, Percentile(all, 0.99) * 1e3,
             Percentile(all, 0.999) * 1e3);
}

}  // namespace
}  // namespace arc::bench

int main(int argc, char** argv) {
  if (argc != 6 && argc != 7) {
    fmt::print(stderr,
               "usage: ingest_load PORT lp|msgpack ROWS_PER_BODY CONNECTIONS SECONDS [PAUSE_MS]\n");
    return 2;
  }
  arc::bench::Run(
      {static_cast<std::uint16_t>(std::atoi(argv[1])), std::string_view(argv[2]) == "msgpack",
       static_cast<std::size_t>(std::atoll(argv[3])), static_cast<std::size_t>(std::atoll(argv[4])),
       arc::bench::Seconds(std::atof(argv[5])),
       std::chrono::milliseconds(argc == 7 ? std::atoi(argv[6]) : 0)});
}
