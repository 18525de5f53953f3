#!/usr/bin/env bash
# Runs every fuzzer of a build for some seconds, from its seeds: run_fuzzers.sh BUILD SECONDS.
# New inputs stay in the build folder; a crash leaves its input there and fails the run.
set -euo pipefail
build=$1 seconds=$2
for fuzzer in "$build"/fuzz/*_fuzz; do
  name=$(basename "$fuzzer" _fuzz)
  corpus="$build/fuzz/corpus/$name"
  mkdir -p "$corpus"
  echo "fuzz: $name for $seconds s"
  "$fuzzer" -max_total_time="$seconds" -timeout=10 -rss_limit_mb=4096 -print_final_stats=0 \
    -verbosity=0 -artifact_prefix="$build/fuzz/$name-" "$corpus" "fuzz/seeds/$name"
done
