// One object for all equal schemas: of a hundred thousand measurements most have the columns of
// others.

#pragma once

#include <cstddef>
#include <memory>
#include <unordered_map>

#include "foundation/base/mutex.h"
#include "foundation/model/schema.h"

namespace arc {

// Threads: any.
// Limits:  keeps no schema alive; forgotten ones are cleaned up as the pool grows.
class SchemaPool {
 public:
  // The schema in use that equals `schema`: `schema` itself when it is the first. Not null.
  // O(columns).
  std::shared_ptr<const RowSchema> Share(std::shared_ptr<const RowSchema> schema);

  // Distinct schemas in use, and some that are not any more.
  std::size_t size() const;

 private:
  void ForgetUnusedLocked() REQUIRES(mutex_);

  mutable Mutex mutex_;
  std::unordered_multimap<std::size_t, std::weak_ptr<const RowSchema>> by_hash_ GUARDED_BY(mutex_);
  std::size_t size_at_cleanup_ GUARDED_BY(mutex_) = 0;
};

}  // namespace arc
