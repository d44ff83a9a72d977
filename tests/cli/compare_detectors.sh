#!/bin/bash
# Detectors by their command: numbers that agree with each other, the same for any threads and memory, and
# what cannot be asked.
set -eu
export OMP_NUM_THREADS=1 OMP_WAIT_POLICY=passive
source "$SOURCE/tests/cli/said.sh"
segmenter=$SOURCE/models/scenes-segmenter.safetensors
export GANATOMY_MODELS=$SOURCE/models
small="--images 32 --train 16 --test 16 --bootstrap 100"

# ---- a network that reads scenes: their own maps are the truth, and a segmenter takes part
ganatomy compare detectors "$segmenter" --layers down3.2,up1.2 $small --labels tree,sky -o one >said.out
grep -q "^truth: the label maps of scenes; 16 training and 16 test images" said.out
grep -qE "^sky: [0-9]+ of 65536 pixels, in [0-9]+ of 16 test images" said.out
grep -qE "^ +segmenter +scenes-segmenter " said.out
grep -qE "^segmenter: [0-9.]+ ms an image" said.out
grep -qE "^segmenter, which takes part: " said.out
grep -qE "^  label +best unit +union +probe +segmenter" said.out
for file in detectors.html detectors.json detectors.csv; do test -s one/$file; done
test "$(wc -l <one/detectors.csv)" = 15 # a heading; two labels of two layers with three, and a segmenter
jq -e '.ganatomy.form == "comparison of detectors"' one/detectors.json >said.out
# IoU is that of its pixels and lies in its interval; a union is never worse in training; the probe has converged
jq -e '[.labels[] | .test_pixels as $t | .layers[] | (.["best unit"], .union, .probe, .segmenter) |
    .true == $t and (.both / (.said + .true - .both) - .iou | fabs) < 1e-8 and
    .iou_interval[0] <= .iou and .iou <= .iou_interval[1] and
    (.average_precision - .ap_by_steps | fabs) < 0.02] | length == 16 and all' one/detectors.json >said.out
jq -e '[.labels[].layers[] | .union.train_iou >= .["best unit"].train_iou and .regression.gradient <= 1e-9 and
    .regression.pixels == 16 * 128] | all' \
    one/detectors.json >said.out
jq -e '[.labels[].layers[] | .segmenter.iou > .["best unit"].iou and .segmenter.iou > 0.7] | all' one/detectors.json >said.out

# ---- the same numbers with other threads, and a pair at a time
without_times() { sed '/seconds_an_image/d' "$1"; }
ganatomy compare detectors "$segmenter" --layers down3.2,up1.2 $small --labels tree,sky -o two --threads 2 --quiet \
    --memory 80M
cmp one/detectors.csv two/detectors.csv
cmp <(without_times one/detectors.json) <(without_times two/detectors.json)

# ---- a generator: a segmenter says what is true, and takes no part
ganatomy compare detectors "$SOURCE/models/mnist-gan.safetensors" --layers layer2 --segmenter colors --labels black,white --train 24 \
    --test 24 --bootstrap 0 -o gan >said.out
grep -q "^truth: what segmenter colors says" said.out
! grep -q "segmenter:" said.out
jq -e '[.labels[].layers[] | has("segmenter") or (.["best unit"] | has("iou_interval"))] | any | not' \
    gan/detectors.json >said.out

# ---- the shipped generator of scenes, as docs/compare.md has it but for the sizes: who says what is true is told,
# with what it takes and without a time that nobody took; in short, at the layers that were best in training
ganatomy compare detectors "$SOURCE/models/scenes-gan.safetensors" --layers layer6,layer8 --labels tree,sky --train 16 --test 16 \
    --bootstrap 100 -o made >said.out
grep -q "^truth: what segmenter scenes-segmenter says; 16 training and 16 test images that scenes-gan.safetensors makes" said.out
grep -qE "^segmenter, which says what is true: [0-9.]+ MiB and [0-9.]+ million multiply-adds for one image" said.out
grep -qE "^  sky +layer[68] 0\.[0-9]{3} \(.*\) +layer[68] 0\.[0-9]{3} \(.*\) +layer[68] 0\." said.out
! grep -q "[^0-9]0.000 ms" made/detectors.html
grep -q "The segmenter, which says what is true: " made/detectors.html
jq -e '[.labels[] | . as $l | ["best unit", "union", "probe"][] as $who | $l.best_layer[$who] ==
    ($l.layers | max_by(.[$who].train_iou)).layer] | length == 6 and all' made/detectors.json >said.out

# ---- refused
fails 2 "tree" ganatomy compare detectors "$segmenter" --layers up1.2 $small --labels tre -o x
fails 2 "label 'sky' is named twice" ganatomy compare detectors "$segmenter" --layers up1.2 $small --labels sky,sky -o x
fails 2 "400 training and test images: 'scenes' has 32 pictures" \
    ganatomy compare detectors "$segmenter" --layers up1.2 --images 32 --labels sky -o x
fails 2 "segmenter 'colors'" ganatomy compare detectors "$segmenter" --layers up1.2 $small --labels sky \
    --segmenter colors -o x
fails 2 "makes its pictures itself" ganatomy compare detectors "$SOURCE/models/mnist-gan.safetensors" \
    --layers layer2 --labels black --data scenes -o x
fails 2 "nothing says what is in the pictures" ganatomy compare detectors "$SOURCE/models/mnist-gan.safetensors" \
    --layers layer2 --labels black --segmenter none -o x
fails 2 "layers is missing: to begin with, '.*' has down3.2 .*, up1.2 " ganatomy compare detectors "$segmenter" $small --labels sky -o x
fails 2 "has no layer 'up1.3' .*: to begin with, it has .*, up1.2 .*, without the finest" ganatomy compare detectors "$segmenter" --layers up1.3 $small --labels sky -o x
fails 4 "needs .*, and the limit is" ganatomy compare detectors "$segmenter" --layers up1.2 $small \
    --labels sky --memory 8M -o x
test ! -e x/detectors.json
