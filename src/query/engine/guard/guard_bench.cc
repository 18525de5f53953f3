// What it costs to check a statement before it runs (DuckDB parses it once more then), beside a
// check by patterns that are compiled for each call, which could not tell a keyword from a literal.

#include <benchmark/benchmark.h>

#include <string>

#include <boost/regex.hpp>

#include "query/engine/guard/statement_guard.h"

namespace arc::engine {
namespace {

const std::string kStatement =
    "SELECT host, avg(usage) AS usage FROM prod.cpu WHERE time >= now() - INTERVAL 1 hour AND "
    "region = 'DROP' GROUP BY host ORDER BY host";

void GuardAStatement(benchmark::State& state) {
  for (auto _ : state) benchmark::DoNotOptimize(ParseAllowed(kStatement, {}).ok());
}
BENCHMARK(GuardAStatement);

void GuardSelectOne(benchmark::State& state) {
  for (auto _ : state) benchmark::DoNotOptimize(ParseAllowed("SELECT 1", {}).ok());
}
BENCHMARK(GuardSelectOne);

void GuardByPatternsCompiledPerCall(benchmark::State& state) {
  for (auto _ : state) {
    bool is_found = false;
    for (const char* word : {"DROP", "DELETE", "INSERT", "UPDATE", "ALTER", "CREATE", "TRUNCATE"}) {
      const boost::regex pattern("\\b" + std::string(word) + "\\b", boost::regex::icase);
      is_found |= boost::regex_search(kStatement, pattern);
    }
    benchmark::DoNotOptimize(is_found);
  }
}
BENCHMARK(GuardByPatternsCompiledPerCall);

}  // namespace
}  // namespace arc::engine
