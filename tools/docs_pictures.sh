#!/bin/bash
# Makes the pictures of docs/networks, docs/losses and docs/scores again, and some of docs/lint, from small
# trainings of digits: tools/docs_pictures.sh [BINARY]
# Runs are kept in build/docs-pictures and taken up where they are; delete one to have it trained again.
# A quarter of an hour of one core; the same machine and instruction set gives the same pictures.
set -eu -o pipefail
cd "$(dirname "$0")/.."
binary=$(realpath "${1:-build/release/ganatomy}")
export GANATOMY_HOME=$PWD/build/docs-pictures GANATOMY_DATA=${GANATOMY_DATA:-$PWD/build/npm}
export GANATOMY_MODELS=$PWD/models GANATOMY_THREADS=1
out=docs/pictures
mkdir -p "$GANATOMY_HOME" $out/networks $out/losses $out/scores $out/lint

ganatomy() {
    nice -n 5 "$binary" "$@"
}

train() { # train RUN KIND OPTIONS...: unless there is such a run
    local run=$1 kind=$2 state=
    shift 2
    state=$(ganatomy runs show "$run" --json 2>/dev/null | jq -r .state) || true
    case $state in
    done | diverged) ;;
    '')
        echo "training $run"
        ganatomy train "$kind" "$@" --out "$run" --quiet
        ;;
    *)
        echo "going on with $run"
        ganatomy train "$kind" --out "$run" --resume --quiet
        ;;
    esac
}

gan() { # gan RUN STEPS OPTIONS...: a small DCGAN of digits
    local run=$1 steps=$2
    shift 2
    train "$run" gan --arch dcgan:width=16,z=32 --data mnist --steps "$steps" --sample-every 0 "$@"
}

measured() { # the same, with the distance to test digits every hundred steps
    gan "$@" --eval-every 100 --features lenet5
}

curves() { # curves FILE RUN NAMES OPTIONS...
    local file=$1 run=$2 names=$3
    shift 3
    ganatomy runs show "$run" --curves "$names" "$@" --quiet -o "$out/$file"
}

compare() { # compare FILE NAMES RUN... [OPTIONS...]
    local file=$1 names=$2
    shift 2
    ganatomy runs compare "$@" --curves "$names" --quiet -o "$out/$file" >/dev/null
}

sheet() { # sheet FILE MODEL OPTIONS...
    local file=$1 model=$2
    shift 2
    ganatomy generate "$model" "$@" --quiet -o "$out/$file"
}

# ---- trainings ----------------------------------------------------------------------------------

plain=dcgan-d:width=16,norm=none
measured nonsaturating 1500
measured minimax 1500 --loss minimax
measured least-squares 1500 --preset lsgan
measured hinge-sn 1500 --preset hinge-sn --discriminator $plain
measured wasserstein 500 --preset wgan
measured smoothed 1500 --real-target 0.9

few=(--discriminator "$plain" --images 200 --lr 0.0005 --init pytorch)
measured few 800 "${few[@]}"
train lenet classifier --arch lenet5 --data mnist --steps 1200
train homework-cnn classifier --arch homework-cnn --data mnist --steps 300
train cnn classifier --arch cnn:width=8 --data mnist --steps 300
gan sevens 400 --classes 7 --lr 0.0005 --eval-every 0
train twenty gan --arch mlp-gan:width=64,z=16 --data mnist --images 20 --batch 20 --lr 0.0005 --steps 5000 \
    --eval-every 0 --sample-every 0
train told cgan --arch dcgan:width=16,z=32,classes=10 --data mnist --steps 800 --lr 0.0005 --eval-every 0 \
    --sample-every 0
train digits-vae vae --arch vae:width=16 --data mnist --steps 400 --eval-every 0 --sample-every 0
train reader encoder --arch encoder:width=16 --generator nonsaturating --steps 400
train mlp gan --arch mlp-gan:width=64,z=32 --data mnist --steps 1000 --lr 0.0005 --eval-every 0 --sample-every 0
train grown gan --arch progan:pixels=32,channels=1,z=32,top=32,width=8 --data mnist --preset progan --steps 1500 \
    --eval-every 0 --sample-every 0
train lost gan --arch mlp-gan:width=32,z=16 --data mnist --steps 300 --lr 0.001 --lr-d 0.000001 --init pytorch \
    --eval-every 0 --sample-every 0
train dead vae --arch vae-mlp:width=64,z=16 --data mnist --steps 800 --kl-weight 2 --lr 0.003 --optimizer adamw \
    --weight-decay 1 --eval-every 0 --sample-every 0
gan hinge 600 --loss hinge --discriminator $plain --lr-d 0.0004 --beta1 0 --init pytorch --eval-every 0
gan few-r1 600 "${few[@]}" --r1 1 --r1-every 4 --eval-every 0
measured average 500 --lr 0.002
measured no-average 500 --lr 0.002 --ema 0

# ---- pictures -----------------------------------------------------------------------------------

ganatomy runs show nonsaturating --sheets --quiet -o $out/networks/dcgan.png
sheet networks/conditional.png told --label 0-9 --ids 0-39
sheet networks/mlp-gan.png mlp --ids 0-29
sheet networks/mnist-gan.png mnist-gan --ids 0-29
sheet networks/progan.png grown --ids 0-29
sheet networks/vae.png digits-vae --ids 0-29
curves networks/encoder.svg reader latent,pixel
for network in lenet5 homework-cnn cnn; do
    ganatomy classify $network --data mnist --worst 20 --quiet -o "$GANATOMY_HOME/read-$network" >/dev/null
done
cp "$GANATOMY_HOME/read-lenet5/mistakes.png" $out/networks/lenet5.png
cp "$GANATOMY_HOME/read-homework-cnn/mistakes.png" $out/networks/homework.png
cp "$GANATOMY_HOME/read-cnn/confusion.png" $out/networks/cnn.png

curves losses/nonsaturating.svg nonsaturating loss_d,loss_g --rolling 50
compare losses/minimax.svg grad_g nonsaturating minimax --rolling 20 --log --to 800
curves losses/least-squares.svg least-squares d_real,d_fake --rolling 50
curves losses/hinge.svg hinge-sn d_real,d_fake --rolling 50
curves losses/wasserstein.svg wasserstein loss_d --rolling 20
compare losses/label-smoothing.svg d_real nonsaturating smoothed --rolling 50 --to 800
compare losses/spectral.svg grad_g hinge hinge-sn --rolling 20 --log --to 600
compare losses/r1.svg loss_g few few-r1 --to 600
compare losses/ema.svg frechet average no-average --log
curves losses/cross-entropy.svg lenet loss,test/loss --bound 0.6
curves losses/vae.svg digits-vae recon,kl --rolling 20 --bound 300

compare scores/frechet.svg frechet nonsaturating least-squares hinge-sn minimax --log
sheet scores/kernel.png hinge-sn --ids 0-29
sheet scores/precision-recall.png sevens --ids 0-29
sheet scores/density-coverage.png few --ids 0-29
sheet scores/inception.png sevens --classifier lenet5 --ids 30-49
sheet scores/class-shares.png twenty --classifier lenet5 --ids 0-29
sheet scores/certainty.png mlp --classifier lenet5 --ids 0-29
sheet scores/support.png twenty --ids 0-59
sheet scores/labels.png told --label 0-9 --ids 0-29 --classifier lenet5
sheet scores/train-on-fakes.png told --label 0-9 --ids 100-139
ganatomy data show mnist --quiet -o $out/scores/floor.png >/dev/null
ganatomy evaluate twenty --data mnist --scores copying --n 1000 --quiet -o "$GANATOMY_HOME/copies" >/dev/null
cp "$GANATOMY_HOME/copies/neighbours.png" $out/scores/copying.png

for rate in 0.002 0.02 0.5; do
    train rate-$rate classifier --arch lenet5 --data mnist --images 3000 --steps 120 --lr $rate
done
compare lint/step-too-large.svg update rate-0.002 rate-0.02 rate-0.5 --log
curves lint/discriminator-lost.svg lost d_real,d_fake
latent() { # latent PLACE VALUE: sixteen numbers, all 0 but one
    local numbers=(0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0)
    numbers[$1]=$2
    (
        IFS=,
        echo "${numbers[*]}"
    )
}
latents=()
for place in 0 1 2 6 7 8; do # three that are dead, three that are not
    for value in -2.5 -1.5 -0.5 0.5 1.5 2.5; do
        latents+=(--z "$(latent $place $value)")
    done
done
sheet lint/dead-latents.png dead "${latents[@]}"
