#include "service/api/object_pool.h"

#include <gtest/gtest.h>

namespace arc::api {
namespace {

struct Counted {
  static inline int made = 0;
  int number = ++made;
};

TEST(ObjectPoolTest, ObjectsAreUsedAgain) {
  ObjectPool<Counted> pool;
  { EXPECT_EQ(pool.Borrow()->number, 1); }
  auto first = pool.Borrow();
  auto second = pool.Borrow();
  EXPECT_EQ(first->number, 1);
  EXPECT_EQ(second->number, 2);
}

}  // namespace
}  // namespace arc::api
