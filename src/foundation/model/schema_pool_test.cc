#include "foundation/model/schema_pool.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <memory>
#include <vector>

namespace arc {
namespace {

std::shared_ptr<const RowSchema> SchemaWith(const SchemaColumn& column) {
  return std::make_shared<const RowSchema>(std::vector{column});
}

TEST(SchemaPoolTest, EqualSchemasBecomeOneObject) {
  SchemaPool pool;
  const SchemaColumn value{"value", ColumnType::kDouble, ColumnRole::kField};
  const auto first = SchemaWith(value);
  EXPECT_EQ(pool.Share(first), first);
  EXPECT_EQ(pool.Share(SchemaWith(value)), first);
  EXPECT_EQ(pool.Share(first), first);
  EXPECT_EQ(pool.size(), 1u);
}

TEST(SchemaPoolTest, NameTypeAndRoleTellSchemasApart) {
  SchemaPool pool;
  const auto first = pool.Share(SchemaWith({"value", ColumnType::kInt64, ColumnRole::kField}));
  for (const auto& other : {SchemaColumn{"Value", ColumnType::kInt64, ColumnRole::kField},
                            SchemaColumn{"value", ColumnType::kString, ColumnRole::kField},
                            SchemaColumn{"value", ColumnType::kInt64, ColumnRole::kTag}}) {
    EXPECT_NE(pool.Share(SchemaWith(other)), first);
  }
  EXPECT_EQ(pool.size(), 4u);
}

TEST(SchemaPoolTest, SchemasThatNobodyUsesAreForgotten) {
  SchemaPool pool;
  const auto kept = pool.Share(SchemaWith({"kept", ColumnType::kBool, ColumnRole::kField}));
  for (int i = 0; i < 1'000; i++) {
    pool.Share(SchemaWith({fmt::format("c{}", i), ColumnType::kBool, ColumnRole::kField}));
  }
  EXPECT_LT(pool.size(), 100u);
  EXPECT_EQ(pool.Share(SchemaWith({"kept", ColumnType::kBool, ColumnRole::kField})), kept);
}

}  // namespace
}  // namespace arc
