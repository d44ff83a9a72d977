#!/bin/bash
# Two at work in one folder: the second is told, whatever it would write there; the dead keep nobody out.
set -eu
export OMP_NUM_THREADS=1 OMP_WAIT_POLICY=passive
source "$SOURCE/tests/cli/said.sh"
gan=$SOURCE/models/mnist-gan.safetensors
small="--layers layer2 --segmenter colors --size 20 --examples 2 --bootstrap 0"
long="--layers layer2 --segmenter colors --size 400000 --bootstrap 0"
trap 'kill -KILL $at_work ${first:-} 2>said.kill || true' EXIT
begin() { # LOCK OPTIONS...: in the background, until it holds its file; what it says goes to `said`
    local held=$1
    said=$(basename "$held" .lock).err
    shift
    ganatomy dissect "$gan" $long "$@" >work.out 2>"$said" &
    at_work=$!
    for ((i = 0; i < 600; i++)); do
        [[ ! -e $held ]] || return 0
        sleep 0.1
    done
    echo "never at work: $*"
    cat "$said"
    exit 1
}
stop() { # SIGNAL
    kill -0 $at_work # it was at work all the time
    kill -"$1" $at_work
    wait $at_work || true
}

# ---- a dissection: not the same one, not another one, not one that is imported
begin busy/dissect.lock -o busy
other="another process is at work in 'busy' .* -o"
fails 2 "$other" ganatomy dissect "$gan" $long -o busy
fails 2 "$other" ganatomy dissect "$gan" $small --force -o busy
fails 2 "$other" ganatomy dissect import "$SOURCE/fuzz/corpus/import/good.json" -o busy
ganatomy dissect "$gan" $small -o free --quiet
# killed, it leaves a file that nobody holds
stop KILL
test -e busy/dissect.lock
ganatomy dissect "$gan" $small --force -o busy --quiet
diff -r busy free

# ---- stopped, it leaves none
begin stopped/dissect.lock -o stopped
stop INT
grep -q "goes on from there" "$said"
test "$(ls -A stopped)" = state.safetensors

# ---- shards may share a folder, but not a shard
begin shards/shard-1-of-2.lock --shard 1/2 -o shards
fails 2 "another process is at work in 'shards' .it holds shard-1-of-2.lock.: let it end" \
    ganatomy dissect "$gan" $long --shard 1/2 -o shards
for share in 1/2 2/2; do ganatomy dissect "$gan" $small --shard $share -o others --quiet; done
first=$at_work
begin shards/shard-2-of-2.lock --shard 2/2 -o shards
second=$at_work
for at_work in $first $second; do stop INT; done
grep -q "goes on from there" "$said"
for folder in shards others; do test -z "$(find $folder -name '*.lock')"; done
