#!/bin/bash
# shapes.sh - for tests that source it: pictures and networks small enough to train in seconds.

# make_shapes FOLDER: 240 pictures of 8x8 as IDX files, a bright disc in the upper left (class 0) or
# a bright bar on the right (class 1), at 9 places each; the same for both splits.
make_shapes() {
    local split
    mkdir -p "$1"
    for split in train t10k; do
        { printf '\0\0\10\3\0\0\0\360\0\0\0\10\0\0\0\10'
          LC_ALL=C awk 'BEGIN {
            for (i = 0; i < 240; i++) {
                kind = i % 2; dy = int(i / 2) % 3; dx = int(i / 6) % 3
                for (y = 0; y < 8; y++)
                    for (x = 0; x < 8; x++) {
                        disc = (y - 2 - dy) ^ 2 + (x - 2 - dx) ^ 2 <= 3
                        bar = (x == 4 + dx || x == 5 + dx) && y >= dy
                        printf "%c", (kind ? bar : disc) ? 200 + i % 40 : i % 7
                    }
            }
          }'; } >"$1/$split-images-idx3-ubyte"
        { printf '\0\0\10\1\0\0\0\360'
          LC_ALL=C awk 'BEGIN { for (i = 0; i < 240; i++) printf "%c", i % 2 }'; } \
            >"$1/$split-labels-idx1-ubyte"
    done
}

# make_networks: tiny.json, its discriminator tiny-d.json, the classifier tiny-c.json and tiny-e.json,
# an encoder for latents of 4, here.
make_networks() {
    local up='"type": "ConvTranspose2d", "kernel_size": 4, "stride": 2, "padding": 1'
    local down='"type": "Conv2d", "kernel_size": 4, "stride": 2, "padding": 1'
    local leaky='"type": "LeakyReLU", "negative_slope": 0.2'
    cat >tiny.json <<END
{"format": "ganatomy-arch-1", "name": "tiny",
 "input": {"name": "z", "size": 4, "law": "normal"}, "output": {"range": [-1, 1]}, "layers": [
 {"name": "a.fc", "type": "Linear", "in_features": 4, "out_features": 64},
 {"name": "a.view", "type": "Unflatten", "unflattened_size": [16, 2, 2]},
 {"name": "a.bn", "type": "BatchNorm2d", "num_features": 16}, {"name": "a", $leaky},
 {"name": "b.conv", $up, "in_channels": 16, "out_channels": 8},
 {"name": "b.bn", "type": "BatchNorm2d", "num_features": 8}, {"name": "b", $leaky},
 {"name": "c.conv", $up, "in_channels": 8, "out_channels": 1}, {"name": "c", "type": "Tanh"}]}
END
    cat >tiny-d.json <<END
{"format": "ganatomy-arch-1", "name": "tiny-d",
 "input": {"name": "image", "shape": [1, 8, 8], "range": [-1, 1]},
 "output": {"kind": "logits"}, "layers": [
 {"name": "a.conv", $down, "in_channels": 1, "out_channels": 8}, {"name": "a", $leaky},
 {"name": "b.conv", $down, "in_channels": 8, "out_channels": 16},
 {"name": "b.bn", "type": "BatchNorm2d", "num_features": 16}, {"name": "b", $leaky},
 {"name": "flat", "type": "Flatten"},
 {"name": "fc", "type": "Linear", "in_features": 64, "out_features": 1}]}
END
    cat >tiny-e.json <<END
{"format": "ganatomy-arch-1", "name": "tiny-e",
 "input": {"name": "image", "shape": [1, 8, 8], "range": [-1, 1]},
 "output": {"kind": "latent"}, "layers": [
 {"name": "flat", "type": "Flatten"},
 {"name": "a.fc", "type": "Linear", "in_features": 64, "out_features": 16}, {"name": "a", $leaky},
 {"name": "out", "type": "Linear", "in_features": 16, "out_features": 4}]}
END
    cat >tiny-c.json <<END
{"format": "ganatomy-arch-1", "name": "tiny-c",
 "input": {"name": "image", "shape": [1, 8, 8], "range": [0, 1]},
 "output": {"kind": "logits"}, "layers": [
 {"name": "flat", "type": "Flatten"},
 {"name": "fc", "type": "Linear", "in_features": 64, "out_features": 16},
 {"name": "features", "type": "ReLU"},
 {"name": "out", "type": "Linear", "in_features": 16, "out_features": 2}]}
END
}

# points HOME RUN: the run's curves as text; files HOME RUN: its files, without places.
points() {
    sqlite3 "$1/ganatomy.db" "select s.name, p.step, p.kind, p.v from point p
        join series s on s.id = p.series join run r on r.id = s.run
        where r.name = '$2' order by 1, 2"
}
files() {
    sqlite3 "$1/ganatomy.db" "select a.kind, a.step, a.bytes, a.sha256 from artifact a
        join run r on r.id = a.run where r.name = '$2' order by 1, 2"
}
# said HOME RUN: what was recorded besides: changes, findings, what was measured of samples
said() {
    sqlite3 "$1/ganatomy.db" "select e.step, e.kind, e.text from event e
        join run r on r.id = e.run where r.name = '$2' order by 1, 2, 3"
}
# state HOME RUN: state and error of a run
state() {
    sqlite3 -separator ' ' "$1/ganatomy.db" "select state, error from run where name = '$2'"
}
