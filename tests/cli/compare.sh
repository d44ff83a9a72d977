#!/bin/bash
# Dissections side by side by its command: what it says is what the dissections say, and what cannot be
# compared is refused or told.
set -eu
export OMP_NUM_THREADS=1 OMP_WAIT_POLICY=passive
source "$SOURCE/tests/cli/said.sh"
dissect() { # FOLDER MODEL LAYERS MORE...
    ganatomy dissect "$SOURCE/models/$2.safetensors" --layers "$3" --segmenter colors --size 40 --examples 2 \
        --bootstrap 100 --quiet -o "$1" "${@:4}" 2>said.err
}
dissect gan mnist-gan layer1,layer2 --random-twin
dissect told mnist-cgan layer0,layer1
dissect vae mnist-vae layer0,layer1

# ---- each kind of network that makes pictures, and the table is that of the dissections
ganatomy compare dissections gan told vae -o all >said.out
grep -qE '^  gan +layer2 +14x14 +[0-9]+ of 64 ' said.out
grep -q '^next: open all/compare.html' said.out
# labels that are told are the first ones of units above chance, and all of these
sed -n '/^IoU of the best unit, for each label that is the first one of a unit above chance:$/,/^next/p' said.out |
    awk 'NR > 2 && /^  / { print $1 }' | sort >got
jq -r '.layers[] | select(.layer | endswith("random") | not) | .units[] | select(.above_chance) | .iou_label' \
    {gan,told,vae}/dissect.json | sort -u >want
test -s want
cmp got want
for file in compare.html compare.json layers.csv labels.csv; do test -s all/$file; done
for one in gan told vae; do
    jq --arg one $one '[.dissections[] | select(.name == $one) | .layers[] | [.layer, .units, .above_chance, .concepts]]' \
        all/compare.json >got
    jq '[.layers[] | select(.layer | endswith("random") | not) | .layer as $n | .summary |
        [$n, .units, .above_chance, .concepts]]' $one/dissect.json >want
    cmp got want
done
jq -e '.dissections[0].layers[1].random_weights.units == 64 and .dissections[0].layers[1].away_from_pictures == 1' \
    all/compare.json >said.out
# the best unit of a label is the first of its ranking
jq -e --slurpfile d gan/dissect.json '[.labels[] | .label as $l | .best[] | select(.dissection == "gan" and .exact) |
    .layer as $k | .unit as $u | .iou as $iou | $d[0].layers[] | select(.layer == $k) | .rankings[] |
    select(.name == $l + "-iou") | (((.score | min) + $iou | fabs) < 1e-8 and .score[$u] == (.score | min))] |
    length > 0 and all' all/compare.json >said.out
test "$(wc -l <all/layers.csv)" = 9 # a heading, six layers, two twins
# the same again
ganatomy compare dissections gan told vae -o again --quiet
cmp all/compare.html again/compare.html
cmp all/compare.json again/compare.json

# ---- signs in the table of labels are explained where there are some: here none, there both
signs() { # what is said: which signs stand in the table, and which are explained
    sed -n '/^IoU of the best unit/,/^next/p' said.out | grep '^  ' | grep -oE ' (>=|-)( |$)' | tr -d ' ' | sort -u >signs.there
    sed -n 's/^\(>=\|-\): .*/\1/p' said.out | sort >signs.told
    cmp signs.there signs.told && wc -l <signs.there
}
ganatomy compare dissections gan told vae -o all >said.out
test "$(signs)" = 0
dissect by-strokes/gan mnist-gan layer1 --segmenter digits+strokes
dissect by-strokes/vae mnist-vae layer1 --segmenter digits+strokes
ganatomy compare dissections by-strokes/* -o strokes >said.out
test "$(signs)" = 2

# ---- one alone; two of one name; what differs is told
ganatomy compare dissections gan -o one --quiet
mkdir other
dissect other/gan mnist-gan layer2 --side 14 --seed 7
ganatomy compare dissections gan other/gan/ -o two >said.out 2>said.err
grep -q "sides of label maps differ: gan 28 pixels, other/gan/ 14 pixels" said.err
grep -q "seeds of the images differ: gan 1, other/gan/ 7" said.err

# ---- refused
dissect rule mnist-gan layer2 --preset 2020
fails 2 "'gan' is by preset 2018-iqr, 'rule' by 2020" ganatomy compare dissections gan rule -o x
fails 2 "are the same dissection" ganatomy compare dissections gan gan -o x
fails 2 "'nothing' is no folder" ganatomy compare dissections gan nothing -o x
mkdir empty
fails 2 "has no dissect.json" ganatomy compare dissections empty -o x
head -c 1000 gan/dissect.json >empty/dissect.json
fails 3 "empty/dissect.json: line" ganatomy compare dissections empty -o x
sed 's/"above_chance": true/"above_chance": false/' gan/dissect.json >empty/dissect.json
fails 3 "but its summary says" ganatomy compare dissections empty -o x
test ! -e x
mkdir readonly
chmod a-w readonly
if [[ ! -w readonly ]]; then
    fails 3 "readonly" ganatomy compare dissections gan -o readonly
fi
