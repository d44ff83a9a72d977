#!/bin/bash
# Recorded runs: listed, shown, compared, exported, deleted; tiny trainings made here.
set -eu
export OMP_NUM_THREADS=1 OMP_WAIT_POLICY=passive TZ=UTC
source "$SOURCE/tests/cli/said.sh"
source "$SOURCE/tests/cli/shapes.sh"
make_shapes shapes
make_networks
small="--data ./shapes --batch 24 --seed 5 --threads 1 --eval-images 60 --quiet"
gan="train gan --arch tiny.json --discriminator tiny-d.json $small --sample-every 25"
ask() { # SQL
    sqlite3 home/ganatomy.db "$1"
}

# ---- nothing yet
ganatomy runs list >said.out
says "^no run was recorded in '.*home' yet: ganatomy train gan"
test "$(ganatomy runs list --json | jq -c .runs)" = "[]"
fails 2 "no run was recorded in" ganatomy runs show digits
fails 2 "no run was recorded in '.*home' yet: ganatomy train gan" ganatomy runs set digits lr=0.0001
test ! -e home/ganatomy.db # looking makes nothing

# ---- four trainings: two rates, one that goes wild, one that takes softmax twice
ganatomy $gan --lr 0.002 --steps 300 --out slow
ganatomy $gan --lr 0.004 --steps 300 --out fast
fails 5 "is not a number" ganatomy $gan --lr 1e30 --steps 300 --out wild
jq '.layers += [{"name": "twice", "type": "Softmax"}]' tiny-c.json >twice.json
ganatomy train classifier --arch twice.json $small --epochs 60 --lr 0.02 --shift 0 --out twice

ganatomy runs list >said.out
says "^  name +kind +state +data +steps +last values +begun +took$"
says "^  slow +gan +done +shapes +300 +loss_d [0-9.]+, loss_g [0-9.]+ .*(just now|[0-9]+ min ago) +[0-9.]+ s$"
says "^  wild +gan +diverged +shapes +0 of 300 "
says "^  twice +classifier +done .*test/accuracy 1 "
ganatomy runs list --kind classifier --json >list.json
jq -e '.runs | length == 1 and .[0].name == "twice" and .[0].last."test/accuracy" == 1 and
    .[0].steps == .[0].steps_total and .[0].data_sha256 != ""' list.json >said.out
ganatomy runs list --kind vae >said.out
says "^no run of kind 'vae'"

# ---- one in words
ganatomy runs show slow >said.out
says "^run +slow \(gan\)$"
says "^state +done$"
says "^command +ganatomy train gan --arch tiny.json --discriminator tiny-d.json"
says "^data +shapes, content [0-9a-f]{64}$"
says "^seed +5$"
says "^machine +.*, cores [0-9]+, .*isa "
says "^samples +13 sheets of samples, steps 0 to 300"
says "^curve +points +first +last +lowest +at +highest +at$"
says "^d_fake +300 "
ganatomy runs show wild >said.out
says "^state +diverged: the loss of the .* is not a number"
says "^lint +diverged: the loss is no finite number from step 1 on"
says "docs/lint/diverged.md"
ganatomy runs show twice --json >twice.json
jq -e '[.lint[].code] == ["softmax-twice"] and (.lint[0].value - 0.3133 | fabs) < 0.02 and
    .lint[0].page == "docs/lint/softmax-twice.md" and .kind == "classifier" and
    .options.lr == 0.02 and (.sessions | length) == 1 and .sessions[0].about.threads == 1' \
    twice.json >said.out
# a rule that is younger than the run: nothing was recorded, the curves tell it again
ask "delete from event where run = (select id from run where name = 'twice')"
ganatomy runs show twice --json | jq -e '[.lint[].code] == ["softmax-twice"]' >said.out
test -s "$SOURCE/docs/lint/softmax-twice.md"
fails 2 "no run 'slwo' \(did you mean 'slow'\?\): the runs are twice, wild, fast, slow" \
    ganatomy runs show slwo
fails 2 "has no curve 'los_d' \(did you mean 'loss_d'\?\): its curves are d_fake, " \
    ganatomy runs show slow --curves los_d -o x.svg

# ---- curves: numbers as they are in the database, and treated as awk would
ganatomy runs show slow --curves loss_d,right_real -o plain.csv --quiet
head -1 plain.csv | grep -qx "step,loss_d,right_real"
ask "select step, v from point join series on series.id = series where name = 'loss_d' and
    run = 1 order by step" >want.txt
awk -F, 'NR > 1 && $2 != "" { printf "%d|%.15g\n", $1, $2 }' plain.csv >got.txt
awk -F'|' '{ printf "%d|%.15g\n", $1, $2 }' want.txt | cmp - got.txt
ganatomy runs show slow --curves loss_d --rolling 7 --from 50 --to 90 -o mean.csv --quiet
awk -F, 'NR > 1 { v[NR] = $2; sum = 0; n = 0
         for (i = NR; i > NR - 7 && i > 1; i--) { sum += v[i]; n++ }
         d = $3 - sum / n; if (d > 1e-12 || d < -1e-12) exit 1; rows++
         if (NR == 2 && $1 != 50) exit 2 }
     END { exit rows == 41 ? 0 : 3 }' mean.csv
ganatomy runs show slow --curves loss_g --bound 1.5 -o dropped.csv --quiet
ganatomy runs show slow --curves loss_g --bound 1.5 --bound-mode clamp -o clamped.csv --quiet
above=$(ask "select count(*) from point join series on series.id = series where name = 'loss_g'
    and run = 1 and v > 1.5")
test "$above" -gt 10
test "$(($(wc -l <clamped.csv) - $(wc -l <dropped.csv)))" = "$above"
test "$(cut -d, -f2 clamped.csv | grep -cx 1.5)" = "$above"
# dropped points break the line, and that of the mean; clamped ones do not (the legend has one too)
ganatomy runs show slow --curves loss_g --bound 1.5 -o d.svg --quiet
ganatomy runs show slow --curves loss_g --bound 1.5 --bound-mode clamp -o c.svg --quiet
test "$(grep -c 'stroke="#0072b2"' c.svg)" = 2
test "$(grep -cE 'stroke="#0072b2"|<circle' d.svg)" -gt 4
ganatomy runs show slow --curves loss_g --bound 1.5 --bound-mode clamp --rolling 20 -o c.svg
grep -q "strong: mean of the last 20 points; above 1.5 clamped to it: $above of 300 points" c.svg
grep -q "<title>slow: loss_g</title>" c.svg
grep -q ">ln 2</text>" c.svg # where guessing is
ganatomy runs show slow --curves loss_d,loss_g --rolling 5 -o two.svg --quiet
for words in loss_d loss_g "2 ln 2" "ln 2"; do
    test "$(grep -c ">$words</text>" two.svg)" = 1 # the points behind a mean have no name
done
ganatomy $gan --lr 0.002 --steps 20 --loss minimax --out minimax --home other
ganatomy runs show minimax --curves loss_g -o minimax.svg --quiet --home other
grep -q ">-ln 2</text>" minimax.svg # the generator's loss is what D's is on fakes, negated
ganatomy runs show slow -o all-losses.png # without --curves: the losses
head -c 4 all-losses.png | tail -c 3 | grep -qx PNG
ganatomy runs show wild --curves fakes/loss_g -o wild.svg
grep -q ">diverged</text>" wild.svg
fails 2 "ends in .svg, .png or .csv" ganatomy runs show slow --curves loss_g -o c.gif
fails 2 "--curves needs a file: -o" ganatomy runs show slow --curves loss_g
fails 2 "--bound-mode needs the bound" ganatomy runs show slow --bound-mode clamp -o c.svg
fails 2 "--to 1 lies before --from 2" ganatomy runs show slow --from 2 --to 1 -o c.svg
fails 2 "two pictures" ganatomy runs show slow --curves loss_g --sheets -o c.png

# a value that is no number is a word in files and a cross in charts
ask "update point set kind = 1, v = null where step = 100 and series = (select id from series
    where run = 1 and name = 'loss_g')"
ganatomy runs show slow --curves loss_g -o nan.csv --quiet
grep -qx "100,nan" nan.csv
ganatomy runs show slow --curves loss_g -o nan.svg --quiet
grep -q ">not a finite number</text>" nan.svg
ganatomy runs show slow --json | jq -e '.curves.loss_g.not_finite == 1' >said.out

# what was changed while it ran stands above the chart
ask "insert into event(run, step, kind, text)
    values(1, 150, 'change', '{\"from\":0.002,\"option\":\"lr\",\"to\":0.001}')"
ganatomy runs show slow --curves loss_d -o changed.svg --quiet
grep -q ">lr 0.002 -&gt; 0.001</text>" changed.svg
ganatomy runs show slow >said.out
says "^events +step 150: lr 0.002 -> 0.001$"

# a few huge values make the rest flat: said, with what helps; not where it was helped already
ask "update point set v = 300000 where step = 7 and series = (select id from series where run = 1 and name = 'loss_g')"
ganatomy runs show slow --curves loss_g -o flat.svg 2>said.err >said.out
grep -qE "^note: the largest value, 3e\+05, makes the rest of the chart flat: 95 % of them are at most ([0-9.]+); --bound [0-9.]+ or --log shows them$" said.err
bound=$(sed -n 's/.*--bound \([0-9.]*\) or.*/\1/p' said.err)
for helped in "--bound $bound" "--log" "--from 8"; do
    ganatomy runs show slow --curves loss_g $helped -o flat.svg 2>said.err >said.out
    test ! -s said.err
done
ganatomy runs show slow --curves loss_g -o flat.csv 2>said.err >said.out
test ! -s said.err
ganatomy runs compare slow fast --curves loss_g -o flat.svg 2>&1 >said.out | grep -q "makes the rest of the chart flat"

# ---- samples by step
ganatomy runs show slow --sheets -o film.png --json >film.json
jq -e '.steps == [range(0; 301; 25)]' film.json >said.out
ganatomy runs show slow --sheets --frames 3 -o film.png --json | jq -e '.steps == [0, 150, 300]' \
    >said.out
ganatomy runs show slow --sheets --from 60 --to 130 -o film.png --json | jq -e '.steps == [75, 100, 125]' >said.out
fails 2 "run 'slow' has no sheets of samples in that range" \
    ganatomy runs show slow --sheets --from 101 --to 110 -o film.png
fails 2 "--rolling is about curves, and --sheets draws none" \
    ganatomy runs show slow --sheets --rolling 5 -o film.png
fails 2 "--frames is about sheets of samples: give --sheets too" \
    ganatomy runs show slow --frames 3 -o c.svg
for option in "--rolling 5" "--log" "--bound 1" "--to 9"; do
    fails 2 "^ganatomy: ${option% *} is about curves, which need a file: -o curves.svg$" \
        ganatomy runs show slow $option
done
mv home/runs/slow/samples/step-000150.png kept.png
fails 2 "step-000150.png" ganatomy runs show slow --sheets -o film.png
fails 2 "has no sheets of samples" ganatomy runs show twice --sheets -o film.png
mv kept.png home/runs/slow/samples/step-000150.png

# ---- side by side
ganatomy runs compare slow fast >said.out
says "^what differs +slow +fast$"
says "^lr +0.002 +0.004$"
test "$(grep -c "^batch" said.out)" = 0 # the same in both
says "^last value +slow +fast$"
says "^loss_d +[0-9.]+ +[0-9.]+$"
test "$(grep -c "^loss_d " said.out)" = 1
ganatomy runs compare slow fast twice --json >three.json
jq -e '.options.kind == ["gan", "gan", "classifier"] and .options.lr == [0.002, 0.004, 0.02] and
    (.last.loss | .[0] == null and .[2] > 0.3)' three.json >said.out
ganatomy runs compare slow fast --curves loss_d,loss_g -o both.svg --quiet
for name in "slow loss_d" "fast loss_g"; do grep -q ">$name</text>" both.svg; done
ganatomy runs compare slow fast -o both.csv --quiet
head -1 both.csv | grep -qx "step,slow,fast" # loss_g of both
fails 2 "run 'twice' has no curve 'loss_d'" ganatomy runs compare slow twice --curves loss_d -o x.svg
fails 2 "1 run to compare" ganatomy runs compare slow
fails 2 "named twice" ganatomy runs compare slow slow

ganatomy runs compare slow fast --sheets -o side.png >said.out
says "^wrote side.png: sheets of 2 runs$"
ganatomy runs compare 'slo*' fast --sheets --columns 1 --step 30 -o early.png >said.out
size() { od -An -tu4 --endian=big -j16 -N8 "$1"; }
read -r wide high < <(size side.png)
read -r wide_early high_early < <(size early.png)
test "$wide" -gt "$wide_early" -a "$high" -lt "$high_early"
fails 2 "no run's name begins with 'quick'" ganatomy runs compare slow 'quick*'
fails 2 "run 'slow' is named twice" ganatomy runs compare slow 's*'
fails 2 "run 'twice' has no sheets" ganatomy runs compare slow twice --sheets -o x.png
fails 2 "'x.svg': expected a name that ends in .png" ganatomy runs compare slow fast --sheets -o x.svg
fails 2 "needs a file: -o sheets.png" ganatomy runs compare slow fast --sheets
fails 2 "about curves: of each run one sheet is shown, and --step STEP says which" \
    ganatomy runs compare slow fast --sheets --to 100 -o x.png
fails 2 "--columns is about sheets" ganatomy runs compare slow fast --columns 3
fails 2 "--log is about curves, which need a file" ganatomy runs compare slow fast --log

# more than three are rows of a table
for i in 1 2 3 4; do
    ganatomy train gan --arch tiny.json --discriminator tiny-d.json $small --steps 1 --seed $i --out row$i
done
ganatomy runs compare 'row*' >said.out
says "^run +seed$"
says "^row4 +4$"
says "^run +took +loss_d +loss_g$"
test "$(grep -c "^row3 " said.out)" = 2
for i in 1 2 3 4; do ganatomy runs delete row$i --quiet; done

# ---- to take along
ganatomy runs export slow -o slow.zip >said.out
says "^wrote slow.zip: run 'slow' with 16 curves and 15 files"
fails 2 "'slow.zip' is there already: give another name, or remove it" ganatomy runs export slow -o slow.zip
ganatomy runs export slow -o out --checkpoint --quiet
for file in README.txt run.json curves.csv curves.json model.safetensors discriminator.safetensors \
    checkpoint.safetensors samples/step-000025.png; do
    test -s "out/$file"
    test $file = checkpoint.safetensors || grep -q "slow/$file" slow.zip
done
test "$(grep -c "slow/checkpoint" slow.zip)" = 0
grep -q "ganatomy train gan --arch tiny.json" out/README.txt
cmp out/model.safetensors home/runs/slow/model.safetensors
jq -r '.loss_g.step as $s | .loss_g.value as $v | range(0; $s | length) |
    "\($s[.])|\($v[.])"' out/curves.json >got.txt
grep -qx "100|nan" got.txt
test "$(wc -l <got.txt)" = 300
jq -e '.options.lr == 0.002 and .data_sha256 != "" and (.curves | length) == 16' out/run.json >said.out
fails 2 "'out' is not empty" ganatomy runs export slow -o out
echo more >>home/runs/slow/model.safetensors
rm home/runs/slow/samples/step-000025.png
ganatomy runs export slow -o less >said.out 2>said.err
grep -q "left out: .*model.safetensors' is not what the run wrote" said.err
grep -q "left out: .*step-000025.png" said.err
test ! -e less/model.safetensors -a -s less/curves.csv
fails 3 "writing" ganatomy runs export slow -o /dev/full/x.zip
test "$(find . -name '*tmp-*' | wc -l)" = 0

# ---- taken over by another workspace, whole
(cd out && jq -e 'all(.files[]; .path | test("^(samples/)?[a-z0-9.-]+$")) and (.files | length) == 15' run.json) >said.out
ganatomy runs import slow.zip --home there >said.out
says "^took over run 'slow': [0-9]+ points of curves, 15 files"
says "^next: ganatomy runs show slow$"
ganatomy runs import out --home there >said.out
says "^1 run was here already, as 'slow'$"
dump() { # HOME RUN: points, events and sessions
    sqlite3 "$1/ganatomy.db" "select series.name, step, point.kind, v from point join series on series.id = series
        join run on run.id = series.run where run.name = '$2' order by 1, 2;
        select step, event.kind, text from event join run on run.id = run where name = '$2';
        select machine, pid, started, seen, memory, about from session join run on run.id = run where name = '$2'"
}
dump home slow >home.txt
dump there slow >there.txt
test "$(wc -l <home.txt)" -gt 3000
diff home.txt there.txt
for home in home there; do
    ganatomy runs show slow --home $home --json | jq 'del(.files)' >$home.json
done
cmp home.json there.json
cmp out/model.safetensors there/runs/slow/model.safetensors
ganatomy generate slow --ids 0 -o one.png --home there >said.out
ganatomy runs import out --name slower --home other --quiet
ganatomy runs show slower --home other >said.out
sqlite3 there/ganatomy.db "update run set uuid = '00000000-0000-4000-8000-000000000000'"
fails 2 "another run is called 'slow' here: .ganatomy runs delete slow. removes it" \
    ganatomy runs import slow.zip --home there
fails 2 "'nothing.zip' is not there" ganatomy runs import nothing.zip --home new
fails 3 "'out/run.json' is no zip archive: expected one that" ganatomy runs import out/run.json --home new
mkdir hollow
fails 3 "'hollow': no run in it: there is no run.json" ganatomy runs import hollow --home new
# damage is noticed before anything is recorded, and no name leads out of the workspace
cp -r out bad
echo more >>bad/model.safetensors
fails 3 "'model.safetensors' is not what the run wrote" ganatomy runs import bad --home new
jq '.files[0].path = "../../../escaped"' out/run.json >bad/run.json
fails 3 "bad/run.json: 'files': item 0: '../../../escaped' is no file of a run" \
    ganatomy runs import bad --home new
jq '.name = "../up"' out/run.json >bad/run.json
fails 3 "'../up' is no name of a run" ganatomy runs import bad --home new
cp out/run.json bad
sed 's/^3,/2,/' out/curves.csv >bad/curves.csv
fails 3 "bad/curves.csv: line 5, offset [0-9]*: '2': expected a step above the one before" \
    ganatomy runs import bad --home new
test "$(sqlite3 new/ganatomy.db 'select count(*) from run')" = 0
test ! -e new/escaped -a ! -e escaped

# ---- seen while it runs: steps that take long are not kept back until there are many (512 points are 128 steps)
ganatomy train gan --arch dcgan:width=128,z=64 --pixels 28 $small --steps 1000000 --detail-every 1000 --eval-every 0 --out watched &
watched=$! seen=0
until [ "$seen" -gt 0 ]; do
    kill -0 $watched
    seen=$(ask "select coalesce(max(step), 0) from point join series on series.id = series
        join run on run.id = run where run.name = 'watched'" 2>said.err || echo 0)
done
kill -9 $watched
wait $watched 2>said.err || true
test "$seen" -lt 120
ganatomy runs delete watched --quiet

# ---- taken up in another folder than where its data's path was typed
ganatomy train gan --arch mlp-gan:width=8,z=4 $small --steps 4 --out moved
mkdir -p elsewhere-to-go
(cd elsewhere-to-go && ganatomy train gan --out moved --resume --steps 6 --quiet --threads 1 --home ../home)
ganatomy runs show moved --json | jq -e --arg here "$PWD" '.options.steps == 6 and
    .options.data == "./shapes" and .options.data_path == $here + "/shapes"' >said.out
ganatomy runs delete moved --quiet

# ---- removed
ganatomy $gan --lr 0.002 --steps 1000000 --out busy &
busy=$!
until [ "$(state home busy)" = "running " ] && [ -s home/runs/busy/samples/step-000000.png ]; do sleep 0.05; done
fails 2 "run 'busy' is being trained by process $busy on '.*': stop it first" \
    ganatomy runs delete busy
test -d home/runs/busy
kill -9 $busy
wait $busy 2>said.err || true
ganatomy runs list | grep -qE "^  busy +gan +interrupted "
ganatomy runs delete busy >said.out
says "^removed run 'busy': its curves, and [0-9]+ files \(.*\) in .*home/runs/busy$"
test ! -e home/runs/busy
fails 2 "there is no run 'busy'" ganatomy runs delete busy
fails 2 "to delete it, give its name" ganatomy runs delete "$(ask "select uuid from run where id = 1")"
ganatomy runs delete fast --keep-files >said.out
says "^removed run 'fast' from the database; its files stay in .*home/runs/fast$"
test -s home/runs/fast/model.safetensors
ganatomy runs delete wild --json | jq -e '.run == "wild" and .files == 1' >said.out
test "$(ganatomy runs list --json | jq -c '[.runs[].name]')" = '["slow","twice"]'
ln -s "$PWD/shapes" home/runs/twice/link # links go, what they lead to stays
ganatomy runs delete twice --quiet
test -s shapes/train-labels-idx1-ubyte

# ---- a workspace of a newer version, and one that was moved
mv home elsewhere
ganatomy --home elsewhere runs show slow --sheets --frames 2 -o moved.png --quiet
sqlite3 elsewhere/ganatomy.db "pragma user_version = 99"
fails 3 "has schema 99, but this ganatomy .* knows up to 2" ganatomy --home elsewhere runs list
