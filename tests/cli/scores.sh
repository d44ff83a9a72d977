#!/bin/bash
# evaluate and classify by their commands, on pictures of 8x8 and networks that are trained here.
set -eu
export OMP_NUM_THREADS=1 OMP_WAIT_POLICY=passive
source "$SOURCE/tests/cli/said.sh"
source "$SOURCE/tests/cli/shapes.sh"
make_shapes shapes
make_networks
small="--data ./shapes --batch 24 --seed 5 --threads 1 --eval-images 60 --quiet"
ganatomy train classifier --arch tiny-c.json $small --epochs 30 --lr 0.02 --shift 0 --out reader
ganatomy train cgan --arch cmlp-gan:width=16,z=4 $small --steps 600 --lr 0.002 --init pytorch --out told
ganatomy train gan --arch tiny.json --discriminator tiny-d.json $small --steps 150 --lr 0.002 --out free

# every score, with who looked, at how many, and which classes were seen
ganatomy evaluate told --features reader --n 240 --floor --scores all --json >all.json
jq -e '.samples == 240 and .pictures == 240 and .data.name == "shapes" and .seed == 1' all.json >said.out
jq -e '.scores | keys == ["balance", "certainty", "copying", "coverage", "density", "frechet",
    "inception", "kernel", "labels", "precision", "present", "recall", "shift", "support"]' all.json >said.out
test "$(jq -r .features.sha256 all.json)" = "$(ganatomy model info reader --json | jq -r .hash)"
test "$(jq -r .model.sha256 all.json)" = "$(ganatomy model info told --json | jq -r .hash)"
jq -e '([.classes[].samples] | add) - 1 | fabs < 1e-9' all.json >said.out
jq -e '.scores.labels | .value >= .interval[0] and .value <= .interval[1] and .value > 0.9' all.json >said.out
# both halves of these data are the same pictures: no distance, every ball is filled
jq -e '.floor.data.pictures == 240 and (.floor.scores | (.frechet.value | fabs) < 1e-9 and
    .precision.value == 1 and .recall.value == 1 and .labels.value == 1)' all.json >said.out
jq -e '.scores.frechet.value > 0.01 and .scores.kernel.sd > 0' all.json >said.out
ganatomy evaluate told --features reader --n 240 --floor --scores all --json --threads 3 | cmp - all.json

# the same as a table
ganatomy evaluate told --features reader --n 240 --floor >said.out
grep -q "^told: 240 samples of seed 1 with running statistics, against 240 test pictures of shapes$" said.out
grep -q "^seen by reader (network $(jq -r '.features.sha256[:12]' all.json)), 16 features$" said.out
grep -qE "^  frechet +[0-9.]+ +[0-9.-]+ +lower   distance of means" said.out
grep -qE "^  labels .*higher  samples that are read as the class asked for$" said.out
grep -q "balls to the neighbour k = 3$" said.out
! grep -q "ANOTHER NUMBER" said.out
! grep -q "^  copying" said.out
ganatomy evaluate told --features reader --n 300 --floor --k 5 >said.out
grep -q "against 240 test pictures of shapes$" said.out
grep -q "balls to the neighbour k = 5$" said.out
grep -q "floor: 240 train pictures in place of the samples, ANOTHER NUMBER than there are samples" said.out

# pictures in place of samples; what is asked for and nothing else
ganatomy evaluate --samples ./shapes --features reader --scores frechet,recall --json >real.json
jq -e '.of.split == "train" and (.scores | keys == ["frechet", "recall"] and (.frechet.value | fabs) < 1e-9)' \
    real.json >said.out
ganatomy evaluate free --features reader --n 100 --scores labels,recall --json >free.json
jq -e '.scores | keys == ["recall"]' free.json >said.out # it is asked for no class
# fewer pictures are drawn, always the same ones, of both classes though the set might be sorted
ganatomy evaluate free --features reader --n 50 --scores shift --json | jq -c .classes >some.json
jq -e 'all(.[]; .pictures > 0.2 and .pictures < 0.8)' some.json >said.out
ganatomy evaluate free --features reader --n 50 --scores shift --json | jq -c .classes | cmp - some.json
ganatomy evaluate free --features reader --n 50 --bn batch --seed 2 --classes 1 --json >one.json
jq -e '.bn == "batch" and .seed == 2 and .classes[1].pictures == 1' one.json >said.out

# a page with pictures
ganatomy evaluate free --features reader --n 240 -o page >said.out
grep -q "^  copying .*1/2 " said.out
test -s page/index.html
test -s page/neighbours.png
grep -q "Half of the samples are at most" page/index.html

# a classifier that learns from samples; of a generator without classes, from what reader reads
ganatomy evaluate told --features reader --n 240 --floor --train-on-fakes tiny-c.json --epochs 100 \
    --json >cas.json
jq -e '.trained_on_samples | .accuracy > 0.9 and .floor == 1 and .pictures == 240 and .epochs == 100' \
    cas.json >said.out
ganatomy evaluate free --features reader --n 240 --train-on-fakes tiny-c.json --scores shift 2>said.err |
    grep -q "^a classifier trained on the 240 samples reads [0-9]* of 240 test pictures of shapes right: "
grep -q "^note: the samples are asked for no class: reader reads which class each is" said.err

# classes that are called otherwise
cp -r shapes animals
printf 'cat\ndog\n' >animals/classes.txt
ganatomy train classifier --arch tiny-c.json ${small/shapes/animals} --epochs 2 --out pets
ganatomy evaluate told --features pets --data ./shapes --n 50 --json >other.json 2>said.err
grep -q "^note: no score of labels: the classes that the generator draws and those that pets knows" said.err
grep -q "^note: the classifier was trained on ./animals: its classes are not those of shapes" said.err
jq -e '.scores.labels == null and .classes[0].name == "cat"' other.json >said.out

# what does not go
fails 2 "needs MODEL, or --samples" ganatomy evaluate --features reader
fails 2 "MODEL and --samples exclude each other" ganatomy evaluate told --samples ./shapes
fails 2 "no score 'recal' \(nearest: 'recall'\)" ganatomy evaluate told --features reader --scores recal
fails 2 "features is missing: the classifier that looks" ganatomy evaluate told
fails 2 "copying compares samples with unseen pictures" \
    ganatomy evaluate told --features reader --split train --scores copying
fails 2 "3 nearest neighbours among 3 points" ganatomy evaluate told --features reader --n 3
fails 4 "what is seen of 1000240 pictures needs .* a smaller --n needs less" \
    ganatomy evaluate told --features reader --n 1000000 --memory 60M
fails 2 "'told' reads latents|reads latents: a classifier is needed" ganatomy evaluate told --features told
ganatomy evaluate told --features reader --n 50 --split train --scores all --json |
    jq -e '.scores | has("frechet") and (has("copying") | not)' >said.out

# ---- classify
ganatomy classify reader --json >right.json
jq -e '.accuracy == 1 and .right == 240 and .mistakes == [] and .confusion == [[120, 0], [0, 120]] and
    .certainty.kind == "softmax" and .data.name == "shapes"' right.json >said.out
ganatomy evaluate reader | grep -q "^reads 240 of 240 test pictures of shapes right: 100.00 % (98.42 to 100.00)"
ganatomy classify reader -o none | grep -q "^no mistakes, so no picture of them$"
test -s none/confusion.png
test ! -e none/mistakes.png

# twelve labels of class 0 are turned into 1
cp -r shapes doubtful
{ head -c 8 shapes/t10k-labels-idx1-ubyte
  tail -c +9 shapes/t10k-labels-idx1-ubyte | LC_ALL=C head -c 24 | tr '\0' '\1'
  tail -c +33 shapes/t10k-labels-idx1-ubyte; } >doubtful/t10k-labels-idx1-ubyte
ganatomy classify reader --data ./doubtful -o doubt --json 2>said.err >doubt.json
grep -q "^note: the classifier was trained on ./shapes, and reads pictures of ./doubtful$" said.err
jq -e '.right == 228 and .confusion == [[108, 0], [12, 120]] and (.mistakes | length) == 12' doubt.json >said.out
jq -e '.mistakes | all(.[]; .is == "1" and .read == "0" and .picture % 2 == 0 and .picture < 24) and
    ([.[].certainty] | . == (sort | reverse))' doubt.json >said.out
test -s doubt/mistakes.png
ganatomy classify reader --data ./doubtful --worst 3 -q --json 2>said.err | jq -e '.mistakes | length == 3' >said.out
ganatomy classify reader --data ./doubtful 2>said.err >said.out
grep -q "^reads 228 of 240 test pictures of doubtful right: 95.00 % (91.47 to 97.12)$" said.out
grep -qE "^  1 +132 +90\.91 % \( 84\.7. to  94\.7.\)  0 \(12\)$" said.out
grep -qE "^  1 +12 +120$" said.out
ganatomy classify reader --classes 1 --json | jq -e '.accuracy == 1 and .confusion == [[0, 120]]' >said.out
ganatomy classify reader --n 7 --certainty scaled --json |
    jq -e '.pictures == 7 and .certainty.kind == "scaled" and (.certainty.mean - 0.985833 | fabs) < 1e-6' >said.out

# files without labels: of two classes the certainty by deviations is always the same, 0.9858
ganatomy classify reader --images page/neighbours.png --images doubt -o read --certainty scaled --json >files.json
jq -e '[.files[].file] == ["page/neighbours.png", "doubt/confusion.png", "doubt/mistakes.png"] and
    all(.files[]; .read != .second)' files.json >said.out
test -s read/readings.png
ganatomy classify reader --images page/neighbours.png | grep -qE "^  [01] +[01]\.[0-9]{4}  page/neighbours.png   \(second: [01]\)$"
fails 2 "files without labels: --data and its options" ganatomy classify reader --images page --data ./shapes
fails 2 "folder 'shapes' has no .png" ganatomy classify reader --images shapes
fails 2 "a classifier is needed" ganatomy classify told
fails 3 "making the folder 'home/ganatomy.db'" ganatomy classify reader -o home/ganatomy.db
