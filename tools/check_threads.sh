#!/bin/bash
# Runs what works in several threads under the thread sanitizer: tests of the library, and a gallery of
# two trainings at a time. OpenMP's own library is not built for it, so each thread computes with one.
set -eu -o pipefail
cd "$(dirname "$0")/.."
export OMP_NUM_THREADS=1 TSAN_OPTIONS=halt_on_error=1
tests=(test_model_two_threads test_store_two_stores)
cmake --preset tsan >build/configure-tsan.log 2>&1 || { cat build/configure-tsan.log; exit 1; }
cmake --build --preset tsan -j "$(nproc)" --target "${tests[@]}" ganatomy -- --quiet
for test in "${tests[@]}"; do
    build/tsan/tests/"$test"
done

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
source tests/cli/shapes.sh
make_shapes "$folder/shapes"
build/tsan/ganatomy gallery build --data "$folder/shapes" --pixels 28 --images 64 --lr 0.001,0.004 --z 2,3 \
    --width 1 --steps 3 --jobs 2 --home "$folder/home" -o "$folder/gallery.zip"
