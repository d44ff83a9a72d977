#!/bin/bash
# Every kind of training by its command, on pictures of 8x8: what it leaves behind and refuses.
set -eu
export OMP_NUM_THREADS=1 OMP_WAIT_POLICY=passive
source "$SOURCE/tests/cli/said.sh"
source "$SOURCE/tests/cli/shapes.sh"
make_shapes shapes
make_networks
small="--data ./shapes --batch 24 --seed 5 --threads 1 --eval-images 60"

# a generator that is told the class; the knobs follow from the data: 8 pixels, 2 classes
ganatomy train cgan --arch cmlp-gan:width=8,z=4 $small --steps 300 --lr 0.002 --init pytorch \
    --sample-every 150 --out told >said.out
grep -q "^step 0: train/loss_d 1\.[34]" said.out
grep -q "^step 300: loss_d " said.out
test -s home/runs/told/discriminator.safetensors
test -s home/runs/told/samples/step-000000.png
ganatomy model info told --json | jq -e '.label.classes == 2' >said.out
ganatomy generate told --ids 0-7 --label 1 -o bars.png
ganatomy train classifier --arch tiny-c.json $small --epochs 30 --lr 0.02 --shift 0 --out reader \
    --json >classifier.json
jq -e '.test_accuracy == 1 and .kind == "classifier"' classifier.json >said.out
fails 2 "is not told the class: 'train cgan' needs" \
    ganatomy train cgan --arch tiny.json --discriminator tiny-d.json $small --steps 1 --out x
fails 2 "is told the class: use 'train cgan'" \
    ganatomy train gan --arch cmlp-gan:pixels=8,classes=2 $small --steps 1 --out x

# distances over the training, on a classifier's features
ganatomy train gan --arch tiny.json --discriminator tiny-d.json $small --steps 40 --eval-every 20 \
    --features reader --score-images 200 --out scored >said.out 2>said.err
# forty steps are too few to speak of mode collapse, though the samples are all alike; 200 are not
test "$(grep -c "mode-collapse" said.err)" = 0
ganatomy train gan --arch tiny.json --discriminator tiny-d.json $small --steps 200 --lr 0.000001 \
    --out alike >alike.out 2>said.err
grep -q "^note: mode-collapse: .* or the training was too short (.*docs/lint/mode-collapse.md)" said.err
test "$(sqlite3 home/ganatomy.db "select count(*) from event where kind = 'lint'")" = 1
grep -q "; frechet [0-9.]* precision [0-9.]* recall [0-9.]* coverage [0-9.]* (n 200)" said.out
test "$(points home scored | grep -c '^frechet|')" = 3
test "$(points home scored | grep -c '^coverage|')" = 3
fails 2 "no score 'frechete' .nearest: 'frechet'." ganatomy train gan --arch tiny.json \
    --discriminator tiny-d.json $small --steps 1 --features reader --scores frechete --out x
fails 2 "has 240 test pictures" ganatomy train gan --arch tiny.json --discriminator tiny-d.json \
    $small --steps 1 --features reader --score-images 241 --out x

# sheets of so many pictures, one pixel each; fine curves every third step
ganatomy train gan --arch tiny.json --discriminator tiny-d.json $small --steps 7 \
    --sample-count 5 --sample-zoom 1 --sample-every 3 --detail-every 3 --out few-points --quiet
test "$(od -An -tu4 --endian=big -j16 -N8 home/runs/few-points/samples/step-000006.png | xargs)" = "36 26"
test "$(points home few-points | grep -c '^loss_d|')" = 7
test "$(points home few-points | grep -c '^grad_d|')" = 2

# as many sheets as a short training wants, unless somebody says
ganatomy train gan --arch tiny.json --discriminator tiny-d.json $small --steps 50 --out ten --quiet
test "$(ls home/runs/ten/samples)" = "$(printf 'step-%06d.png\n' $(seq 0 5 50))"
ganatomy train vae --arch vae-mlp:width=8,z=2 $small --steps 7 --out seven --quiet
test "$(ls home/runs/seven/samples | wc -l)" = 8
# pictures of another size are resized, and it is said
ganatomy train gan --arch mlp-gan:width=8,z=4,pixels=12 $small --steps 1 --out twelve >said.out 2>said.err
grep -q "^note: the pictures of './shapes' are 8 x 8, 'mlp-gan:width=8,z=4,pixels=12,channels=1' makes 12 x 12: they are resized to that, bilinearly$" said.err
ganatomy train classifier --arch lenet5 $small --steps 1 --out thirty-two >said.out 2>said.err || true
grep -q "are 8 x 8, 'lenet5' reads 32 x 32: they are resized" said.err
ganatomy train gan --arch mlp-gan:width=8,z=4 $small --steps 1 --out eight >said.out 2>said.err
test "$(grep -c resized said.err)" = 0

# a rate far too high, but no loss that is infinite: the first step gives it away, a usual rate does not
ganatomy train classifier --arch tiny-c.json $small --steps 60 --lr 2 --out wild >said.out 2>said.err
grep -qE "^note: step-too-large: step [0-9]+ moved the weights by [0-9.]+ times their own length.*docs/lint/step-too-large.md" said.err
ganatomy train classifier --arch tiny-c.json $small --steps 60 --lr 0.02 --out tame >said.out 2>said.err
test "$(grep -c step-too-large said.err)" = 0

# options of the game; a preset is its options
ganatomy train gan --arch tiny.json --discriminator tiny-d.json $small --steps 3 --preset wgan \
    --clip 0.02 --out critic --quiet
sqlite3 home/ganatomy.db "select config from run where name = 'critic'" >config.json
jq -e '.loss == "wasserstein" and .clip == 0.02 and ."d-steps" == 5 and .optimizer == "rmsprop"' \
    config.json >said.out
fails 2 "layer 'b.bn' .*no gradient penalty passes it" ganatomy train gan --arch tiny.json --discriminator tiny-d.json $small \
    --steps 1 --r1 1 --out x
grep -q "^note: the discriminator has batch norm (layer 'b.bn'), which no gradient penalty passes: one without it is, for a DCGAN, --discriminator dcgan-d:norm=none (docs/losses/r1.md)$" said.err
ganatomy train gan --arch tiny.json --discriminator tiny-d.json $small --steps 1 --spectral --out bound 2>said.err >said.out
grep -q "^note: the discriminator has batch norm .*, which undoes what spectral normalisation bounds: " said.err
# a preset takes the usual discriminator without batch norm, and the run records it
for preset in r1 hinge-sn; do
    ganatomy train gan --arch dcgan:width=1,z=2 $small --pixels 28 --steps 1 --batch 4 --preset $preset --out no-norm-$preset \
        2>said.err >said.out
    grep -q "^note: --preset $preset takes --discriminator dcgan-d:.*norm=none, as batch norm" said.err
    test "$(grep -c "discriminator has batch norm" said.err)" = 0
    sqlite3 home/ganatomy.db "select config from run where name = 'no-norm-$preset'" |
        jq -e '.discriminator | test("^dcgan-d:.*norm=none$")' >said.out
done
ganatomy train gan --arch dcgan:width=1,z=2 $small --pixels 28 --steps 1 --batch 4 --preset r1 --out no-norm-r1 --resume >said.out
grep -q "run 'no-norm-r1' is finished" said.out
ganatomy train gan --arch mlp-gan:width=8,z=4 $small --steps 4 --preset r1 --spectral --out smooth \
    --quiet
test "$(points home smooth | grep -c '^penalty|')" = 4
# the same command takes a run up again, also where a family was fitted to the pictures
ganatomy train gan --arch mlp-gan:width=8,z=4 $small --steps 4 --preset r1 --spectral --out smooth \
    --resume >said.out
grep -q "run 'smooth' is finished" said.out
fails 2 "begun with --arch 'mlp-gan:width=8,z=4,pixels=8,channels=1', not 'mlp-gan:width=9,z=4,pixels=8,channels=1'" \
    ganatomy train gan --arch mlp-gan:width=9,z=4 $small --steps 4 --out smooth --resume
ganatomy train gan --arch mlp-gan:width=8,z=4 $small --classes 1 --images 60 --steps 8 \
    --preset small-data --augment-p 0.5 --out few --quiet
test "$(points home few | grep -c '^augment_p|')" = 8
ganatomy runs export few -o few --quiet # says how the hash of the selected pictures is seen
grep -q "data info ./shapes --classes 1 --images 60. prints it" few/README.txt
fails 2 "loss" ganatomy train gan --arch tiny.json $small --loss softest --out x
# every preset is options that there are, also in batches as large as those that only look
for preset in study lsgan hinge-sn wgan small-data r1 progan; do
    ganatomy train cgan --arch cmlp-gan:width=8,z=4,classes=2 $small --batch 96 --steps 1 \
        --preset $preset --out told-$preset --quiet
done
for preset in quick careful; do
    ganatomy train classifier --arch cnn:width=2,classes=2 --pixels 28 $small --epochs 1 \
        --preset $preset --out reads-$preset --quiet
done
# a classifier is asked about pictures as it was trained on them, if nobody says otherwise
ganatomy classify reads-quick --json | jq 'del(.seconds)' >as-trained.json
ganatomy classify reads-quick --data ./shapes --pixels 28 --json | jq 'del(.seconds)' >enlarged.json
ganatomy classify reads-quick --data ./shapes --pixels 8 --json | jq 'del(.seconds)' >as-they-are.json
cmp as-trained.json enlarged.json
cmp -s as-trained.json as-they-are.json && { echo "pixels make no difference"; exit 1; }

# a critic's outputs are no chances: however far apart they are, nobody has won or lost by them
ganatomy train gan --arch tiny.json --discriminator tiny-d.json $small --steps 100 --quiet \
    --loss wasserstein --lr 0.0001 --lr-d 0.01 --out apart
test "$(points home apart | awk -F'|' '$1 == "d_real" && $2 == 100 && $4 > 1' | wc -l)" = 1
test "$(sqlite3 home/ganatomy.db "select count(*) from event join run on run.id = event.run
    where run.name = 'apart' and text like '%discriminator-%'")" = 0
ganatomy runs show apart --json | jq -e '[.lint[].code | select(startswith("discriminator"))] == []' \
    >said.out

# an encoder of the generator's pictures
ganatomy train encoder --arch tiny-e.json --generator told --batch 24 --steps 40 --threads 1 \
    --out back >said.out
grep -q "fakes/latent [0-9.]* fakes/pixel" said.out

# an autoencoder: the decoder is a generator, the encoder stands beside it
ganatomy train vae --arch vae-mlp:width=16,z=4 $small --steps 200 --lr 0.003 --out dreams >said.out
grep -q "step 200: loss .* recon .* kl " said.out
test -s home/runs/dreams/encoder.safetensors
ganatomy generate dreams --ids 0-3 -o dreams.png
# its loss is above ln 2, and that is no plateau: guessing classes is a classifier's matter
ganatomy runs show dreams --json >dreams.json
jq -e '.curves.loss.last > 0.7 and ([.lint[].code] | index("plateau") | not)' dreams.json >said.out

# changed while it runs: the wish is heard, recorded, and kept by the checkpoint
fails 2 "is done, so nobody would hear it" ganatomy runs set critic lr=0.1
fails 2 "did you mean 'lr'" ganatomy runs set critic rl=0.1
fails 2 "is not OPTION=NUMBER" ganatomy runs set critic lr=fast
ganatomy train gan --arch tiny.json --discriminator tiny-d.json $small --steps 100000 \
    --out long >long.log 2>long.err &
while ! test -f home/runs/long/checkpoint.safetensors; do sleep 0.05; done
ganatomy runs set long lr=0.0001 noise=0.5
while test -f home/runs/long/control.json; do sleep 0.05; done
grep -q "^step 0: " long.log # a line is in the file as soon as it is said
kill -INT $!
wait $! || test $? = 130
sqlite3 home/ganatomy.db "select text from event join run on run.id = event.run
    where run.name = 'long' and event.kind = 'change'" >events
grep -q '"from":0.0002,"option":"lr","to":0.0001' events
grep -q '"option":"noise"' events
