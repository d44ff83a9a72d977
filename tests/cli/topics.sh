#!/bin/bash
# Everything that the program knows by name has a page with its source and a picture, the overviews lead there, and
# no link of any page leads nowhere.
set -eu -o pipefail
shopt -s globstar nullglob
failed=0
complain() {
    echo "$1"
    failed=1
}
docs=$SOURCE/docs
ganatomy --schema >schema.json

# has OVERVIEW NAME: the overview links `NAME`, alone or as an option, to a page whose title has the name
# (of an option: to a page that is there)
has() {
    local overview=$1 name=$2 page
    page=$(grep -oE "\[\`$name( [A-Z]+)?\`\]\([^)]+\)" "$docs/$overview" | head -n 1 | sed 's/.*(//; s/)$//') || true
    if [[ -z $page || ! -f $docs/$page ]]; then
        complain "docs/$overview leads to no page of '$name'"
    elif [[ $name != --* ]] && ! head -n 1 "$docs/$page" | grep -qwF -- "$name"; then
        complain "docs/$page: the title has no '$name'"
    fi
}

for name in $(ganatomy model archs --json | jq -r '(.architectures + .families)[].name'); do
    has networks.md "$name"
done
for name in $(jq -r '.verbs[] | select(.name == "train gan").fields[] | select(.name == "loss").choices[]' schema.json); do
    has training.md "$name"
done
for option in clip real-target spectral r1 ema augment; do # what changes the game
    jq -e --arg name "$option" '.verbs[] | select(.name == "train gan").fields | any(.name == $name)' schema.json >said.out
    has training.md "--$option"
done
scores=$(ganatomy evaluate "$SOURCE/models/mnist-gan.safetensors" --scores '?' 2>&1 | sed -n 's/.*expected all, //p' | tr -d ,) || true
[[ $(wc -w <<<"$scores") -ge 14 ]] || complain "the scores could not be listed: '$scores'"
for name in $scores; do
    has scores.md "$name"
done

# Pages are whole, are led to, and have a picture. Rules of lint: tests/unit/lint looks whether each has one.
for page in "$docs"/{networks,losses,scores,lint}/*.md; do
    name=${page#"$docs"/} folder=$(basename "$(dirname "$page")")
    [[ $name == */README.md ]] && continue
    list=$docs/$folder/README.md
    [[ ! -f $list ]] || grep -qF "]($(basename "$page"))" "$list" || complain "docs/$folder/README.md does not list $name"
    grep -q '^!\[..*\](../pictures/' "$page" || complain "docs/$name has no picture"
    [[ $folder == lint ]] && continue
    grep -qE '^\*\*Sources?\.\*\*|arXiv:' "$page" || complain "docs/$name names no source"
    grep -q '^\*\*When, and what goes wrong\.\*\*' "$page" || complain "docs/$name does not say what goes wrong"
    grep -qE '^(ganatomy |```$)' "$page" || complain "docs/$name has no command"
    overview=$folder.md
    [[ $folder == losses ]] && overview=training.md
    grep -qF "($name)" "$docs/$overview" || complain "docs/$overview does not lead to docs/$name"
done

# Links between files: from where the page is to a file or folder that is there.
for page in "$SOURCE"/README.md "$SOURCE"/models/*.md "$docs"/**/*.md; do
    for target in $(grep -oE '\]\([^) ]+\)' "$page" | sed 's/^](//; s/)$//; s/#.*//' | sort -u); do
        [[ $target == *://* || -e $(dirname "$page")/$target ]] || complain "${page#"$SOURCE"/}: no $target"
    done
done
# Every picture is shown somewhere.
for picture in "$docs"/pictures/**/*.*; do
    grep -rqF --include='*.md' "pictures/${picture#"$docs"/pictures/}" "$SOURCE/README.md" "$docs" ||
        complain "${picture#"$SOURCE"/} is shown on no page"
done
exit $failed
