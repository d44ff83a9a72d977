#!/bin/bash
# What a dissection cannot be made of or written to: a sentence, an exit code, and nothing half-written.
set -eu
export OMP_NUM_THREADS=1 OMP_WAIT_POLICY=passive
source "$SOURCE/tests/cli/said.sh"
gan=$SOURCE/models/mnist-gan.safetensors
unet=$SOURCE/models/scenes-segmenter.safetensors
small="--layers layer2 --segmenter colors --size 20 --examples 2 --bootstrap 0"

# ---- label maps of another size: larger than the pictures, and smaller than a layer
fails 2 "label maps of 60 pixels a side: pictures have 28x28" ganatomy dissect "$gan" $small --side 60 -o none
fails 2 "layer 'layer2' has maps of 14x14, and label maps of 9 pixels a side are smaller than that: at least 14 are" \
    ganatomy dissect "$gan" $small --side 9 -o none
# pictures of another size than the network reads are resized, their label maps too
ganatomy dissect "$unet" --layers up2.2 --data scenes --images 24 --pixels 32 --segmenter own --size 16 --examples 1 \
    --shuffles 2 --bootstrap 0 -o resized >said.out 2>said.err
jq -e '.layers[0].shape == [48, 16, 16] and .layers[0].summary.best_iou > 0.3' resized/dissect.json >said.out
# and label maps may be as large as those of the data are, whatever the network reads
ganatomy dissect "$unet" --layers up2.2 --data scenes --images 24 --pixels 128 --segmenter colors --side 128 --size 16 --examples 1 \
    --shuffles 2 --bootstrap 0 -o larger --quiet
jq -e '.settings.side == 128' larger/dissect.json >said.out

# ---- a segmenter whose label file does not fit its network
# (one label less in its notes, and as many bytes)
LC_ALL=C sed 's/\[\\\\\\"sky\\\\\\",\\\\\\"object\\\\\\"\],/                             /' "$unet" >unfit.safetensors
cmp -s "$unet" unfit.safetensors && exit 1
fails 3 "makes 43 logits a pixel, and its vocabulary of 38 labels in 4 categories needs 42" \
    ganatomy dissect "$gan" --layers layer2 --segmenter unfit.safetensors --size 20 -o none

# ---- pictures of other channels than the network reads, and options about data for what makes pictures itself
cnn=$SOURCE/models/mnist-cnn.safetensors
for own in colors own; do
    fails 2 "reads pictures of 1 channel, and those of 'scenes' have 3: name other data" \
        ganatomy dissect "$cnn" --layers layer2 --data scenes --images 24 --segmenter $own --size 16 -o none
done
fails 2 "reads pictures of 1 channel, and those of 'scenes' have 3" \
    ganatomy compare detectors "$cnn" --layers layer2 --data scenes --images 40 --labels tree --train 16 --test 16 -o none
for option in "--images 60" "--classes 3" "--pixels 14" "--split train" "--data scenes"; do
    fails 2 "makes its pictures itself: ${option% *} has no place here" ganatomy dissect "$gan" $small $option -o none
done
# labels that a network gives to itself
ganatomy dissect "$unet" --layers up2.2 --data scenes --images 24 --segmenter "$unet" --size 16 --examples 1 --shuffles 2 \
    --bootstrap 0 -o itself >said.out 2>said.err
grep -q "^note: the labels are this network's own answers" said.err

# ---- more images than the data have, and a single one
fails 2 "size 60: 'scenes' has 40 pictures here, so at most --size 40" \
    ganatomy dissect "$unet" --layers up2.2 --data scenes --images 40 --segmenter own --size 60 -o none
ganatomy dissect "$gan" $small --size 1 -o one >said.out 2>said.err
grep -q '^note: 1 image is few' said.err
grep -qE '^  layer2 .* -$' said.out
grep -q 'chance level' said.out && exit 1
jq -e '.layers[0] | .summary.chance_iou == -1 and all(.units[].labels[]; has("chance") | not)' one/dissect.json >said.json

# ---- layers of one number a unit
ganatomy dissect "$gan" --layers layer0.fc:fc --segmenter colors --size 16 --examples 1 --shuffles 0 --bootstrap 0 -o fc --quiet
jq -e '.layers[0].shape[1:] == [1, 1]' fc/dissect.json >said.json

# ---- too little memory: all that is needed in one sentence, and what it says will do does
least() { sed -n 's/.* and \([0-9]*\)M is the least to begin with.*/\1/p' said.err; }
enough() { sed -n 's/.*--memory \([0-9]*\)M will do whichever .*/\1/p' said.err; }
peak() { # COMMAND...: it succeeds; most KiB that it was seen to have in memory, files that are mapped aside
    local peak=0 found
    "$@" >said.out 2>said.err &
    while kill -0 $! 2>said.kill; do
        found=$(sed -n 's/^RssAnon:[^0-9]*\([0-9]*\) kB/\1/p' /proc/$!/status 2>said.kill) || true
        test "${found:-0}" -le $peak || peak=$found
        sleep 0.02
    done
    wait $!
    echo "$peak"
}
fits() { # OPTIONS...: with the least and with enough
    fails 4 "dissecting '.*mnist-gan.*' takes .* MiB .*, and the limit is 2.0 MiB" ganatomy dissect "$gan" "$@" --memory 2M -o none
    one=$(least) all=$(enough)
    test "$all" -ge "$one"
    rm -rf fits
    fails 4 "--memory ${all}M will do whichever of the [0-9]+ labels occur, and ${one}M is the least" ganatomy dissect "$gan" "$@" --memory $((one - 1))M -o fits
    test ! -e fits
    had=$(peak ganatomy dissect "$gan" "$@" --memory "${all}M" -o fits --quiet)
    # (the sanitizers take some for themselves)
    grep -qa __asan_init "$(command -v ganatomy)" || test "$had" -le $((all * 1024)) || { echo "$had KiB, of $all MiB: $*"; exit 1; }
}
fits $small
alone=$one
fits $small --random-twin # the twin's plan counts, too
test "$one" -ge "$alone"
fits $small --segmenter scenes-segmenter # and what a segmenter runs
test "$one" -gt "$alone"
fits $small --size 800 --bootstrap 100 # and images take no more, however many
cp -r fits little
rm -rf fits
ganatomy dissect "$gan" $small --size 800 --bootstrap 100 -o fits --quiet
diff -r little fits

# ---- what is wrong without a picture is told before data are looked for, and those are told last
early() { # CODE PATTERN OPTIONS...: of a network whose data are nowhere
    local code=$1 pattern=$2
    shift 2
    fails "$code" "$pattern" ganatomy dissect "$unet" --data nowhere "$@"
    grep -q nowhere said.err && { echo "data first: $*"; exit 1; }
    return 0
}
good="--layers up1.2 --segmenter colors"
early 2 "--layers is missing"
early 2 "'up9'" --layers up9
early 2 "what the network reads" --layers image
early 2 "'up1.2' is named twice" --layers up1.2,up1.2:b
early 2 "no segmenter 'colours' .did you mean 'colors'" --layers up1.2 --segmenter colours
early 2 "found 'batch', expected one of running, image" $good --bn batch
early 2 "different seeds" $good --rule-seed 1
early 2 "7 rounds of resampling" $good --bootstrap 7
early 2 "'--shard': found '3/2'" $good --shard 3/2
early 4 "dissecting .* takes .* --memory [0-9]+M will do .*; the data come on top" $good --memory 1M
echo "a file" >file
early 2 "'file' is a file, and no folder" $good -o file
early 2 "'file' is a file, and no folder" $good -o file/below/it
early 2 "fits/dissect.json is another dissection \(MODEL .*mnist-gan.* there, .* here; --layers layer2 there, up1.2 here; .*; and 2 more\): .* --force" $good -o fits
fails 2 "nowhere" ganatomy dissect "$unet" --data nowhere $good -o none
fails 2 "nowhere" ganatomy dissect "$unet" --data nowhere $good -o fits --force

# ---- a full disk, wherever it fills: of what was there, nothing is touched (what was seen so far may stay, whole, to be
# taken up)
test ! -e none
ganatomy dissect "$gan" $small -o full --quiet
cp -r full before
for blocks in 1 40; do
    fails 3 "^ganatomy: writing 'full/.*': File too large" \
        bash -c "ulimit -f $blocks; ganatomy dissect '$gan' $small --examples 3 -o full --force"
    diff -r -x state.safetensors full before
    rm -rf empty
    fails 3 "File too large" bash -c "ulimit -f $blocks; ganatomy dissect '$gan' $small --examples 3 -o empty"
    test -z "$(ls -I state.safetensors empty)"
    ganatomy dissect "$gan" $small --examples 3 -o empty --quiet
    test "$(ls empty | wc -l)" = 4
done
fails 3 "File too large" bash -c "ulimit -f 1; ganatomy dissect import '$SOURCE/fuzz/corpus/import/good.json' -o full --force"
diff -r -x state.safetensors full before

# ---- what cannot be written when all images are looked at: they are not looked at again
for file in dissect.html units.csv counts.npz dissect.json; do
    rm -rf blocked
    mkdir -p "blocked/$file.new/x"
    fails 3 "blocked/$file.new" ganatomy dissect "$gan" $small -o blocked
    grep -q '^note: all images are looked at, and what was seen is kept in blocked' said.err
    test "$(ls blocked)" = "$(printf '%s\n' "$file.new" state.safetensors | sort)"
    rm -r "blocked/$file.new"
    ganatomy dissect "$gan" $small -o blocked --quiet
    diff -r blocked before
done
# (room for the state, 133 KB, and not for the page)
fails 3 "writing 'late/dissect.html" bash -c "ulimit -f 145; ganatomy dissect '$gan' $small -o late"
test "$(ls late)" = state.safetensors
ganatomy dissect "$gan" $small -o late --quiet
diff -r late before
