#!/bin/bash
# Writes the command's manual pages and its bash completion: tools/gen_man.sh BINARY FOLDER
# All of them come from the verb table inside the binary.
set -eu
binary=$1 folder=$2
rm -rf "$folder/man1"
mkdir -p "$folder/man1"
"$binary" --man >"$folder/man1/ganatomy.1"
"$binary" --verbs | while read -r verb; do
    # A verb of two words is two arguments.
    # shellcheck disable=SC2086
    "$binary" --man $verb >"$folder/man1/ganatomy-${verb// /-}.1"
done
"$binary" --completion bash >"$folder/completion.bash"
