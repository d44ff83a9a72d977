#!/bin/bash
# What `make install` puts down can be used: tests/install.sh BUILD CC
# The command answers, the pages are there and clean, and a program that knows nothing but
# pkg-config finds headers and library.
set -eu
build=$1 compiler=$2
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

cat >"$root/program.c" <<'END'
#include <ganatomy/ganatomy.h>
#include <stdio.h>
int main(void)
{
    return puts(ga_version()) < 0;
}
END
export PKG_CONFIG_PATH PKG_CONFIG_SYSROOT_DIR=$root
PKG_CONFIG_PATH=$(dirname "$(find "$prefix" -name ganatomy.pc)")
# shellcheck disable=SC2046
"$compiler" "$root/program.c" -o "$root/program" $(pkg-config --cflags --libs ganatomy)
library=$(dirname "$(find "$prefix" -name libganatomy.so.0)")
version=$(LD_LIBRARY_PATH=$library "$root/program")
[[ $version == "$(pkg-config --modversion ganatomy)" ]]
echo "a program of its own finds version $version"
