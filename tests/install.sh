#!/bin/bash
# What `make install` puts down can be used: tests/install.sh BUILD CC
# The command answers, the pages are there and clean, a program that knows nothing but pkg-config
# (examples/embed.c) finds headers and library and works.
set -eu
build=$(realpath "$1") compiler=$2
source=$(cd "$(dirname "$0")/.." && pwd)
root=$(mktemp -d)
trap 'rm -rf "$root"' EXIT
DESTDIR=$root cmake --install "$build" --prefix /opt/ganatomy >"$root/log"
prefix=$root/opt/ganatomy

"$prefix/bin/ganatomy" --version
pages=$(find "$prefix/share/man/man1" -name 'ganatomy*.1')
[[ $(echo "$pages" | wc -l) -eq $(("$("$prefix/bin/ganatomy" --verbs | wc -l)" + 1)) ]]
if command -v groff >/dev/null; then
    for page in $pages; do
        warnings=$(groff -man -Tutf8 -ww -z "$page" 2>&1)
        [[ -z $warnings ]] || { echo "$page: $warnings"; exit 1; }
    done
fi
bash -n "$prefix/share/bash-completion/completions/ganatomy"

export PKG_CONFIG_PATH PKG_CONFIG_SYSROOT_DIR=$root
PKG_CONFIG_PATH=$(dirname "$(find "$prefix" -name ganatomy.pc)")
LD_LIBRARY_PATH=$(dirname "$(find "$prefix" -name libganatomy.so.0)")
export LD_LIBRARY_PATH PATH="$prefix/bin:$PATH" GANATOMY_HOME=$root/home
cd "$root"
# shellcheck disable=SC2046
"$compiler" -std=c17 -Wall -Wextra -Werror "$source/examples/embed.c" -o embed \
    $(pkg-config --define-variable=prefix=/opt/ganatomy --cflags --libs ganatomy)

model=$prefix/share/ganatomy/models/mnist-gan.safetensors
[[ -f $model ]] || { echo 'no model to run the examples with'; exit 77; }
./embed "$model" layer1 44
[[ -s embed.png ]]
ganatomy generate "$model" --ids 0-9 --npy digits.npy -o digits.png
ganatomy swap "$model" --layer layer1 --source id:3 --donor id:8 --search most --count 5 --json \
    -o swap.png >swap.json
[[ $(jq '.units | length' swap.json) -eq 5 ]]
