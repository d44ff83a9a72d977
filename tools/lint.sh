#!/bin/bash
# What compilers and checkers say beyond the build: tools/lint.sh
#   - clang's warnings on every file (syntax only)
#   - clang-tidy on the C files that changed since $BASE (default: where this branch left
#     origin/main, else the commit before)
#   - shellcheck on scripts
# Needs build/dev/compile_commands.json (make check makes it).
set -u -o pipefail
cd "$(dirname "$0")/.." || exit 1
tools/setup.sh lint || exit 1
failed=0
complain() {
    echo "lint: $1"
    failed=1
}
commands=build/dev/compile_commands.json
[[ -f $commands ]] || cmake --preset dev >/dev/null || exit 1

base() {
    local at
    at=$(git merge-base HEAD origin/main 2>/dev/null)
    [[ -n $at && $at != $(git rev-parse HEAD) ]] || at=$(git rev-parse -q --verify HEAD~1)
    echo "${BASE:-$at}"
}

# The compile commands, with clang in place of the compiler and nothing written.
mkdir -p build/lint
jq -r '.[] | select(.file | endswith(".c")) | .command
    | sub("^[^ ]+"; "clang -fsyntax-only -Wno-unknown-warning-option") | gsub(" -(o|MF|MT) [^ ]+| -MD| -c(?= )"; "")' \
    "$commands" >build/lint/clang.txt
xargs -P "$(nproc)" -d '\n' -n 1 bash -c <build/lint/clang.txt || complain 'clang has warnings'

from=$(base)
if [[ -n $from ]]; then
    changed=$(git diff --name-only --diff-filter=d "$from" -- 'src/*.c' 'fuzz/*.c' |
        while read -r file; do grep -q "$file\"" "$commands" && echo "$file"; done)
    if [[ -n $changed ]]; then
        echo "lint: clang-tidy on $(echo "$changed" | wc -l) files"
        echo "$changed" | xargs -P "$(nproc)" -n 4 clang-tidy --quiet -p build/dev --extra-arg=-Wno-unknown-warning-option 2>/dev/null ||
            complain 'clang-tidy has remarks'
    fi
fi

git ls-files '*.sh' .ci/run | xargs shellcheck -S warning -e SC2046 || complain 'shellcheck has remarks'
[[ $failed -eq 0 ]] && echo 'lint: clean'
exit $failed
