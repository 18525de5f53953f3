#include "foundation/tls/wire.h"

#include <openssl/bio.h>

#include <algorithm>
#include <new>

#include "foundation/base/allocated.h"

namespace arc::tls {
namespace {

// An empty queue keeps this much memory. A record (16 KiB) fits, so small exchanges allocate
// nothing.
constexpr std::size_t kKeptBytes = 17 << 10;

Wire& WireOf(BIO* bio) { return *static_cast<Wire*>(BIO_get_data(bio)); }

// OpenSSL's functions are C: no exception may pass through them. Without memory the write fails,
// and with it the session.
int Write(BIO* bio, const char* bytes, int byte_count) noexcept {
  BIO_clear_retry_flags(bio);
  try {
    WireOf(bio).unsent.Append({bytes, static_cast<std::size_t>(byte_count)});
    return byte_count;
  } catch (const std::bad_alloc&) {
    return -1;
  }
}

int Read(BIO* bio, char* target, int byte_count_max) noexcept {
  BIO_clear_retry_flags(bio);
  auto& received = WireOf(bio).received;
  const auto bytes = received.front().substr(0, static_cast<std::size_t>(byte_count_max));
  if (bytes.empty()) {
    BIO_set_retry_read(bio);
    return -1;
  }
  std::copy(bytes.begin(), bytes.end(), target);
  const auto byte_count = static_cast<int>(bytes.size());
  received.Take(bytes.size());
  return byte_count;
}

// Of all the commands, only flush makes sense for a queue in memory.
long Control(BIO*, int command, long, void*) noexcept { return command == BIO_CTRL_FLUSH ? 1 : 0; }

BIO_METHOD* NewMethod() {
  BIO_METHOD* const method =
      Allocated(BIO_meth_new(BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "wire"));
  BIO_meth_set_write(method, Write);
  BIO_meth_set_read(method, Read);
  BIO_meth_set_ctrl(method, Control);
  return method;
}

}  // namespace

void ByteQueue::Take(std::size_t byte_count) {
  taken_ += byte_count;
  if (taken_ < bytes_.size()) return;
  taken_ = 0;
  bytes_.clear();
  if (bytes_.capacity() > kKeptBytes) bytes_.shrink_to_fit();
}

BIO* NewBio(Wire& wire) {
  static BIO_METHOD* const method = NewMethod();  // never freed: sessions may outlive statics
  BIO* const bio = Allocated(BIO_new(method));
  BIO_set_data(bio, &wire);
  BIO_set_init(bio, 1);
  return bio;
}

}  // namespace arc::tls
