// Asks one thing over and over, from N threads, and says how long each answer took: over HTTP, or
// of a bare DuckDB in this process.
//
//   query_load http PORT DATABASE CONNECTIONS SECONDS SQL
//   query_load write PORT DATABASE CONNECTIONS SECONDS LINES
//   query_load bad-tokens PORT CONNECTIONS SECONDS        requests, each with another wrong token
//   query_load connect PORT CONNECTIONS SECONDS           GET /health, each on a new connection
//   query_load duckdb THREADS CONNECTIONS SECONDS SQL
//
// ARC_TOKEN: the token to send. ARC_CA_FILE: the certificate to trust; then all of it is HTTPS.
// Prints one JSON object.

#include <arpa/inet.h>
#include <duckdb.h>
#include <fmt/format.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <charconv>
#include <chrono>
#include <cstdlib>
#include <cstring>
#include <functional>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "foundation/fs/file_system.h"
#include "foundation/tls/session.h"

namespace {

using Clock = std::chrono::steady_clock;

[[noreturn]] void Fail(const std::string& why) {
  fmt::print(stderr, "query_load: {}\n", why);
  std::exit(1);
}

// One question; false when the answer is an error.
using Ask = std::function<bool()>;

std::string Post(const std::string& path, const std::string& database, const std::string& token,
                 const std::string& body) {
  const auto authorization =
      token.empty() ? std::string() : fmt::format("Authorization: Bearer {}\r\n", token);
  return fmt::format(
      "POST {} HTTP/1.1\r\nHost: x\r\nx-arc-database: {}\r\n{}Content-Length: {}\r\n\r\n{}", path,
      database, authorization, body.size(), body);
}

std::string PostQuery(const std::string& database, const std::string& token,
                      const std::string& sql) {
  std::string escaped;
  for (const char c : sql) {
    if (c == '"' || c == '\\') escaped += '\\';
    escaped += c;
  }
  return Post("/api/v1/query", database, token, fmt::format(R"({{"sql":"{}"}})", escaped));
}

// Null without ARC_CA_FILE.
std::shared_ptr<const arc::tls::Context> TrustedContext() {
  const char* path = std::getenv("ARC_CA_FILE");
  if (path == nullptr) return nullptr;
  const auto pem = arc::fs::ReadWholeFile(arc::fs::FileSystem::Local(), path, 1 << 20);
  if (!pem.ok()) Fail("cannot read ARC_CA_FILE");
  return arc::tls::Context::OfClient(pem.value()).TakeValue();
}

class HttpConnection {
 public:
  using Outcome = arc::tls::Session::Outcome;

  explicit HttpConnection(int port) : socket_(::socket(AF_INET, SOCK_STREAM, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(static_cast<std::uint16_t>(port));
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (::connect(socket_, reinterpret_cast<sockaddr*>(&address), sizeof(address)) != 0) {
      Fail("cannot connect");
    }
    const int one = 1;
    ::setsockopt(socket_, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
    static const auto context = TrustedContext();
    if (!context) return;
    session_ = std::make_unique<arc::tls::Session>(context, "127.0.0.1");
    for (auto outcome = session_->Handshake(); outcome != Outcome::kDone;
         outcome = session_->Handshake()) {
      SendUnsent();
      if (outcome != Outcome::kWantsBytes) Fail("no TLS: " + session_->failure());
      ReceiveEncrypted();
    }
    SendUnsent();
  }
  HttpConnection(const HttpConnection&) = delete;
  HttpConnection& operator=(const HttpConnection&) = delete;
  ~HttpConnection() { ::close(socket_); }

  // Whether the answer's status is 200 or 204.
  bool Ask(const std::string& request) {
    if (session_) {
      session_->Write(request);
      SendUnsent();
    } else {
      Send(request);
    }
    answer_.clear();
    while (!IsComplete()) Receive();
    return answer_.starts_with("HTTP/1.1 20");
  }

 private:
  void Send(std::string_view bytes) {
    if (::send(socket_, bytes.data(), bytes.size(), 0) != static_cast<ssize_t>(bytes.size())) {
      Fail("cannot send");
    }
  }
  void SendUnsent() {
    if (session_->unsent().empty()) return;
    Send(session_->unsent());
    session_->Sent(session_->unsent().size());
  }
  std::string_view ReceiveRaw() {
    static thread_local char bytes[65536];
    const auto count = ::recv(socket_, bytes, sizeof(bytes), 0);
    if (count <= 0) Fail("the connection was closed");
    return {bytes, static_cast<std::size_t>(count)};
  }
  void ReceiveEncrypted() { session_->Receive(ReceiveRaw()); }
  void Receive() {
    if (!session_) {
      answer_.append(ReceiveRaw());
      return;
    }
    ReceiveEncrypted();
    char bytes[65536];
    for (auto read = session_->Read(bytes); read.outcome == Outcome::kDone;
         read = session_->Read(bytes)) {
      answer_.append(bytes, read.byte_count);
    }
  }

  // Answers are small: whole, or in chunks of which the last is empty.
  bool IsComplete() const {
    const auto head = answer_.find("\r\n\r\n");
    if (head == std::string::npos) return false;
    auto length = answer_.find("Content-Length: ");
    if (length == std::string::npos) length = answer_.find("content-length: ");
    if (answer_.starts_with("HTTP/1.1 204")) return true;
    if (length > head) {
      return answer_.find("\r\n0\r\n", head) != std::string::npos && answer_.ends_with("\r\n\r\n");
    }
    std::size_t size = 0;
    std::from_chars(answer_.data() + length + 16, answer_.data() + head, size);
    return answer_.size() == head + 4 + size;
  }

  const int socket_;
  std::unique_ptr<arc::tls::Session> session_;  // null: plain
  std::string answer_;
};

class PlainDuckDb {
 public:
  explicit PlainDuckDb(const std::string& threads) {
    if (duckdb_open(nullptr, &database_) != DuckDBSuccess) Fail("DuckDB does not open");
    duckdb_connection connection = Connect();
    Run(connection, "SET threads = " + threads);
    Run(connection, "SET GLOBAL TimeZone = 'UTC'");
    duckdb_disconnect(&connection);
  }
  PlainDuckDb(const PlainDuckDb&) = delete;
  PlainDuckDb& operator=(const PlainDuckDb&) = delete;
  ~PlainDuckDb() { duckdb_close(&database_); }

  duckdb_connection Connect() {
    duckdb_connection connection = nullptr;
    if (duckdb_connect(database_, &connection) != DuckDBSuccess) Fail("DuckDB does not connect");
    return connection;
  }
  static bool Run(duckdb_connection connection, const std::string& sql) {
    duckdb_result result;
    const bool is_ok = duckdb_query(connection, sql.c_str(), &result) == DuckDBSuccess;
    duckdb_destroy_result(&result);
    return is_ok;
  }

 private:
  duckdb_database database_ = nullptr;
};

void Report(std::vector<double> milliseconds, std::uint64_t errors, double seconds) {
  std::sort(milliseconds.begin(), milliseconds.end());
  const auto at = [&](double share) {
    if (milliseconds.empty()) return 0.0;
    const auto index = static_cast<std::size_t>(share * static_cast<double>(milliseconds.size()));
    return milliseconds[std::min(index, milliseconds.size() - 1)];
  };
  fmt::print(R"({{"count":{},"errors":{},"seconds":{},"p50_ms":{},"p99_ms":{},"max_ms":{}}})"
             "\n",
             milliseconds.size(), errors, seconds, at(0.5), at(0.99), at(1));
}

void Load(int connection_count, double seconds, const std::function<Ask()>& connect) {
  std::vector<std::vector<double>> times(static_cast<std::size_t>(connection_count));
  std::atomic<std::uint64_t> errors{0};
  const auto began = Clock::now();
  const auto end =
      began + std::chrono::duration_cast<Clock::duration>(std::chrono::duration<double>(seconds));
  std::vector<std::thread> threads;
  for (auto& own : times) {
    threads.emplace_back([&own, &connect, &errors, end] {
      const auto ask = connect();
      while (Clock::now() < end) {
        const auto asked = Clock::now();
        if (!ask()) errors++;
        own.push_back(std::chrono::duration<double, std::milli>(Clock::now() - asked).count());
      }
    });
  }
  for (auto& thread : threads) thread.join();
  std::vector<double> all;
  for (const auto& own : times) all.insert(all.end(), own.begin(), own.end());
  Report(std::move(all), errors, std::chrono::duration<double>(Clock::now() - began).count());
}

}  // namespace

int main(int argc, char** argv) {
  const std::vector<std::string> words(argv + 1, argv + argc);
  const char* given = std::getenv("ARC_TOKEN");
  const std::string token = given == nullptr ? "" : given;
  if (words.size() == 6 && (words[0] == "http" || words[0] == "write")) {
    const auto request = words[0] == "http"
                             ? PostQuery(words[2], token, words[5])
                             : Post("/api/v1/write/line-protocol", words[2], token, words[5]);
    Load(std::stoi(words[3]), std::stod(words[4]), [&words, &request]() -> Ask {
      auto connection = std::make_shared<HttpConnection>(std::stoi(words[1]));
      return [connection, &request] { return connection->Ask(request); };
    });
    return 0;
  }
  if (words.size() == 4 && words[0] == "bad-tokens") {
    std::atomic<std::uint64_t> number{0};
    Load(std::stoi(words[2]), std::stod(words[3]), [&words, &number]() -> Ask {
      auto connection = std::make_shared<HttpConnection>(std::stoi(words[1]));
      return [connection, &number] {
        return connection->Ask(
            fmt::format("GET /api/v1/measurements HTTP/1.1\r\nHost: x\r\n"
                        "Authorization: Bearer {:043}=\r\n\r\n",
                        ++number));
      };
    });
    return 0;
  }
  if (words.size() == 4 && words[0] == "connect") {
    Load(std::stoi(words[2]), std::stod(words[3]), [&words]() -> Ask {
      return [&words] {
        return HttpConnection(std::stoi(words[1])).Ask("GET /health HTTP/1.1\r\nHost: x\r\n\r\n");
      };
    });
    return 0;
  }
  if (words.size() == 5 && words[0] == "duckdb") {
    PlainDuckDb database(words[1]);
    Load(std::stoi(words[2]), std::stod(words[3]), [&words, &database]() -> Ask {
      const std::shared_ptr<_duckdb_connection> connection(
          database.Connect(), [](duckdb_connection open) { duckdb_disconnect(&open); });
      return [connection, &words] { return PlainDuckDb::Run(connection.get(), words[4]); };
    });
    return 0;
  }
  Fail(
      "query_load http|write PORT DATABASE CONNECTIONS SECONDS TEXT | bad-tokens|connect PORT "
      "CONNECTIONS SECONDS | duckdb THREADS CONNECTIONS SECONDS SQL");
}
