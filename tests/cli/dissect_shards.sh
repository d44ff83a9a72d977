#!/bin/bash
# A dissection by several gives the bytes of the undivided one, whatever was stopped, and says what is missing.
set -eu
export OMP_NUM_THREADS=1 OMP_WAIT_POLICY=passive
source "$SOURCE/tests/cli/said.sh"
gan=$SOURCE/models/mnist-gan.safetensors
# 3 blocks of 16 images, the last one with 8
small="--layers layer2 --segmenter colors --size 40 --examples 4 --bootstrap 100 --shuffles 3"

shard() { # SHARD/SHARDS OPTIONS...: with the preset at hand
    local share=$1
    shift
    ganatomy dissect "$gan" $small --preset $preset --shard "$share" "$@"
}
same() { # FOLDER: as the undivided one
    for file in dissect.html dissect.json units.csv counts.npz; do cmp "$1/$file" "whole-$preset/$file"; done
}
rounds() { # 2018-iqr finds levels, then thresholds
    test $preset = 2018-iqr && echo 3 || echo 2
}
divided() { # SHARDS THREADS FOLDER
    local n=$1 threads=$2 to=$3 round shard parts=()
    for ((shard = 1; shard <= n; shard++)); do parts+=("$to-part$shard"); done
    for ((round = 1; round <= $(rounds); round++)); do
        for ((shard = n; shard >= 1; shard--)); do
            shard $shard/$n --threads "$threads" -o "$to-part$shard" >said.out 2>said.err
            grep -q "^pass $round of $(rounds) of shard $shard of $n is done" said.out
            test "$round" != "$(rounds)" || grep -q '^next: .* -o RESULT`$' said.out
        done
        ganatomy dissect merge "${parts[@]}" -o "$to" --threads "$threads" >merged.out
        test "$round" = "$(rounds)" || grep -q "again: pass $((round + 1)) of $(rounds)" merged.out
    done
    grep -q "^next: open $to/dissect.html" merged.out
    test "$(ls "$to" | wc -l)" = 4
}

# ---- one, two, three, and more than there are blocks
for preset in 2018-iqr 2020; do
    ganatomy dissect "$gan" $small --preset $preset -o whole-$preset --quiet
    for n in 1 2 3 4; do
        divided $n $((n % 2 + 1)) "$preset-$n"
        same "$preset-$n"
    done
done
test -s 2020-4-part1/shard-1-of-4.pass-2.safetensors # which has no images

# ---- all in one folder, which is found again, and left alone where it holds something else
preset=2018-fixed
ganatomy dissect "$gan" $small --preset $preset -o whole-$preset --quiet
for pass in 1 2; do
    for share in 2/2 1/2; do shard $share -o shared --quiet; done
    shard 1/2 -o shared >said.out 2>said.err
    grep -q "^pass $pass of 2 of shard 1 of 2 was done already" said.out
    ganatomy dissect merge shared -o shared --quiet
done
same shared
ganatomy dissect merge shared -o shared >said.out
grep -q "^shared is this very dissection already" said.out
# a merge has two parts in memory, and says what it takes
fails 4 "--memory [0-9]*M will do whichever" ganatomy dissect merge shared -o merged --memory 2M
enough=$(sed -n 's/.*--memory \([0-9]*\)M will do whichever .*/\1/p' said.err)
ganatomy dissect merge shared -o merged --memory "${enough}M" --quiet
same merged
fails 2 "other is another dissection|other/dissect.json is another dissection" bash -c "mkdir other &&
    ganatomy dissect '$gan' $small --seed 9 -o other --quiet && ganatomy dissect merge shared -o other"
fails 2 "2018-iqr-2-part1/merged.*of another dissection.*-o" ganatomy dissect "$gan" $small --seed 9 --preset $preset --shard 1/2 -o 2018-iqr-2-part1

# ---- killed, and taken up: with the state of a killed one, or with none
preset=2018-fixed
big="$small --size 480"
ganatomy dissect "$gan" $big --preset $preset -o big --quiet
killed() { # SIGNAL SECONDS SHARE FOLDER
    timeout --signal="$1" "$2" ganatomy dissect "$gan" $big --preset $preset --shard "$3" -o "$4" >said.out 2>said.err || true
}
for pass in 1 2; do
    killed KILL 0.2 1/2 killed-1
    killed INT 0.3 2/2 killed-2
    killed KILL 0.2 2/2 killed-2
    for i in 1 2; do ganatomy dissect "$gan" $big --preset $preset --shard $i/2 -o killed-$i --quiet; done
    for i in 1 2; do test ! -e killed-$i/shard-$i-of-2.state.safetensors; done
    ganatomy dissect merge killed-1 killed-2 -o unkilled --quiet
done
for file in dissect.html dissect.json units.csv counts.npz; do cmp unkilled/$file big/$file; done

# ---- what is missing, double, foreign or damaged
mkdir a b c
first=shard-1-of-2.pass-1.safetensors second=shard-2-of-2.pass-1.safetensors
cp shared/$first a
cp shared/$second b
before=$(cat a/* b/* | cksum)
fails 2 "'nowhere' cannot be read" ganatomy dissect merge a nowhere
fails 2 "'c' has nothing of a shard" ganatomy dissect merge a c
fails 2 "shard 2 of 2 has not done pass 1.*--shard 2/2" ganatomy dissect merge a
fails 2 "shard 1 of 2 is there twice.*once" ganatomy dissect merge a b a
cp 2018-iqr-3-part1/shard-1-of-3.pass-1.safetensors c
fails 2 "one of 3 shards|one of 2 shards" ganatomy dissect merge a b c
rm c/*
cp 2020-2-part2/$second c
fails 3 "c/$second: is of another dissection" ganatomy dissect merge a c
for damage in "truncate -s -100 c/$second" "dd if=/dev/zero of=c/$second bs=1 count=64 seek=9000 conv=notrunc status=none" \
    "cp c/../a/$first c/$second"; do
    cp shared/$second c
    $damage
    fails 3 "c/$second: .*(delete it|damaged)|delete it.*c/$second" ganatomy dissect merge a c
done
test "$before" = "$(cat a/* b/* | cksum)"
test ! -e dissection
for share in 0/2 3/2 2 1/x 1/9999; do fails 2 "'--shard': found '$share', expected I/N" ganatomy dissect "$gan" $small --shard $share -o x; done
cp shared/merged.pass-1.safetensors a
dd if=/dev/zero of=a/merged.pass-1.safetensors bs=1 count=64 seek=900 conv=notrunc status=none
preset=2018-fixed
fails 3 "merge again.*merged.pass-1" shard 1/2 -o a
# a shard that was not run again after the merge
cp shared/merged.pass-1.safetensors a
cp shared/merged.pass-1.safetensors shared/shard-1-of-2.pass-2.safetensors a
cp shared/merged.pass-1.safetensors b
fails 2 "shard 2 of 2 has not done pass 2" ganatomy dissect merge a b

# ---- the model is another one since
cp "$gan" changed.safetensors
for i in 1 2; do ganatomy dissect changed.safetensors $small --shard $i/2 -o changed --quiet 2>said.err; done
cp "$SOURCE/models/fashion-gan.safetensors" changed.safetensors
fails 3 "the shards are of another 'changed.safetensors'" ganatomy dissect merge changed
rm changed.safetensors
fails 2 "changed.safetensors" ganatomy dissect merge changed
test ! -e changed/merged.pass-1.safetensors

# ---- shards of another dissection are not replaced, whoever asks for it
fails 2 "'--force' and '--shard'" ganatomy dissect "$gan" $small --shard 1/2 -o a --force
