#include "data/encoding/engine_decimal.h"

#include <gtest/gtest.h>

namespace arc::encoding {
namespace {

// The results of SELECT CAST(... AS DECIMAL(38, scale))::DOUBLE.
TEST(EngineDecimal, IsWhatTheEngineSays) {
  EXPECT_EQ(EngineFloat("1.10", 2), 1.1);
  EXPECT_EQ(EngineFloat("-3.50", 2), -3.5);
  EXPECT_EQ(EngineFloat("12", 0), 12.0);
  EXPECT_EQ(EngineFloat("99999999999999999.99", 2), 1e17);
  EXPECT_EQ(EngineFloat("1.860000000000000000", 18), 1.8599999999999999);
  EXPECT_EQ(EngineFloat("-1.860000000000000000", 18), -1.8599999999999999);
  EXPECT_EQ(EngineFloat("3.595807000000000000", 18), 3.5958069999999998);
  EXPECT_EQ(EngineFloat("0.100000000000000000", 18), 0.1);
  EXPECT_EQ(EngineFloat("5E-9", 18), 5e-9);
}

}  // namespace
}  // namespace arc::encoding
