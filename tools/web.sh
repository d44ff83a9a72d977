#!/bin/bash
# Makes web/dissect.js from web/dissect. tools/web.sh --check: says whether it is up to date.
set -eu
cd "$(dirname "$0")/.."
tsc --noEmit --strict --noUnusedLocals --noUnusedParameters --target es2020 --lib es2021,dom,dom.iterable \
    --moduleResolution node web/dissect/main.ts
made=$(mktemp)
trap 'rm -f "$made"' EXIT
{
    echo '// Made by `make web` from web/dissect; do not edit.'
    esbuild web/dissect/main.ts --bundle --format=iife --target=es2020 --charset=utf8 --log-level=warning
} >"$made"
if [[ ${1-} == --check ]]; then
    cmp -s "$made" web/dissect.js || { echo 'web/dissect.js is not what web/dissect makes: run `make web`' >&2; exit 1; }
else
    cat "$made" >web/dissect.js
fi
