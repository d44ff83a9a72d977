#!/bin/bash
# The shared library shows what its headers declare, and nothing else:
# tests/symbols.sh LIBRARY CC
set -eu
source=$(cd "$(dirname "$0")/.." && pwd)
shown=$(nm -D --defined-only "$1" | awk '$2 ~ /[TDBR]/ {sub(/@.*/, "", $3); print $3}' | sort -u)
declared=$(cat "$source"/include/ganatomy/*.h |
    "$2" -fpreprocessed -dD -E -P -x c - 2>/dev/null |
    tr '\n' ' ' | tr ';' '\n' |
    sed -nE 's/.*GA_API extern [^(]*[ *](ga_[a-z0-9_]+)\[\].*/\1/p; t
             s/.*GA_API[^(]*[ *](ga_[a-z0-9_]+)\(.*/\1/p' | sort -u)
only_shown=$(comm -23 <(echo "$shown") <(echo "$declared"))
only_declared=$(comm -13 <(echo "$shown") <(echo "$declared"))
[[ -z $only_shown ]] || echo "visible, but no public header declares it:" $only_shown
[[ -z $only_declared ]] || echo "declared, but not in the library:" $only_declared
readelf -d "$1" | grep -q 'SONAME.*\[libganatomy\.so\.0\]' || { echo "wrong SONAME"; exit 1; }
echo "$(echo "$shown" | wc -l) functions and lists of words"
[[ -z $only_shown$only_declared ]]
