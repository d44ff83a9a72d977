#!/bin/bash
# Runs the tests of the library in two threads under the thread sanitizer. OpenMP's own library is not
# built for it, so each thread computes with one.
set -eu -o pipefail
cd "$(dirname "$0")/.."
export OMP_NUM_THREADS=1 TSAN_OPTIONS=halt_on_error=1
tests=(test_model_two_threads test_store_two_stores)
cmake --preset tsan >build/configure-tsan.log 2>&1 || { cat build/configure-tsan.log; exit 1; }
cmake --build --preset tsan -j "$(nproc)" --target "${tests[@]}" -- --quiet
for test in "${tests[@]}"; do
    build/tsan/tests/"$test"
done
