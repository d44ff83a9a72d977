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

# ---- a segmenter whose label file does not fit its network
# (one label less in its notes, and as many bytes)
LC_ALL=C sed 's/\[\\\\\\"sky\\\\\\",\\\\\\"object\\\\\\"\],/                             /' "$unet" >unfit.safetensors
cmp -s "$unet" unfit.safetensors && exit 1
fails 3 "makes 43 logits a pixel, and its vocabulary of 38 labels in 4 categories needs 42" \
    ganatomy dissect "$gan" --layers layer2 --segmenter unfit.safetensors --size 20 -o none

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

# ---- too little memory: how much is needed
fails 4 "needs 7.4 MiB .* the limit is 2.0 MiB" ganatomy dissect "$gan" $small --memory 2M -o none
ganatomy dissect "$gan" $small --memory 8M -o fits --quiet

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
