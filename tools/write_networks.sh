#!/bin/bash
# Renews what the program knows of networks in pages: tools/write_networks.sh BINARY PAGE...
# In a page, the lines up to <!-- end --> behind one of these are made anew:
#   <!-- networks A B -->  a table of these networks, with what they read, make and cost
#   <!-- knobs A B -->     the knobs of these families
#   <!-- layers A -->      the layers of a network
#   <!-- list -->          all networks and families, each with the page beside this one that has it
set -eu -o pipefail
binary=$1
shift
all=$("$binary" model archs --json)

heading() {
    echo '| network | reads -> makes | partner | parameters | 10^6 multiply-adds |'
    echo '|---|---|---|---|---|'
}

row() { # facts of one network on stdin; its name as a link to PAGE, if that is not empty
    jq -r --arg page "$1" '"`\(.name)`" as $name |
        "| \(if $page == "" then $name else "[\($name)](\($page))" end) | \(.what) | " +
        "\(if .partner then "`\(.partner)`" else "" end) | " +
        "\(.parameters) | \(.multiply_adds / 1e4 | round / 100) |"'
}

networks() { # networks NAME...
    heading
    local name
    for name; do # a short name is listed as what it is short for; here it keeps its own
        "$binary" model archs "$name" --json | jq --arg name "$name" '.name = $name' | row ''
    done
}

list() { # list PAGE: the first page of networks/ that has a network in its table is the network's
    local folder name page
    folder=$(dirname "$1")
    heading
    for name in $(jq -r '(.architectures + .families)[].name' <<<"$all"); do
        page=$(grep -lE "^<!-- networks( [^ ]+)* $name( [^ ]+)* -->$" "$folder"/networks/*.md | head -n 1) || true
        [[ -n $page ]] || {
            echo "no page of $folder/networks has a line <!-- networks $name -->" >&2
            return 1
        }
        jq --arg name "$name" '(.architectures + .families)[] | select(.name == $name)' <<<"$all" |
            row "networks/$(basename "$page")"
    done
}

knobs() { # knobs FAMILY...: a row for each, equal ones of several families in one
    echo '| knob | of | values | default | what |'
    echo '|---|---|---|---|---|'
    jq -r '
        def range: if .choices then .choices | join(", ") else "\(.min) to \(.max)" end;
        [.families[] | select(.name | IN($ARGS.positional[])) | .name as $of | .knobs[]
            | {key: "| \(range) | \(.default) | \(.help) |", name, of: "`\($of)`"}]
        | to_entries | group_by([.value.name, .value.key]) | sort_by(.[0].key)[]
        | "| `\(.[0].value.name)` | \(map(.value.of) | join(", ")) \(.[0].value.key)"
    ' --args "$@" <<<"$all"
}

layers() { # layers NAME
    echo '```'
    "$binary" model archs "$1" --json | jq -r '
        def pad($n): . + " " * ([$n - length, 1] | max);
        def option($key; $word; $usual): if .[$key] == null or .[$key] == $usual then empty
            else " \($word) \(.[$key] | if type == "array" then map(tostring) | join("x") else . end)" end;
        .architecture.layers[] | (.in_channels // .in_features // .num_embeddings) as $in
        | (.out_channels // .out_features // .embedding_dim) as $out
        | (.name | pad(16)) + .type
            + (if $in then " \($in) -> \($out)" else "" end)
            + ([option("unflattened_size"; "to"; null), option("kernel_size"; "kernel"; null),
                option("stride"; "stride"; 1), option("padding"; "padding"; 0),
                option("output_padding"; "output padding"; 0), option("negative_slope"; "slope"; null),
                option("p"; "of"; null)] | join(""))
            + (if .bias == false then ", no bias" else "" end)
            + (if .inputs then "  (reads \(.inputs | join(", ")))" else "" end)'
    echo '```'
}

renew() { # renew PAGE: the page with new blocks
    local line block=
    while IFS= read -r line; do
        [[ $line != '<!-- end -->' ]] || block=
        [[ -z $block ]] || continue
        printf '%s\n' "$line"
        [[ $line =~ ^\<!--\ (networks|knobs|layers|list)(\ .*)?\ --\>$ ]] || continue
        block=${BASH_REMATCH[1]}
        # shellcheck disable=SC2086 # names, one a word
        if [[ $block == list ]]; then list "$1"; else "$block" ${BASH_REMATCH[2]}; fi
    done <"$1"
}

for page; do
    renew "$page" >"$page.new"
    mv "$page.new" "$page"
done
