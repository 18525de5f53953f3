#include "foundation/model/schema_pool.h"

#include <functional>
#include <string>
#include <utility>

#include "foundation/base/check.h"

namespace arc {
namespace {

std::size_t HashOf(const RowSchema& schema) {
  constexpr std::size_t kFactor = 0x9E3779B97F4A7C15u;  // spreads bits: 2^64 / golden ratio
  std::size_t hash = 0;
  for (const auto& column : schema.columns()) {
    const auto kind = static_cast<std::size_t>(column.type) * 2 +
                      static_cast<std::size_t>(column.role == ColumnRole::kTag);
    hash = (hash ^ std::hash<std::string>()(column.name)) * kFactor + kind;
  }
  return hash;
}

}  // namespace

std::shared_ptr<const RowSchema> SchemaPool::Share(std::shared_ptr<const RowSchema> schema) {
  CHECK(schema != nullptr, "no schema to share");
  const auto hash = HashOf(*schema);
  MutexLock lock(mutex_);
  const auto [first, last] = by_hash_.equal_range(hash);
  for (auto known = first; known != last; ++known) {
    auto used = known->second.lock();
    if (used != nullptr && *used == *schema) return used;
  }
  // A look at all of them only when their number has doubled: constant work for each.
  if (by_hash_.size() >= 2 * size_at_cleanup_ + 16) ForgetUnusedLocked();
  by_hash_.emplace(hash, schema);
  return schema;
}

std::size_t SchemaPool::size() const {
  MutexLock lock(mutex_);
  return by_hash_.size();
}

void SchemaPool::ForgetUnusedLocked() {
  std::erase_if(by_hash_, [](const auto& entry) { return entry.second.expired(); });
  size_at_cleanup_ = by_hash_.size();
}

}  // namespace arc
