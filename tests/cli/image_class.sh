#!/bin/bash
# Generators that are told a class: the classes in turn, or with --label all images of one.
set -eu
export OMP_NUM_THREADS=1 OMP_WAIT_POLICY=passive
source "$SOURCE/tests/cli/said.sh"
cgan=$SOURCE/models/fashion-cgan.safetensors gan=$SOURCE/models/fashion-gan.safetensors
small="--layers layer1 --segmenter classes:fashion-cnn --size 60 --examples 2 --bootstrap 0"

dissect() { # FOLDER OPTIONS...
    ganatomy dissect "$cgan" $small -o "$@" >said.out 2>said.err
}
# Share of the ink that a classifier gives to a class, of what units list, in per cent.
share() { # FOLDER CLASS
    jq --arg c "$2" '[.layers[].units[].labels[] | [."label", .pixels[0] + .pixels[2]]] | unique |
        ((map(select(.[0] == $c) | .[1]) | add) / (map(.[1]) | add) * 100 | floor)' "$1/dissect.json"
}
key() {
    jq -r .ganatomy.key "$1/dissect.json"
}

# ---- nothing is said of classes, and nothing enters the key, unless one is named
dissect turn
says '^.*fashion-cgan.safetensors: 60 images of seed 1, rule 2018-iqr'
jq -e '.settings | has("class") | not' turn/dissect.json >said.json

# ---- a class by name, or the same by number, upper case or not
for class in bag trouser; do
    dissect $class --label $class
    says ": 60 images of class [18], '$class', seed 1, rule 2018-iqr"
    grep -q "60 images of class [18], &#39;$class&#39;, seed 1" $class/dissect.html
    test "$(share $class $class)" -ge 95
    test "$(share turn $class)" -le 30
done
jq -e '.settings.class == 8' bag/dissect.json >said.json
test "$(key bag | wc -c)" = 65
test "$(printf '%s\n' "$(key turn)" "$(key bag)" "$(key trouser)" | sort -u | wc -l)" = 3
dissect bag --label 8
says '^bag is this very dissection already'
dissect bag --label BAG
says '^bag is this very dissection already'
fails 2 'bag/dissect.json is another dissection' ganatomy dissect "$cgan" $small -o bag
fails 2 'bag/dissect.json is another dissection' ganatomy dissect "$cgan" $small --label coat -o bag
fails 2 'turn/dissect.json is another dissection' ganatomy dissect "$cgan" $small --label bag -o turn

# ---- divided
for _ in 1 2 3; do
    for share in 1/2 2/2; do dissect part --label bag --shard $share; done
    ganatomy dissect merge part -o merged >said.out 2>said.err
done
says "60 images of class 8, 'bag', seed 1"
for file in dissect.html dissect.json units.csv counts.npz; do cmp merged/$file bag/$file; done
fails 2 'of another dissection' ganatomy dissect "$cgan" $small --label coat --shard 1/2 -o part

# ---- side by side
ganatomy compare dissections bag trouser turn -o sides >said.out 2>said.err
grep -q 'note: classes of the images differ: bag 8, trouser 1, turn all' said.err
grep -q '60 of its own, class 8, seed 1' sides/compare.html
jq -e '[.dissections[].class] == [8, 1, null]' sides/compare.json >said.json

# ---- areas: samples of one class beside pictures of that class
areas() { # NAME OPTIONS...: NAME.json
    ganatomy areas "$cgan" --segmenter classes:fashion-cnn --n 100 --json "${@:2}" >"$1.json" 2>said.err
}
areas turn
jq -e '(has("class") or has("real_class") | not) and (.labels.bag | .made_pictures <= 20 and .real_pictures <= 20)' turn.json >said.out
areas bag --label bag --floor
jq -e '.class == 8 and .real_class == "bag" and .samples == 100 and .data.pictures == 100' bag.json >said.out
jq -e '.labels.bag | .made_pictures >= 90 and .real_pictures >= 90' bag.json >said.out
jq -e '.floor < 5' bag.json >said.out
test ! -s said.err
ganatomy areas "$cgan" --segmenter colors --n 100 --label 8 --images 200 >said.out 2>said.err
says ": 100 samples of class 8, 'bag', seed 1 beside 20 test pictures of class 'bag' of fashion-mnist, labels by colors"
# other pictures, if they are asked for, or if there is no such class
areas other --label bag --classes coat
grep -q "^note: only classes coat of the pictures; samples are of class 8, 'bag'" said.err
jq -e '.class == 8 and (has("real_class") | not) and (.labels | .bag.made_pictures >= 90 and .coat.real_pictures >= 60)' \
    other.json >said.out
ganatomy areas "$cgan" --segmenter colors --n 20 --label bag --data scenes --images 20 --pixels 28 >said.out 2>said.err
grep -q "^note: pictures of all classes of 'scenes', which has none of that name, stand beside samples of class 8, 'bag'" said.err
says 'samples of class 8, .* beside 20 test pictures of scenes, labels'
fails 2 "none of the 3 test pictures of 'fashion-mnist' is of class 'bag': ask for more --images" \
    ganatomy areas "$cgan" --segmenter colors --label bag --images 3

# ---- what is refused
for verb in "dissect $small -o none" "areas --segmenter colors"; do
    fails 2 "there is no class 'bagg' .did you mean 'bag'.* draws 0 to 9" ganatomy $verb "$cgan" --label bagg
    fails 2 "there is no class '10'" ganatomy $verb "$cgan" --label 10
    fails 2 "there is no class '0-4'" ganatomy $verb "$cgan" --label 0-4
    fails 2 "'$gan' draws no classes: --label means nothing to it" ganatomy $verb "$gan" --label bag
done
fails 2 "fashion-cnn.safetensors' reads pictures: --label is for what makes them; --classes takes data" \
    ganatomy dissect "$SOURCE/models/fashion-cnn.safetensors" $small --label bag -o none
test ! -e none
