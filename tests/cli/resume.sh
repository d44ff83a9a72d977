#!/bin/bash
# Trainings that are killed, interrupted, spoilt or asked for other things: tiny networks and
# pictures, made here.
set -eu
export OMP_NUM_THREADS=1 OMP_WAIT_POLICY=passive

source "$SOURCE/tests/cli/said.sh"
source "$SOURCE/tests/cli/shapes.sh"
make_shapes shapes
make_networks

train="train gan --arch tiny.json --discriminator tiny-d.json --data ./shapes --steps 300 --batch 24
    --lr 0.002 --decay-from 0.5 --noise 0.1 --seed 5 --save-every 12 --sample-every 50 --eval-every 100 --eval-images 50 --settle 5
    --threads 1 --quiet"

rows() { points "$1" "$2"; files "$1" "$2"; said "$1" "$2"; }
# same HOME: its run "shapes" ended as the undisturbed one did, and nothing else lies about
same() {
    diff -r calm/runs/shapes "$1/runs/shapes"
    rows calm shapes >calm.rows
    rows "$1" shapes >other.rows
    cmp calm.rows other.rows
    test "$(state "$1" shapes | cut -d' ' -f1)" = 'done'
}
ganatomy $train --home calm --out shapes
test "$(ls calm/runs/shapes/samples | wc -l)" = 7 # step 0 too
rows calm shapes >calm.rows
grep -q "^loss_d|300|" calm.rows
grep -q '^300|samples|' calm.rows
test "$(grep -c "^d_fake|" calm.rows)" = 300

# SIGKILL at moments that differ from run to run, then the same command again, until it ends
kills=0
while :; do
    ganatomy $train --home killed --out shapes --resume >killed.log 2>&1 &
    if [ $kills -lt 7 ]; then
        sleep "0.$((RANDOM % 6))$((RANDOM % 10))"
        kill -9 $! 2>/dev/null && kills=$((kills + 1))
    fi
    wait $! 2>/dev/null && break
    test $kills -lt 30
    if ! grep -q . killed.log; then continue; fi
    grep -v "^note: " killed.log && { echo "said without being asked"; exit 1; } || true
done
same killed
echo "killed $kills times"

# A disk that fills up (files that may not grow, in KiB), at the first checkpoint or in the database:
# said with the file's name, and once there is room the run goes on to the same end
for limit in 60 100; do
    code=0
    (ulimit -f $limit; ganatomy ${train% --quiet} --home full-$limit --out shapes) >/dev/null 2>full.err || code=$?
    test $code = 3
    if test $limit = 100; then # that one came as far as a checkpoint
        grep -q "^note: to go on: ganatomy train gan --out shapes --resume --home full-$limit$" full.err
    fi
    grep -qE "^ganatomy: .*full-$limit/(runs/shapes/checkpoint.safetensors': File too large|ganatomy.db')" full.err
    test -z "$(find full-$limit -name '*.tmp-*')"
    ganatomy train gan --resume --home full-$limit --out shapes --threads 1 --quiet
    same full-$limit
done

# Ctrl-C and SIGTERM finish the step and save; the run goes on without its options being said again
for signal in INT:130:stopped TERM:143:stopped; do
    home=home-${signal%%:*}
    ganatomy $train --home $home --out shapes 2>signal.err &
    while ! test -f $home/runs/shapes/checkpoint.safetensors && kill -0 $! 2>/dev/null; do
        sleep 0.01
    done
    code=0
    kill -${signal%%:*} $! || true
    wait $! || code=$?
    expected=${signal#*:}
    if [ $code != 0 ]; then # a fast machine may have been done already
        test $code = ${expected%%:*}
        test "$(state $home shapes | cut -d' ' -f1)" = stopped
        grep -q "stopped after step" signal.err
    fi
    ganatomy train gan --resume --home $home --out shapes --threads 1 --quiet
    same $home
done

# A taken name, other options, another kind, nothing there
fails 2 "shapes" ganatomy $train --home calm --out shapes
fails 2 "was begun with --lr 0.002, not 0.003: a resumed run keeps its options" \
    ganatomy train gan --home calm --out shapes --resume --lr 0.003
fails 2 "run 'shapes' has --steps 300, not 10: a run can be made longer, not shorter" ganatomy train gan --home calm --out shapes --resume --epochs 1
fails 2 "trains a gan, not a classifier" \
    ganatomy train classifier --home calm --out shapes --resume
fails 2 "circles" ganatomy train gan --home calm --out circles --resume
fails 2 "'tiny-c.json' reads pictures: a generator, which reads latents, is needed" \
    ganatomy train gan --home calm --out circles --arch tiny-c.json --data ./shapes
fails 2 "^ganatomy: 'train gan' needs --arch ARCH \(or --resume\): the generator: a built-in" \
    ganatomy train gan --home calm --out circles --data ./shapes
fails 2 "'train classifier' needs --data DATA \(or --resume\): a known set" \
    ganatomy train classifier --home calm --out circles --arch tiny-c.json
cp -r shapes shapes-before
printf 'x' | dd of=shapes/train-images-idx3-ubyte bs=1 seek=500 conv=notrunc 2>/dev/null
fails 3 "is not what run 'shapes' was begun with" \
    ganatomy train gan --home calm --out shapes --resume
cp shapes-before/* shapes
test "$(state calm shapes | cut -d' ' -f1)" = 'done' # refusals leave the run what it was
ganatomy train gan --home calm --out shapes --resume --lr 0.002 --threads 1 >finished
grep -q "^run 'shapes' is finished: 300 steps; nothing to do$" finished
grep -q "^its model is calm/runs/shapes/model.safetensors$" finished
grep -q "^for more: ganatomy train gan --out shapes --resume --steps 600$" finished
test "$(wc -l <finished)" = 3 # nothing was written
ganatomy train gan --home calm --out shapes --resume --json | grep -q '"finished_before": true'
mv calm/runs/shapes/model.safetensors elsewhere # but a model that is gone is written again
ganatomy train gan --home calm --out shapes --resume --threads 1 | grep -q "^wrote calm"
cmp elsewhere calm/runs/shapes/model.safetensors
same killed

# A finished run is made longer. Where no option depends on the length, it is the run that was begun so
# long, to the byte, also after SIGKILL before the first new checkpoint
plain="train gan --arch tiny.json --discriminator tiny-d.json --data ./shapes --batch 24 --seed 5
    --sample-every 50 --eval-every 50 --eval-images 50 --settle 5 --save-every 0 --threads 1"
ganatomy $plain --steps 200 --home whole --out long --quiet
ganatomy $plain --steps 100 --home grown --out long --quiet
cp -r grown grown-killed
ganatomy train gan --home grown --out long --resume --steps 200 --threads 1 >grown.out
grep -q "^run 'long' is made longer at step 100: 200 steps instead of 100$" grown.out
grep -q "^nothing else depends on the length: it ends as a run begun with 200 steps does$" grown.out
diff -r whole/runs/long/samples grown/runs/long/samples
cmp whole/runs/long/model.safetensors grown/runs/long/model.safetensors
points whole long >whole.rows
points grown long | cmp - whole.rows
test "$(said grown long | grep change)" = '100|change|{"from":100,"option":"steps","to":200}'
ganatomy runs show long --home grown >card
grep -q "^events *step 100: steps 100 -> 200$" card
grep -q "^sessions *1: begun [-0-9]* [0-9:]*, [0-9.]* s$" card
grep -q "^ *2: taken up [-0-9]* [0-9:]*, after step 100, [0-9.]* s$" card
ganatomy runs list --home grown | grep -q " 200 "
ganatomy train gan --home grown-killed --out long --resume --steps 200 --threads 1 >killed.out &
until [ -s killed.out ]; do sleep 0.01; done
kill -9 $! 2>/dev/null || true
wait $! 2>/dev/null || true
ganatomy train gan --home grown-killed --out long --resume --threads 1 --quiet
cmp whole/runs/long/model.safetensors grown-killed/runs/long/model.safetensors
points grown-killed long | cmp - whole.rows
# rates that fall and noise that fades are spread over the new length: another model, and it is said
cp -r calm longer
ganatomy train gan --home longer --out shapes --resume --epochs 60 --threads 1 >longer.out
grep -q "^run 'shapes' is made longer at step 300: 600 steps instead of 300$" longer.out
grep -q "^its learning rate now falls from step 300 to 0 at step 600, no longer from step 150 to 0 at step 300$" longer.out
grep -q "^its noise now falls to 0 at step 600, no longer at step 300$" longer.out
grep -q "^so its model will be another than that of a run begun with 600 steps$" longer.out
ganatomy model info longer/runs/shapes/model.safetensors | grep -q -- "--steps 300; after step 300: --resume --steps 600$"
ganatomy model info grown/runs/long/model.safetensors | grep -q -- "--steps 200$"
points longer shapes | grep -v "^[a-z_/]*|[345][0-9][0-9]|" | grep -v "|600|" >before.rows
points calm shapes | grep -v "|300|" | cmp - before.rows
fails 2 "has --steps 600, not 300: a run can be made longer" \
    ganatomy train gan --home longer --out shapes --resume --steps 300
rm longer/runs/shapes/checkpoint.safetensors
fails 2 "cannot be made longer, as its checkpoint is not there any more .*: begin another run with --steps 900" \
    ganatomy train gan --home longer --out shapes --resume --steps 900

# A loss that is not finite: exit 5, the state says so, the last good checkpoint stays
fails 5 "the loss of the (discriminator|generator) is (not a number|infinite) at step" \
    ganatomy ${train% --quiet} --home wild --out shapes --lr 1e12 --save-every 1
state wild shapes | grep -q "^diverged the loss of the"
grep -q "^note: diverged: the loss is no finite number from step [0-9]* on.*docs/lint/diverged.md" said.err
test "$(said wild shapes | cut -d'|' -f2)" = lint
said wild shapes | grep -q '"code":"diverged".*"threshold":"inf"'
fails 5 "the loss of the" ganatomy $train --home wilder --out shapes --lr 1e30
# the same numbers again would end the same way
fails 2 "run 'shapes' diverged .the loss of the .* at step [0-9]+: try a learning rate below 1e\+30., and --resume would repeat that with the same numbers: begin another run$" \
    ganatomy train gan --home wilder --out shapes --resume --threads 1
grep -q "^note: a calmer run is .*: --lr 1e+29 --out shapes-calmer " said.err
test "$(state wilder shapes | cut -d' ' -f1)" = diverged
test "$(said wilder shapes | grep -c diverged)" = 1
test -s wild/runs/shapes/checkpoint.safetensors
test ! -e wild/runs/shapes/model.safetensors

# A model where it was asked for; its name is the run's; scores come out of it
fails 3 "kept/" ganatomy $train --home other --steps 20 --out kept/tiny.safetensors
mkdir kept
ganatomy $train --home other --steps 20 --out kept/tiny.safetensors --half
test -s kept/tiny.safetensors
cmp kept/tiny.safetensors other/runs/tiny/model.safetensors
ganatomy train classifier --arch tiny-c.json --data ./shapes --home other --epochs 30 --batch 24 \
    --lr 0.02 --shift 0 --threads 1 --out reader | grep -q "240 of 240 test pictures right"
ganatomy evaluate reader --home other --data ./shapes 2>noted | grep -q "100.00 %"
test ! -s noted # it was trained on these pictures: nothing to warn of
ganatomy evaluate kept/tiny.safetensors --home other --features reader --data ./shapes --n 100 \
    --json >score.json
jq -e '.scores.frechet.value > 0 and .samples == 100 and (([.classes[].samples] | add) - 1 | fabs) < 1e-9' \
    score.json >said.out
# What is said of the end is the same when only the model had to be written again: a generator that
# never saw a bar, read by one who knows both.
images=train-images-idx3-ubyte labels=train-labels-idx1-ubyte
mkdir discs
cp shapes/t10k* discs
{ head -c 16 shapes/$images
  for i in $(seq 0 2 239) $(seq 0 2 239); do
      tail -c +$((17 + 64 * i)) shapes/$images | head -c 64
  done; } >discs/$images
{ head -c 8 shapes/$labels; head -c 240 /dev/zero; } >discs/$labels
ganatomy train gan --arch tiny.json --discriminator tiny-d.json --data ./discs --steps 300 --batch 24 \
    --lr 0.01 --features reader --score-images 50 --eval-images 50 --home other --out scored \
    --threads 1 --quiet
said other scored >before.said
grep -q '"mode-collapse".*"value":0.5,"words":"50 % of the samples would have to be of' before.said
rm other/runs/scored/model.safetensors
ganatomy train gan --home other --out scored --resume --threads 1 --quiet
said other scored | cmp - before.said
fails 2 "features is missing" ganatomy evaluate kept/tiny.safetensors --home other --data ./shapes
