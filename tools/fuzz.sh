#!/bin/bash
# tools/fuzz.sh [SECONDS]: fuzzes every reader for SECONDS each (default: SECONDS_EACH, else 60). New
# inputs stay in build/fuzz-corpus; an input that breaks something is left in build/fuzz-found and
# ends this with 1.
set -eu -o pipefail
cd "$(dirname "$0")/.."
seconds=${1:-${SECONDS_EACH:-60}}
mkdir -p build/fuzz-found
cmake --preset fuzz >build/configure-fuzz.log 2>&1 || { cat build/configure-fuzz.log; exit 1; }
failed=0
for source in fuzz/fuzz_*.c; do
    target=$(basename "$source" .c) name=${source#fuzz/fuzz_}
    name=${name%.c}
    cmake --build --preset fuzz -j "$(nproc)" --target "$target"
    mkdir -p "build/fuzz-corpus/$name"
    options=(-max_total_time="$seconds" -timeout=10 -rss_limit_mb=1024 -verbosity=0
        -artifact_prefix="build/fuzz-found/$name-")
    [[ -f fuzz/$target.dict ]] && options+=(-dict="fuzz/$target.dict")
    echo "== $name, $seconds s"
    "$(find build/fuzz -name "$target" -type f)" "${options[@]}" "build/fuzz-corpus/$name" \
        "fuzz/corpus/$name" || failed=1
done
[[ $failed -eq 0 ]] && echo "fuzz: nothing found" || echo "fuzz: see build/fuzz-found"
exit $failed
