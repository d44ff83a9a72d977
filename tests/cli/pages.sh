#!/bin/bash
# What is made by the program and committed is up to date, and every verb is described whole.
set -eu
ganatomy --commands >commands.md
diff -u "$SOURCE/docs/commands.md" commands.md || {
    echo "docs/commands.md is out of date: run make docs"
    exit 1
}
cp -r "$SOURCE/docs/networks.md" "$SOURCE/docs/networks" .
bash "$SOURCE/tools/write_networks.sh" ganatomy networks.md networks/*.md
diff -u "$SOURCE/docs/networks.md" networks.md && diff -ru "$SOURCE/docs/networks" networks || {
    echo "pages of networks are out of date: run make docs"
    exit 1
}
# Every rule is a line of jq that prints what breaks it.
ganatomy --schema >schema.json
broken=$(jq -r '
    . as $schema | .common_fields as $common | .verbs[] | .name as $verb | (
        (select((.examples | length) == 0) | "\($verb): no example"),
        (select((.description // "") == "") | "\($verb): no description"),
        (select(.summary | endswith(".")) | "\($verb): the summary ends with a full stop"),
        (.fields + $common | group_by(.name)[] | select(length > 1) | "\($verb): \(.[0].name) twice"),
        (.fields + $common | map(select(.letter)) | group_by(.letter)[] | select(length > 1)
            | "\($verb): letter \(.[0].letter) twice"),
        (.fields | map(select(.positional) | .many)[:-1] | select(any)
            | "\($verb): words after one that takes all"),
        (.fields[] | select(.type != "flag" and .value == null)
            | "\($verb): the value of \(.name) has no name"),
        (.fields[] | select(.help | endswith(".")) | "\($verb): help of \(.name) ends with a full stop"),
        (.fields[] | select(.required and .default != null) | "\($verb): \(.name) required, with a default"),
        (.fields[] | select(.required_unless) | .required_unless as $flag | .name as $name
            | select($schema.verbs[] | select(.name == $verb) | .fields
                     | any(.name == $flag) | not)
            | "\($verb): \($name) is required unless \($flag), which is no field of it"),
        (.examples[] | select(.command | contains("ganatomy \($verb)") | not)
            | "\($verb): example of another verb: \(.command)")
    )' schema.json)
[[ -z $broken ]] || { echo "$broken"; exit 1; }
# The examples can be read by the command: no unknown option, no wrong choice.
for verb in $(ganatomy --verbs | tr ' ' '_'); do
    ganatomy help ${verb//_/ } >/dev/null
done
