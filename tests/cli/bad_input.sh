#!/bin/bash
# Files from outside that are broken or hostile, and places that cannot be written: one sentence on
# standard error that names the file, exit 2 (usage) or 3 (data), nothing left behind.
set -u
export GANATOMY_THREADS=1
small=$SOURCE/tests/data/small
failures=0

# refuse CODE PATTERN COMMAND...: the command ends with CODE (a pattern), says one sentence that
# matches, nothing else, and makes no file. The help line after a usage error is allowed.
refuse() {
    local code=$1 pattern=$2 before after got
    shift 2
    before=$(find . -path ./said -prune -o -print | sort)
    "$@" >said/out 2>said/err </dev/null
    got=$?
    after=$(find . -path ./said -prune -o -print | sort)
    grep -v "^'ganatomy help" said/err >said/words
    if [[ ! $got =~ ^($code)$ ]] || [[ -s said/out ]] || [[ $before != "$after" ]] ||
        [[ $(wc -l <said/words) -ne 1 ]] || ! grep -qE -e "^ganatomy: .*$pattern" said/words; then
        echo "exit $got, expected $code and '$pattern': $*"
        sed 's/^/    /' said/out said/err
        diff <(echo "$before") <(echo "$after") | sed 's/^/    /'
        failures=$((failures + 1))
    fi
}

mkdir said
ganatomy model import --arch "$small/generator.json" "$small/generator.safetensors" -o g.model \
    --quiet || exit 1
ganatomy model import --arch "$small/classifier.json" "$small/classifier.safetensors" -o c.model \
    --quiet || exit 1

# ---- weight files: every one of the bad ones, by two ways in; the name is in the sentence
for file in "$SOURCE"/tests/data/weights/bad/*; do
    name=$(basename "$file")
    [[ $name == *.txt ]] && continue
    refuse '3|4' "$name" ganatomy model info "$file"
    refuse '3|4' "$name" ganatomy model import --arch "$small/generator.json" "$file" -o no.model
done

# ---- a model cut short, with more at its end, with numbers that are none
size=$(stat -c %s g.model)
for n in 0 1 7 8 9 100 $((size / 2)) $((size - 1)); do
    head -c "$n" g.model >cut.model
    refuse 3 'cut.model' ganatomy generate cut.model
done
{ cat g.model; echo; } >long.model
refuse 3 'long.model: data_offsets: the tensors end at byte [0-9]+ of the data, the file at' \
    ganatomy generate long.model
{ head -c $((size - 4)) g.model; printf '\0\0\300\177'; } >nan.model
refuse 3 "nan.model: '[a-z0-9_.]+' holds 1 NaN" ganatomy generate nan.model
refuse 3 "nan.model: '[a-z0-9_.]+' holds 1 NaN" ganatomy swap nan.model --layer layer1 --source id:0 \
    --donor id:1 --random 1

# ---- latents in .npy
cp "$small/three.npy" good.npy
head -c 170 good.npy >cut.npy
refuse 3 'cut.npy: offset 128: data: 42 bytes, expected 48' ganatomy swap g.model --layer layer1 \
    --sources cut.npy --donors good.npy --random 1
{ cat good.npy; echo; } >long.npy
refuse 3 'long.npy: offset 128: data: 49 bytes, expected 48' ganatomy generate g.model --z long.npy:0
sed 's/(3, 4)/(4, 3)/' good.npy >turned.npy
refuse 3 "'turned.npy' holds rows of 3 values, the model reads latents of 4" \
    ganatomy generate g.model --z turned.npy:0
sed 's/(3, 4), }    /(-3, -4), }  /' good.npy >negative.npy
refuse 3 'negative.npy' ganatomy generate g.model --z negative.npy:0
{ head -c 172 good.npy; printf '\0\0\300\177'; } >nan.npy
refuse 3 "'nan.npy': value 3 of row 2 is not a number that fits 32-bit floats" \
    ganatomy generate g.model --z nan.npy:0
: >empty.npy
refuse 3 'empty.npy: the file is empty' ganatomy generate g.model --z empty.npy:0

# ---- latents of the study in JSON
study() {
    refuse "$1" "$2" ganatomy study mnist-gan g.model --classifier c.model --latents "$3" -o study
}
jq 'del(.ones)' "$small/latents.json" >l.json
study 3 "l.json: 'ones': is missing, expected a list of 5 to 16 latents" l.json
jq '.twos = .ones' "$small/latents.json" >l.json
study 3 "l.json: 'twos': is not a known field" l.json
jq '.ones |= .[:4]' "$small/latents.json" >l.json
study 3 "l.json: 'ones': found 4 latents, expected 5 to 16" l.json
jq '.fives[2] |= .[:3]' "$small/latents.json" >l.json
study 3 "l.json: 'fives': latent 2: found 3 numbers, the model reads 4" l.json
jq '.fives[2][1] = "x"' "$small/latents.json" >l.json
study 3 "l.json: 'fives': latent 2: value 1 is not a number" l.json
jq '.sevens[0][0] = 1e200' "$small/latents.json" >l.json
study 3 "l.json: 'sevens': latent 0: value 0 is 1e\+200, beyond 32-bit floats" l.json
echo '[]' >l.json
study 3 'l.json: expected an object with the keys zeros, ones, ...' l.json
head -c 300 "$small/latents.json" >l.json
study 3 'l.json: line 1 column [0-9]+: ' l.json
: >l.json
study 3 'l.json: ' l.json
study 2 "reading 'gone.json': No such file or directory" gone.json
refuse 2 "unknown verb 'study mnist' \(did you mean 'study mnist-gan'\?\)" ganatomy study mnist g.model -o s
refuse 2 'reads pictures' ganatomy study mnist-gan c.model --classifier c.model -o study
refuse 2 'a classifier is needed' ganatomy study mnist-gan g.model --classifier g.model -o study

# ---- ten pictures of noise, as IDX files
mkdir idx
{ printf '\0\0\010\003\0\0\0\012\0\0\0\020\0\0\0\020'; head -c 2560 "$small/generator.safetensors"; } \
    >idx/train-images-idx3-ubyte
printf '\0\0\010\001\0\0\0\012\0\1\2\3\4\5\6\7\10\11' >idx/train-labels-idx1-ubyte

# ---- places that cannot be written: a folder that is a file, one that is not there, a folder
# where a file should be, a full disk
for place in g.model/x gone/x; do
    refuse 3 "writing '$place.png': (Not a directory|No such file or directory)" \
        ganatomy generate g.model -o $place.png
    refuse 3 "writing '$place.npy'" ganatomy generate g.model --npy $place.npy -o fine.png
    refuse 3 "writing '$place.png'" ganatomy generate g.model --npy fine.npy -o $place.png
    refuse 3 "writing '$place.png'" ganatomy features g.model --layer layer1 -o $place.png
    refuse 3 "writing '$place.png'" ganatomy features g.model --layer layer1 --npy fine.npy \
        -o $place.png
    refuse 3 "writing '$place.png'" ganatomy swap g.model --layer layer1 --source id:0 --donor id:1 \
        --random 2 -o $place.png
    refuse 3 "writing '$place.png'" ganatomy data show ./idx -o $place.png
    refuse 3 "writing '$place.npz'" ganatomy model export g.model -o $place.npz
    refuse 3 "writing '$place.model'" ganatomy model import --arch "$small/generator.json" \
        "$small/generator.safetensors" -o $place.model
done
refuse 3 "making the folder 'g.model/s': Not a directory" ganatomy study mnist-gan g.model \
    --classifier c.model --latents "$small/latents.json" -o g.model/s
mkdir folder
refuse 3 "writing 'folder': Is a directory" ganatomy generate g.model -o folder
refuse 3 "writing '/dev/full': No space left on device" ganatomy model export g.model --form npz \
    -o /dev/full
refuse 3 "writing '/dev/full': No space left on device" ganatomy generate g.model -o /dev/full

# A file that may not grow is the disk that fills while it is written. (Blocks of 1,024 bytes.)
limited() {
    (ulimit -f "$1" && shift && exec "$@")
}
refuse 3 "writing 'e.npz': File too large" limited 4 ganatomy model export g.model -o e.npz
refuse 3 "writing 'e.safetensors': File too large" limited 4 \
    ganatomy model export g.model -o e.safetensors
refuse 3 "writing 'e.pth': File too large" limited 4 ganatomy model export g.model -o e.pth
refuse 3 "writing 'a.npy': File too large" limited 4 ganatomy generate g.model --npy a.npy -o a.png
refuse 3 "writing 'a.png': File too large" limited 1 ganatomy generate g.model --ids 0-199 -o a.png
refuse 3 "writing 'f.png': File too large" limited 1 ganatomy features g.model --layer layer0.fc \
    -o f.png
refuse 3 "writing 's.png': File too large" limited 1 ganatomy swap g.model --layer layer1 --source id:0 \
    --donor id:1 --strip 30 -o s.png
refuse 3 "writing 'd.png': File too large" limited 1 ganatomy data show ./idx -o d.png
refuse 3 "writing 'n.model': File too large" limited 4 ganatomy model import \
    --arch "$small/generator.json" "$small/generator.safetensors" -o n.model
refuse 3 "writing 'study/study.(json|html)': File too large" limited 4 ganatomy study mnist-gan \
    g.model --classifier c.model --latents "$small/latents.json" -o study

# What was there stays as it was.
echo old >kept.npz
refuse 3 "writing 'kept.npz': File too large" limited 4 ganatomy model export g.model -o kept.npz
[[ $(cat kept.npz) == old ]] || { echo "kept.npz was touched"; failures=$((failures + 1)); }

# A folder that may not be written to (root may, so root does not ask).
if [[ $(id -u) -ne 0 ]]; then
    mkdir closed
    chmod a-w closed
    refuse 3 "writing 'closed/x.png': Permission denied" ganatomy generate g.model -o closed/x.png
    chmod u+w closed
fi

# ---- options: the nearest right one is named
refuse 2 "unknown option '--sed' of 'generate' \(did you mean '--seed'\?\)" ganatomy generate g.model --sed 1
refuse 2 "unknown option '--layers' of 'swap' \(did you mean '--layer'\?\)" ganatomy swap g.model --layers x
refuse 2 "unknown option '--latent' of 'study mnist-gan' \(did you mean '--latents'\?\)" \
    ganatomy study mnist-gan g.model --latent x
refuse 2 "'--bn': found 'btch', expected one of running, batch, image \(did you mean 'batch'\?\)" \
    ganatomy generate g.model --bn btch
refuse 2 "'generate' takes no word after MODEL, found 'other'" ganatomy generate g.model other
refuse 2 "'swap' needs --layer LAYER" ganatomy swap g.model
refuse 2 "'study mnist-gan' needs --output" ganatomy study mnist-gan g.model

# ---- the environment
refuse 2 "'GANATOMY_THREADS': found 'two', expected a whole number from 1 to 1024" \
    env GANATOMY_THREADS=two ganatomy generate g.model -o x.png

echo "bad_input.sh: $failures failures"
[[ $failures -eq 0 ]]
