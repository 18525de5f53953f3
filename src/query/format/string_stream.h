// Lets Arrow write into a string.

#pragma once

#include <arrow/io/interfaces.h>
#include <arrow/result.h>
#include <arrow/status.h>

#include <cstdint>
#include <string>

namespace arc::format {

// Appends to the string that SetTarget has named; call that before each use.
class StringStream : public arrow::io::OutputStream {
 public:
  void SetTarget(std::string& out) { out_ = &out; }
  // From now on written bytes are dropped.
  void Discard() { out_ = nullptr; }

  using arrow::io::OutputStream::Write;
  arrow::Status Write(const void* bytes, std::int64_t size) override {
    if (out_ != nullptr) {
      out_->append(static_cast<const char*>(bytes), static_cast<std::size_t>(size));
    }
    position_ += size;
    return arrow::Status::OK();
  }
  arrow::Status Close() override { return arrow::Status::OK(); }
  arrow::Result<std::int64_t> Tell() const override { return position_; }
  bool closed() const override { return false; }

 private:
  std::string* out_ = nullptr;
  std::int64_t position_ = 0;
};

}  // namespace arc::format
