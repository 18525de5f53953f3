#include "foundation/memory/ending_frames.h"

#include <gtest/gtest.h>

#include <memory>

namespace arc::memory {

// With names in the dynamic symbol table (-rdynamic), and no clones, as DuckDB's destructors.
struct AsksWhenDestroyed {
  bool* answer;
  __attribute__((noipa)) ~AsksWhenDestroyed();
};
AsksWhenDestroyed::~AsksWhenDestroyed() { *answer = IsInDestructor(); }

namespace {

TEST(EndingFramesTest, KnowsNamesOfDestructors) {
  for (const char* name : {"_ZN6duckdb25GroupedAggregateHashTableD1Ev", "_ZN1aD0Ev", "_ZN1aD2Ev",
                           "_ZNSt10shared_ptrIiED2Ev", "_ZN1aD1Ev.cold", "_ZN1aD2Ev.isra.0"}) {
    EXPECT_TRUE(IsNameOfDestructor(name)) << name;
  }
  for (const char* name : {"", "main", "D1Ev", "_ZN1aC1Ev", "_ZN1a1fEv", "_ZN1aD4Ev", "_ZN1aD1Ei",
                           "_Z1fIN1aD1EvEvT_", "_ZN.D1Ev"}) {
    EXPECT_FALSE(IsNameOfDestructor(name)) << name;
  }
}

TEST(EndingFramesTest, FindsADestructorOnTheStackAsOftenAsAsked) {
  EXPECT_FALSE(IsInDestructor());
  for (int i = 0; i < 3; i++) {
    bool answer = false;
    std::make_unique<AsksWhenDestroyed>(&answer).reset();
    EXPECT_TRUE(answer);
    EXPECT_FALSE(IsInDestructor());
  }
}

}  // namespace
}  // namespace arc::memory
