#!/bin/bash
# What compilers and checkers say beyond the build: tools/lint.sh [--all | FILE.c...]
#   - clang's warnings on every file (syntax only)
#   - clang-tidy on the C files that changed since $BASE (default: where this branch left
#     origin/main, else the commit before); --all: on every C file that is built; FILE...: on these
#   - shellcheck on scripts
# clang-tidy takes a second or two a file, on $JOBS cores (default: all). Needs
# build/dev/compile_commands.json (make check makes it).
set -u -o pipefail
cd "$(dirname "$0")/.." || exit 1
tools/setup.sh lint || exit 1
failed=0
jobs=${JOBS:-$(nproc)}
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
xargs -P "$jobs" -d '\n' -n 1 bash -c <build/lint/clang.txt || complain 'clang has warnings'

# The files that clang-tidy looks at, one a line.
chosen() {
    local from
    if [[ ${1:-} == --all ]]; then
        git ls-files '*.c'
    elif [[ $# -gt 0 ]]; then
        printf '%s\n' "$@"
    else
        from=$(base)
        [[ -z $from ]] || git diff --name-only --diff-filter=d "$from" -- '*.c'
    fi
}

files=$(chosen "$@" | while read -r file; do
    if grep -q "/$file\"" "$commands"; then
        echo "$file"
    elif [[ $# -gt 0 && $1 != --all ]]; then
        echo "lint: '$file' is no C file that build/dev builds (give paths from the top, or --all)" >&2
        exit 1
    fi
done) || failed=1
if [[ -n $files ]]; then
    echo "lint: clang-tidy on $(echo "$files" | wc -l) files"
    echo "$files" | xargs -P "$jobs" -n 4 clang-tidy --quiet -p build/dev --extra-arg=-Wno-unknown-warning-option 2>/dev/null ||
        complain 'clang-tidy has remarks'
fi

git ls-files '*.sh' .ci/run | xargs shellcheck -S warning -e SC2046 || complain 'shellcheck has remarks'
[[ $failed -eq 0 ]] && echo 'lint: clean'
exit $failed
