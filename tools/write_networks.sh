#!/bin/bash
# Renews the table of networks in a page: tools/write_networks.sh BINARY FILE
# What stands between the lines <!-- networks --> and <!-- end --> is replaced.
set -eu -o pipefail
binary=$1 file=$2
# families at their defaults are listed by the command; these stand behind their family
more=(
    'mlp-gan:pixels=32,channels=3' 'dcgan:width=8,z=100' 'dcgan:width=10,z=75' 'dcgan:pixels=32'
    'dcgan:pixels=32,width=10,z=100' 'dcgan:pixels=32,width=12,z=75'
    'dcgan:pixels=64,channels=3,width=128,z=100' 'dcgan:pixels=128,channels=3,width=16'
    'dcgan-d:norm=none' 'dcgan-d:classes=10' 'dcgan-d:pixels=32' 'vae:pixels=32,channels=3'
    'encoder:pixels=32' 'cnn:width=16' 'cnn:pixels=32,channels=3' 'cnn:pixels=64,channels=3')

line() { # facts of one network on stdin
    jq -r '"| `\(.name)` | \(.what) | \(if .partner then "`\(.partner)`" else "" end) | " +
        "\(.parameters) | \(.multiply_adds / 1e4 | round / 100) |"'
}

table() {
    echo '| network | reads -> makes | partner | parameters | 10^6 multiply-adds |'
    echo '|---|---|---|---|---|'
    "$binary" model archs --json | jq -c '.architectures[], .families[] | {name, what, partner,
        parameters, multiply_adds}' | while IFS= read -r row; do
        line <<<"$row"
        name=$(jq -r .name <<<"$row")
        for spec in "${more[@]}"; do
            [[ ${spec%%:*} == "$name" ]] && "$binary" model archs "$spec" --json | line
        done
    done
}

table >"$file.table"
awk -v table="$file.table" '
    /^<!-- end -->$/ {inside = 0}
    !inside {print}
    /^<!-- networks -->$/ {inside = 1; while ((getline row <table) > 0) print row}
' "$file" >"$file.new"
rm "$file.table"
mv "$file.new" "$file"
