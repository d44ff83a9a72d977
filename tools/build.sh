#!/bin/bash
# Configures and builds a preset: tools/build.sh PRESET [CMAKE OPTIONS]
# On a terminal Ninja shows where it is; elsewhere only what goes wrong is shown.
set -eu
cd "$(dirname "$0")/.."
preset=$1
shift
mkdir -p build
cmake --preset "$preset" "$@" >"build/configure-$preset.log" 2>&1 || {
    cat "build/configure-$preset.log"
    exit 1
}
quiet=(-- --quiet)
[[ -t 1 ]] && quiet=()
[[ -t 1 ]] || echo "building build/$preset"
cmake --build --preset "$preset" -j "$(nproc)" "${quiet[@]}"
