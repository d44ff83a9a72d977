#!/bin/bash
# Models by name: in the workspace, in folders that are named, beside the program wherever it lies.
set -eu
source "$SOURCE/tests/cli/said.sh"
small=$SOURCE/tests/data/small
program=$(realpath "$(command -v ganatomy)")
finds() { # NAME COMMAND...: it draws a picture with that model
    local name=$1
    shift
    rm -f sheet.png
    "$@" generate "$name" --ids 0 -o sheet.png >/dev/null || { echo "not found by $*"; exit 1; }
    test -s sheet.png
}
import() { # FILE
    ganatomy model import --arch "$small/generator.json" "$small/generator.safetensors" -o "$1" -q
}

# A program that was copied away from everything knows no model but by its path
mkdir -p far/bin
cp "$program" far/bin/ganatomy
far=$PWD/far/bin/ganatomy
fails 2 "^ganatomy: no model 'tinyone': no such file, and none of that name in '.*/home/models'" \
    "$far" generate tinyone
fails 2 "^ganatomy: no model './tinyone': no such file$" "$far" generate ./tinyone
fails 2 "^ganatomy: './far' is a folder, expected a model file$" "$far" generate ./far

# a folder by two names is told once
mkdir models
places() { grep -o "'[^']*models'" said.err; }
GANATOMY_MODELS=models:$PWD/models fails 2 "none of that name in" "$far" generate tinyone
test "$(places | wc -l)" = 2
places | tail -n 1 | grep -qx "'models'"
rmdir models

# ... until they come with it
mkdir -p far/share/ganatomy/models
import far/share/ganatomy/models/tinyone.safetensors
finds tinyone "$far"
test "$("$far" doctor --json | jq -r .models.tinyone)" = "$PWD/far/share/ganatomy/models/tinyone.safetensors"
ln -s "$far" link # by whatever name it is called
finds tinyone ./link
fails 2 "no model 'tinyoen' \(did you mean 'tinyone'\?\)" "$far" generate tinyoen
fails 2 "no model 'tinyone'" ganatomy generate tinyone # beside another program

# A build in a project's folder knows the project's models
mkdir -p project/build/release project/models
cp "$program" project/build/release/ganatomy
import project/models/ours.safetensors
finds ours "$PWD/project/build/release/ganatomy"
mkdir -p project/other/release
cp "$program" project/other/release/ganatomy
fails 2 "no model 'ours'" "$PWD/project/other/release/ganatomy" generate ours

# Folders that the user names, in order; empty parts are no folder
mkdir one two
import two/mine.safetensors
finds mine env GANATOMY_MODELS="$PWD/one::$PWD/two" "$far"
cp "$SOURCE/tests/data/small/classifier.json" one/mine.safetensors # wrong, but first
code=0
GANATOMY_MODELS=one:two "$far" generate mine 2>said.err || code=$?
test $code = 3
grep -q "one/mine.safetensors" said.err

# The workspace comes first, its models before its runs
mkdir -p home/models home/runs/mine
import home/runs/mine/model.safetensors
GANATOMY_MODELS=one finds mine "$far"
import home/models/mine.safetensors
import far/share/ganatomy/models/all.safetensors # found last, listed first
names=$(GANATOMY_MODELS=one:two "$far" doctor --json | jq -c .models)
test "$names" = "{\"all\":\"$PWD/far/share/ganatomy/models/all.safetensors\",\"mine\":\"$PWD/home/models/mine.safetensors\",\"tinyone\":\"$PWD/far/share/ganatomy/models/tinyone.safetensors\"}" ||
    { echo "models: $names"; exit 1; }
"$far" doctor | grep -q "^model         mine: "
