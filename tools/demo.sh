#!/bin/bash
# The main jobs on the shipped models: pictures, the feature-map study of a GAN of MNIST digits, and which unit
# of a generator of scenes draws the sky, the trees, the doors.
# Everything goes to build/demo.
set -eu
cd "$(dirname "$0")/.."
out=build/demo
export PATH="$PWD/build/release:$PATH" GANATOMY_HOME="$PWD/$out/home"
export GANATOMY_DATA=${GANATOMY_DATA:-$PWD/build/npm}
mkdir -p "$out"

step() { # step WHAT COMMAND...: says and runs it
    echo
    echo "== $1"
    shift
    printf '   $'
    printf ' %s' "$@"
    echo
    "$@"
}

generator=models/mnist-gan.safetensors
classifier=models/lenet5.safetensors
scenes=models/scenes-gan.safetensors

step 'What this machine has' ganatomy doctor
step 'What the generator is made of' ganatomy model info $generator
step '64 digits that it makes' ganatomy generate $generator --ids 0-63 -o $out/digits.png
step 'Every unit of one layer, for one digit' \
    ganatomy features $generator --layer layer2 --z id:3 -o $out/features.png
step 'One digit with the features of another, more and more of them' \
    ganatomy swap $generator --layer layer1 --source id:3 --donor id:8 --random 128 --strip 8 \
    --nested -o $out/swap.png
step 'The whole study' \
    ganatomy study mnist-gan $generator --classifier $classifier -o $out/study
step '64 scenes that another generator makes' ganatomy generate $scenes --ids 0-63 -o $out/scenes.png
step 'Which of its units stand for what' \
    ganatomy dissect $scenes --layers layer4,layer6,layer8 --size 1000 --force -o $out/scenes

echo
echo 'Made, and where to look:'
echo "  $out/digits.png      64 generated digits"
echo "  $out/features.png    what each unit of layer2 draws for one of them"
echo "  $out/swap.png        a digit on its way to another, unit by unit"
page=$(find "$out/study" -maxdepth 1 -name '*.html' | head -n 1)
echo "  $page    the study: open it in a browser"
echo "  $out/scenes.png      64 generated scenes"
echo "  $out/scenes/dissect.html    the unit for trees, the unit for doors: open it in a browser"
