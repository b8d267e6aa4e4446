#!/usr/bin/env bash
# Feeds everything that reads what others have written with inputs that reach ever more of it, from a seed corpus on:
# `fuzz.sh SECONDS [TARGET...]`. What breaks it is kept in fuzz/found. It needs a C++ compiler and no nightly Rust.
set -euo pipefail
cd "$(dirname "$0")/../fuzz"
seconds=${1:?usage: fuzz.sh SECONDS [TARGET...]}; shift
targets=("$@")
if [ ${#targets[@]} = 0 ]; then targets=(record query regex backtrace); fi
command -v c++ >/dev/null || { echo "a C++ compiler is missing: install it, on Debian/Ubuntu with 'sudo apt-get install g++'" >&2; exit 1; }

# What cargo-fuzz tells the compiler, without the sanitizers, which only nightly has.
flags="-Cpasses=sancov-module -Cllvm-args=-sanitizer-coverage-level=4 -Cllvm-args=-sanitizer-coverage-inline-8bit-counters
  -Cllvm-args=-sanitizer-coverage-pc-table -Cllvm-args=-sanitizer-coverage-trace-compares"
host=$(rustc -vV | sed -n 's/^host: //p')
echo "compiling the fuzz targets (minutes, the first time)"
RUSTFLAGS="$(echo $flags)" cargo build --quiet --release --locked --target "$host"

mkdir -p found corpus
for target in "${targets[@]}"; do
  mkdir -p "corpus/$target"
  echo "fuzzing $target for $seconds s"
  touch found/.begin
  # A fixed seed: a run that finds something can be repeated. How the target ends decides, whatever grep finds.
  if ! "target/$host/release/$target" -seed=1 -max_total_time="$seconds" -max_len=8192 -timeout=10 -rss_limit_mb=2048 \
    -verbosity=0 -print_final_stats=1 -artifact_prefix="found/$target-" "corpus/$target" "seeds/$target" 2>&1 |
    { grep -E "number_of_executed_units|new_units_added|ERROR|panicked|SUMMARY|assertion|left:|right:" || true; }; then
    echo "$target did not end well; what broke it, as far as that is known:" >&2
    find found -name "$target-*" -newer found/.begin >&2
    exit 1
  fi
done
