#!/bin/bash
# Every public header compiles alone, as C17 and as C++17: tests/headers.sh CC CXX
set -u
source=$(cd "$(dirname "$0")/.." && pwd)
failed=0
for header in "$source"/include/ganatomy/*.h; do
    name=ganatomy/$(basename "$header")
    # Twice, so that the include guard is tried as well.
    printf '#include "%s"\n#include "%s"\nint ga_unused;\n' "$name" "$name" |
        "$1" -std=c17 -Wall -Wextra -Wpedantic -Werror -I"$source/include" -x c -fsyntax-only - ||
        failed=1
    if [[ -x $(command -v "$2") ]]; then
        printf '#include "%s"\nint ga_unused;\n' "$name" |
            "$2" -std=c++17 -Wall -Wextra -Wpedantic -Werror -I"$source/include" -x c++ \
                -fsyntax-only - || failed=1
    fi
done
exit $failed
