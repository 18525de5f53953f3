// Two byte queues in place of a socket: what has come, and what is to be sent. Internal.

#pragma once

#include <cstddef>
#include <string>
#include <string_view>

using BIO = struct bio_st;

namespace arc::tls {

// Bytes are appended at the end and taken from the front. When the queue is empty it frees the
// memory of a burst: an idle connection should cost little.
class ByteQueue {
 public:
  void Append(std::string_view bytes) { bytes_.append(bytes); }
  std::string_view front() const { return std::string_view(bytes_).substr(taken_); }
  void Take(std::size_t byte_count);
  std::size_t capacity() const { return bytes_.capacity(); }  // bytes of memory

 private:
  std::string bytes_;
  std::size_t taken_ = 0;
};

struct Wire {
  ByteQueue received;
  ByteQueue unsent;
};

// OpenSSL's view of `wire`, which must outlive it. The caller owns the returned object.
BIO* NewBio(Wire& wire);

}  // namespace arc::tls
