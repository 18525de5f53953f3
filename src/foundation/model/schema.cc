#include "foundation/model/schema.h"

#include <array>
#include <utility>

#include "foundation/base/check.h"
#include "foundation/model/names.h"

namespace arc {
namespace {

constexpr std::array<std::string_view, 5> kTypeWords = {"null", "boolean", "integer", "float",
                                                        "string"};

}  // namespace

std::string_view ToString(ColumnType type) { return kTypeWords[static_cast<std::size_t>(type)]; }

bool ParseColumnType(std::string_view word, ColumnType& type) {
  for (std::size_t i = 0; i < kTypeWords.size(); i++) {
    if (kTypeWords[i] != word) continue;
    type = static_cast<ColumnType>(i);
    return true;
  }
  return false;
}

RowSchema::RowSchema(std::vector<SchemaColumn> columns) : columns_(std::move(columns)) {
  for (std::size_t i = 0; i < columns_.size(); i++) {
    const bool is_new = index_by_lower_name_.emplace(ToLower(columns_[i].name), i).second;
    CHECK(is_new, "two columns of a measurement differ in case only");
  }
}

std::size_t RowSchema::IndexOf(std::string_view name) const {
  const auto found = index_by_lower_name_.find(ToLower(name));
  return found == index_by_lower_name_.end() ? kNotFound : found->second;
}

bool JoinTypes(ColumnType a, ColumnType b, ColumnType& joined) {
  if (a == b || b == ColumnType::kNull) {
    joined = a;
  } else if (a == ColumnType::kNull) {
    joined = b;
  } else if ((a == ColumnType::kInt64 && b == ColumnType::kDouble) ||
             (a == ColumnType::kDouble && b == ColumnType::kInt64)) {
    joined = ColumnType::kDouble;
  } else {
    return false;
  }
  return true;
}

std::shared_ptr<const RowSchema> JoinSchemas(const std::shared_ptr<const RowSchema>& a,
                                             const RowSchema& b) {
  auto columns = a->columns();
  bool changed = false;
  for (const auto& offered : b.columns()) {
    const auto index = a->IndexOf(offered.name);
    if (index == RowSchema::kNotFound) {
      columns.push_back(offered);
      changed = true;
      continue;
    }
    const auto before = columns[index];
    if (!JoinTypes(before.type, offered.type, columns[index].type)) return nullptr;
    if (offered.role == ColumnRole::kTag) columns[index].role = ColumnRole::kTag;
    changed = changed || columns[index] != before;
  }
  return changed ? std::make_shared<const RowSchema>(std::move(columns)) : a;
}

}  // namespace arc
