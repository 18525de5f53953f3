#include "foundation/base/metrics.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace arc {
namespace {

using ::testing::HasSubstr;

TEST(MetricsTest, ExposesCountersWithLabels) {
  Metrics metrics;
  metrics.AddCounter("arc_a_total", "Things.").Add(3);
  metrics.AddCounter("arc_b_total", "Others.", "path=\"x\"").Add();
  metrics.AddCounter("arc_b_total", "Others.", "path=\"y\"").Add(2);
  const auto text = metrics.PrometheusText();
  EXPECT_THAT(text, HasSubstr("# HELP arc_a_total Things.\n# TYPE arc_a_total counter\n"));
  EXPECT_THAT(text, HasSubstr("arc_a_total 3\n"));
  EXPECT_THAT(text, HasSubstr("arc_b_total{path=\"x\"} 1\narc_b_total{path=\"y\"} 2\n"));
}

TEST(MetricsTest, SameNameIsTheSameInstrument) {
  Metrics metrics;
  EXPECT_EQ(&metrics.AddCounter("arc_a_total", ""), &metrics.AddCounter("arc_a_total", ""));
}

TEST(MetricsTest, GaugesAreReadWhenAsked) {
  Metrics metrics;
  double value = 1;
  metrics.AddGauge("arc_g", "Now.", [&] { return value; });
  value = 2.5;
  EXPECT_THAT(metrics.PrometheusText(), HasSubstr("# TYPE arc_g gauge\narc_g 2.5\n"));
}

TEST(MetricsTest, HistogramBucketsAreCumulative) {
  Metrics metrics;
  auto& histogram = metrics.AddHistogram("arc_h", "Times.");
  histogram.Observe(0.001);
  histogram.Observe(0.002);
  histogram.Observe(100);
  const auto text = metrics.PrometheusText();
  EXPECT_THAT(text, HasSubstr("arc_h_bucket{le=\"0.001\"} 1\n"));
  EXPECT_THAT(text, HasSubstr("arc_h_bucket{le=\"0.0025\"} 2\n"));
  EXPECT_THAT(text, HasSubstr("arc_h_bucket{le=\"10\"} 2\n"));
  EXPECT_THAT(text, HasSubstr("arc_h_bucket{le=\"+Inf\"} 3\n"));
  EXPECT_THAT(text, HasSubstr("arc_h_sum 100.003\narc_h_count 3\n"));
}

}  // namespace
}  // namespace arc
