#!/bin/bash
# Dissection by its command: what it leaves, that the same inputs give the same bytes, and what it refuses.
set -eu
export OMP_NUM_THREADS=1 OMP_WAIT_POLICY=passive
source "$SOURCE/tests/cli/said.sh"
gan=$SOURCE/models/mnist-gan.safetensors
small="--layers layer1,layer2:late --segmenter colors --size 40 --examples 4 --bootstrap 100"

# ---- what it leaves
ganatomy dissect "$gan" $small -o one >said.out
cp said.out said.first
grep -qE '^  late +64 ' said.out
grep -q '^next: open one/dissect.html' said.out
# two things about chance: that of all labels in the table, that of one label in the list
head -n 1 said.out | grep -q '40 images of seed 1, rule 2018-iqr, labels by colors'
grep -q '^chance level of a label: .*; mean chance: ' said.out
grep -q '^above chance: interpretable, .*; concepts: ' said.out
head -n 2 said.out | tail -n 1 | grep -q 'mean chance$'
grep -qE '^  (white|black) .* chance level 0\.[0-9]+( |$)' said.out
grep -q 'by chance' said.out && exit 1
for file in dissect.html dissect.json units.csv counts.npz; do test -s one/$file; done
test "$(ls one | wc -l)" = 4
jq -e '.layers | length == 2 and (.[0].units | length) == 128 and .[1].layer == "late"' one/dissect.json >said.out
jq -e '.iou_threshold == 0.05 and .quantile_threshold == "iqr" and .layers[0].iou_threshold == [0.05]' \
    one/dissect.json >said.out
# every unit has what the published readers ask for
jq -e 'all(.layers[].units[]; has("unit") and has("interp") and has("level") and (.top | length) == 4 and
    (.top[0].maxact >= .top[1].maxact) and has("iou") and has("iou_label") and has("lc") and has("cc") and has("ic"))' \
    one/dissect.json >said.out
jq -e 'all(.layers[]; .rankings[0].name == "unit" and .rankings[1].name == "label" and
    all(.rankings[]; (.score | length) > 0))' one/dissect.json >said.out
# IoU is that of its counts
jq -e 'all(.layers[].units[]; . as $u | .labels[0] |
    (.pixels[0] / (.pixels[0] + .pixels[1] + .pixels[2])) as $iou | ($iou - .iou) | fabs < 1e-6)' \
    one/dissect.json >said.out
test "$(head -n 1 one/units.csv | cut -d, -f1-5)" = "layer,unit,rank,label,category"

# ---- the same inputs: found, and with other threads and memory the same bytes
ganatomy dissect "$gan" $small -o one >said.out
test "$(head -n 1 said.out)" = "one is this very dissection already"
tail -n +2 said.out | diff said.first -
ganatomy dissect "$gan" $small -o two --threads 2 --memory 64M --cache 1M --quiet
cmp one/dissect.json two/dissect.json
cmp one/units.csv two/units.csv
cmp one/dissect.html two/dissect.html
fails 2 "one/dissect.json is another dissection \(--seed 1 there, 5 here\): .* --force" ganatomy dissect "$gan" $small --seed 5 -o one
# what is known with pictures only, and what is asked for by its presence
fails 2 "another dissection \(--side 28 there, 20 here\): " ganatomy dissect "$gan" $small --side 20 -o one
fails 2 "another dissection \(--covariance here, not there\): " ganatomy dissect "$gan" $small --covariance -o one
cmp one/dissect.json two/dissect.json
ganatomy dissect "$gan" $small --seed 5 -o one --force --quiet
cmp -s one/dissect.json two/dissect.json && exit 1

# ---- what is found again is told again: table, best units, and the result of --json
for more in "--covariance" "--random-twin" "--shuffles 0 --bootstrap 0" "--preset 2020 --size 1"; do
    rm -rf again
    ganatomy dissect "$gan" $small $more -o again >said.first 2>said.err
    ganatomy dissect "$gan" $small $more -o again | tail -n +2 | diff said.first -
    rm -rf again
    ganatomy dissect "$gan" $small $more -o again --json >said.first 2>said.err
    jq -e '(.layers | length) >= 2 and .layers[1].layer == "late" and (.key | length) == 64' said.first >said.json
    ganatomy dissect "$gan" $small $more -o again --json | diff said.first -
done
jq -e '.layers[0].mean_chance == null' said.first >said.json

# ---- correlations, only where they are asked for, beside the same counts
grep -q 'correlation' one/dissect.json two/dissect.json && exit 1
ganatomy dissect "$gan" $small --covariance -o correlated >said.out
grep -qE '^  (white|black) .*, correlation -?0\.[0-9]+' said.out
jq -e 'all(.layers[].units[]; has("cor_label") and .cor >= 0 and .cor <= 1 and all(.labels[]; .cor <= 1)) and
    ([.layers[0].rankings[].name] | index("max cor") == 4 and index("white-cor") > 5)' correlated/dissect.json >said.json
jq -S 'del(.settings, .ganatomy, .layers[].rankings, .layers[].units[].labels[].cor)
    | del(.layers[].units[] | .cor, .cor_label, .cor_cat)' correlated/dissect.json >said.json
jq -S 'del(.settings, .ganatomy, .layers[].rankings)' two/dissect.json | diff said.json -
# units.csv has three columns more, behind the same ones, with the numbers of the JSON
head -n 1 correlated/units.csv | grep -q ',above_chance,cor,max_cor,max_cor_label$'
cut -d, -f1-17 correlated/units.csv | cmp - two/units.csv
jq -r '.layers[] | .layer as $l | .units[] | .unit as $u | .cor as $most | .cor_label as $of | .labels | to_entries[] |
    [$l, $u, .key + 1, .value.cor, $most, $of] | @csv' correlated/dissect.json >said.json
tail -n +2 correlated/units.csv | cut -d, -f1-3,18-20 | paste -d, - said.json | awk -F, '
    function apart(a, b) { return a - b > 1e-8 || b - a > 1e-8 }
    $1 != $7 || $2 != $8 || $3 != $9 || apart($4, $10) || apart($5, $11) || $6 != ($12 == "\"-\"" ? "" : $12) { print; bad = 1 }
    $4 < $5 { less++ }
    END { exit bad || less == 0 }'
grep -qa 'late.covariance.npy' correlated/counts.npz
grep -qa 'covariance' two/counts.npz && exit 1
fails 2 "another dissection \(--covariance there, not here\): " ganatomy dissect "$gan" $small -o correlated
rm -rf correlated

ganatomy dissect "$gan" $small -o two --json | jq -e '.labels.white | .unit >= 0 and .iou > 0.1 and .interval[0] < .iou' >said.json

# ---- stopped and taken up
for wait in 0.3 0.6; do
    rm -rf cut
    timeout --signal=INT $wait ganatomy dissect "$gan" $small --size 400 -o cut >said.out 2>said.err || true
    ganatomy dissect "$gan" $small --size 400 -o cut --quiet
    test ! -e cut/state.safetensors
    [[ -d whole ]] || ganatomy dissect "$gan" $small --size 400 -o whole --quiet
    cmp cut/dissect.json whole/dissect.json
done

# ---- another one that was stopped is not written over
for wait in 0.3 1 3 10 30; do
    timeout --signal=INT $wait ganatomy dissect "$gan" $small --size 40000 -o begun >said.out 2>said.err || true
    [[ ! -e begun/state.safetensors ]] || break
done
cp begun/state.safetensors begun.saved
fails 2 "begun/state.safetensors is where another dissection was interrupted: .* --force" \
    ganatomy dissect "$gan" $small -o begun
cmp begun/state.safetensors begun.saved
echo "of no use" >begun/state.safetensors
fails 2 "begun/state.safetensors is none that can be read: .* --force" ganatomy dissect "$gan" $small -o begun
ganatomy dissect "$gan" $small -o begun --force --quiet
test "$(ls begun | wc -l)" = 4
cmp begun/dissect.json two/dissect.json

# ---- a network that reads pictures, against the label maps of the data
unet=$SOURCE/models/scenes-segmenter.safetensors
ganatomy dissect "$unet" --layers up1.2 --data scenes --images 120 --segmenter own --size 60 --examples 3 \
    --shuffles 2 --bootstrap 100 -o own >said.out 2>said.err
jq -e '.settings.segmenter == "own" and .settings.segmenter_sha256 == "" and .settings.data.name == "scenes" and
    (.layers[0].shape == [24, 32, 32])' own/dissect.json >said.json
# it was trained to know them: most of its units stand for something, and one of them finds what is green on trees
jq -e '.layers[0].summary | .above_chance >= 12 and .concepts >= 8 and .best_iou > 0.5' own/dissect.json >said.json
jq -e '[.layers[0].units[].labels[].cat] | unique | contains(["material", "object", "part"])' own/dissect.json >said.json
fails 2 "segmenter own is for data with label maps, and '.*mnist-gan.safetensors' makes its pictures itself" \
    ganatomy dissect "$gan" --layers layer1 --segmenter own -o x

# ---- no layers: which ones would do
of_gan="layer1 \(128 units, maps of 7x7\), layer2 \(64 units, maps of 14x14\): the last layer of each size of map \("
fails 2 "layers is missing: to begin with, '.*' has $of_gan" ganatomy dissect "$gan" --segmenter colors -o x
of_unet="down3.2 \(96 units, maps of 8x8\), up2.2 \(48 units, maps of 16x16\), up1.2 \(24 units, maps of 32x32\): the last"
fails 2 "has $of_unet layer of each size of map, without the finest \(" ganatomy dissect "$unet" -o x
fails 2 "layer8 \(.*\): the last .*, without the finest and the coarsest \(" ganatomy dissect "$SOURCE/models/scenes-gan.safetensors" -o x
# the same beside the nearest name, where one is misspelled
fails 2 "'.*mnist-gan.*' has no layer 'layr2' \(did you mean 'layer2'\?\): to begin with, it has $of_gan" \
    ganatomy dissect "$gan" --layers layer1,layr2 --segmenter colors -o x

# ---- presets, and random weights beside
ganatomy dissect "$gan" $small --preset 2018-fixed -o fixed --quiet
jq -e '.quantile_threshold == 0.005' fixed/dissect.json >said.out
ganatomy dissect "$gan" $small --preset 2020 --random-twin -o twin --quiet
jq -e '.layers | map(.layer) == ["layer1", "late", "layer1 random", "late random"]' twin/dissect.json >said.out

# ---- refused
fails 2 "layer1" ganatomy dissect "$gan" --layers layer_1 --segmenter colors -o x
fails 2 "what the network reads" ganatomy dissect "$gan" --layers z --segmenter colors -o x
fails 2 "makes its pictures itself" ganatomy dissect "$gan" $small --data mnist -o x
fails 2 "a segmenter is needed" ganatomy dissect "$gan" --layers layer1 --segmenter "$SOURCE/models/lenet5.safetensors" -o x
fails 2 "different seeds" ganatomy dissect "$gan" $small --rule-seed 1 -o x
ganatomy dissect "$gan" --layers "layer1, layer2" --segmenter colors --size 3 --examples 2 --bootstrap 0 -o few >said.out 2>said.err
grep -q "3 images are few" said.err
fails 2 "letters, digits" ganatomy dissect "$gan" --layers layer1:a/b --segmenter colors -o x
test ! -e x/dissect.json
mkdir readonly
chmod a-w readonly
if [[ ! -w readonly ]]; then
    fails 3 "readonly" ganatomy dissect "$gan" $small -o readonly
fi
