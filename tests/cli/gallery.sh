#!/bin/bash
# A gallery of small trainings: made side by side, killed, stopped, packed and installed.
set -eu
export OMP_NUM_THREADS=1 OMP_WAIT_POLICY=passive
source "$SOURCE/tests/cli/said.sh"
source "$SOURCE/tests/cli/shapes.sh"
make_shapes shapes
points() { # HOME: every point of every run
    sqlite3 "$1/ganatomy.db" "select run.name, series.name, step, point.kind, v from point
        join series on series.id = series join run on run.id = series.run order by 1, 2, 3"
}
build="ganatomy gallery build --data ./shapes --pixels 28 --images 64 --z 2,3 --width 1"

# ---- two at a time, beside one at a time
$build --lr 0.001,0.004 --steps 13 --home two --jobs 2 -o two.zip >said.out
says "^4 of 4: shapes-lr0.00[14]-z[23]$"
says "^wrote two.zip: 4 runs, 60 files"
$build --lr 0.001,0.004 --steps 13 --home one --jobs 1 -o one.zip --quiet
points one >one.txt
points two >two.txt
test "$(wc -l <one.txt)" -gt 300
cmp one.txt two.txt
for run in shapes-lr0.001-z2 shapes-lr0.004-z3; do
    cmp one/runs/$run/model.safetensors two/runs/$run/model.safetensors
    test "$(ls one/runs/$run/samples | wc -l)" = 14 # 0, 1, ... 13
done
ganatomy runs show shapes-lr0.001-z2 --home one --json >card.json
jq -e '.command == "ganatomy train gan --arch dcgan:width=1,z=2 --discriminator dcgan-d:width=2,norm=none --data ./shapes --images 64 --pixels 28 --batch 64 --lr 0.001 --steps 13 --eval-every 1 --sample-every 1 --sample-count 25 --sample-zoom 1 --detail-every 10 --half --out shapes-lr0.001-z2"' card.json >said.out
test "$(sqlite3 one/ganatomy.db "select count(*) from point join series on series.id = series
    where name = 'grad_g'")" = 4 # step 10 of each
# the command that the run records makes the same run
eval "$(jq -r .command card.json) --home again --threads 1 --quiet"
cmp one/runs/shapes-lr0.001-z2/model.safetensors again/runs/shapes-lr0.001-z2/model.safetensors

# ---- what is here is kept; another gallery of the same names is refused
fails 2 "run 'shapes-lr0.001-z2' is here already: --resume goes on" $build --lr 0.001 --steps 13 --home one -o x.zip
fails 2 "run 'shapes-lr0.001-z2' was made with --steps 13, this gallery's has 14: give the same options" \
    $build --lr 0.001 --steps 14 --home one -o x.zip --resume
fails 2 "with --arch dcgan:width=1,z=2, this gallery's has dcgan:width=2,z=2:" \
    ${build/--width 1/--width 2} --lr 0.001 --steps 13 --home one -o x.zip --resume
fails 2 "with --images 64, this gallery's has 65:" \
    ${build/--images 64/--images 65} --lr 0.001 --steps 13 --home one -o x.zip --resume
sqlite3 one/ganatomy.db "update run set command = command || ' --lr-d 1' where name = 'shapes-lr0.001-z2'"
fails 2 "'shapes-lr0.001-z2' was not made by this gallery's command" \
    $build --lr 0.001 --steps 13 --home one -o x.zip --resume
sqlite3 one/ganatomy.db "update run set command = replace(command, ' --lr-d 1', '')"
mkdir same
$build --lr 0.001,0.004 --steps 13 --home one -o same/one.zip --resume >said.out
says "^4 of 4 runs are here, 0 are to be made$"
cmp one.zip same/one.zip
fails 2 "'0.001x': expected numbers from" $build --lr 0.001x --steps 1 --home x
fails 2 "--z: '2.5': expected whole numbers" ganatomy gallery build --z 2.5 --home x
fails 2 "two runs would be called 'shapes-lr0.001-z2'" $build --lr 0.001,1e-3 --home x
test ! -e x.zip

# ---- killed and stopped, it ends the same
for attempt in 1 2 3; do
    $build --lr 0.001,0.004 --steps 13 --home killed -o killed.zip --resume --jobs 2 --quiet &
    sleep 0.$((attempt * 2))
    kill -9 $! 2>/dev/null || true
    wait $! 2>/dev/null || true
done
$build --lr 0.001,0.004 --steps 13 --home killed -o killed.zip --resume --quiet
points killed >killed.txt
cmp one.txt killed.txt
$build --lr 0.001 --steps 100000 --home stopped -o stopped.zip --jobs 2 >said.out 2>said.err &
until [ -e stopped/runs/shapes-lr0.001-z3/samples/step-000000.png ]; do sleep 0.1; done
kill -TERM $!
code=0
wait $! || code=$?
test $code = 143
grep -q "^note: to go on: the same command with --resume" said.err
test "$(sqlite3 stopped/ganatomy.db "select group_concat(distinct state) from run")" = stopped
test ! -e stopped.zip

# ---- a run that diverges is one of the gallery
$build --lr 0.001,1e20 --steps 13 --home wild -o wild.zip >said.out
says "^[1-4] of 4: shapes-lr1e20-z2 diverged, which is a result too$"

# ---- installed in another workspace
ganatomy gallery install two.zip --home there >said.out
says "^installed 4 runs: [0-9]+ points of curves, 60 files"
ganatomy gallery install two.zip --home there >said.out
says "^4 runs were here already$"
ganatomy runs compare shapes-lr0.001-z2 shapes-lr0.004-z2 --home there -o both.svg --quiet
ganatomy generate shapes-lr0.004-z3 --home there --ids 0-3 -o four.png --quiet
# six digits of the curves come along
points there | awk -F'|' 'NR == FNR { v[$1 $2 $3] = $5; n++; next }
    { d = v[$1 $2 $3] - $5; if (d * d > 1e-10 * $5 * $5) exit 1; m++ } END { exit n != m }' - one.txt
cut -d'|' -f1-4 one.txt >keys.txt
points there | cut -d'|' -f1-4 | cmp - keys.txt
ganatomy gallery install wild.zip --home wilder >said.out
test "$(sqlite3 wilder/ganatomy.db "select state from run where name = 'shapes-lr1e20-z2'")" = diverged
head -c 3000 two.zip >cut.zip
fails 3 "cut.zip: " ganatomy gallery install cut.zip --home cut
test ! -e cut/runs
