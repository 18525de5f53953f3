#!/usr/bin/env bash
# Runs every fuzzer of a build for some seconds, two at a time, from its seeds:
# run_fuzzers.sh BUILD SECONDS. New inputs stay in the build folder; a crash leaves its input there
# and fails the run.
set -euo pipefail
build=$1 seconds=$2

run() {
  local name corpus
  name=$(basename "$1" _fuzz)
  corpus="$build/fuzz/corpus/$name"
  mkdir -p "$corpus"
  if "$1" -max_total_time="$seconds" -timeout=10 -rss_limit_mb=4096 -print_final_stats=0 \
    -verbosity=0 -artifact_prefix="$build/fuzz/$name-" "$corpus" "fuzz/seeds/$name" \
    > "$build/fuzz/$name.log" 2>&1; then
    echo "fuzz: $name for $seconds s"
  else
    cat "$build/fuzz/$name.log"
    echo "fuzz: $name failed"
    return 1
  fi
}
export -f run
export build seconds
printf '%s\0' "$build"/fuzz/*_fuzz | xargs -0 -n 1 -P 2 bash -c 'run "$1"' bash
