#!/bin/bash
# Builds a preset and runs its tests: tools/check.sh PRESET [CTEST OPTIONS]
# The last line is that of CTest about the run.
set -eu -o pipefail
cd "$(dirname "$0")/.."
preset=$1
shift
jobs=$(nproc)
export GANATOMY_DATA=${GANATOMY_DATA:-$PWD/build/npm}
# Threads of a test and tests at a time share the same cores.
export OMP_NUM_THREADS=${OMP_NUM_THREADS:-2} OMP_WAIT_POLICY=passive

mkdir -p build
cmake --preset "$preset" >"build/configure-$preset.log" 2>&1 || {
    cat "build/configure-$preset.log"
    exit 1
}
cmake --build --preset "$preset" -j "$jobs"
ctest --test-dir "build/$preset" -j "$jobs" --output-on-failure --no-tests=error "$@" |
    { grep -v -E '^ +Start +[0-9]+:' || true; }
