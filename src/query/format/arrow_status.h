// Makes our errors out of Arrow's.

#pragma once

#include <arrow/status.h>

#include "foundation/base/result.h"

namespace arc::format {

inline Result<void> FromArrow(const arrow::Status& status) {
  if (status.ok()) return {};
  return Error{ErrorCode::kInternal, "cannot write the result", status.ToString()};
}

}  // namespace arc::format
