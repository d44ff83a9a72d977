#!/bin/bash
# What is made from the verb table and committed is up to date, and every verb is described whole.
set -eu
ganatomy --commands >commands.md
diff -u "$SOURCE/docs/commands.md" commands.md || {
    echo "docs/commands.md is out of date: run make docs"
    exit 1
}
ganatomy --schema >schema.json
python3 - <<'END'
import json
table = json.load(open("schema.json"))
for verb in table["verbs"]:
    name = verb["name"]
    assert verb["examples"], f"{name}: no example"
    assert verb["description"], f"{name}: no description"
    assert not verb["summary"].endswith("."), f"{name}: the summary ends with a full stop"
    fields = [f["name"] for f in verb["fields"] + table["common_fields"]]
    assert len(set(fields)) == len(fields), f"{name}: a field twice: {fields}"
    letters = [f["letter"] for f in verb["fields"] + table["common_fields"] if "letter" in f]
    assert len(set(letters)) == len(letters), f"{name}: a letter twice: {letters}"
    many = [f["many"] for f in verb["fields"] if f["positional"]]
    assert not any(many[:-1]), f"{name}: words after one that takes all"
    for f in verb["fields"]:
        where = f"{name}: {f['name']}"
        assert f["type"] == "flag" or "value" in f, f"{where}: its value has no name"
        assert not f["help"].endswith("."), f"{where}: the help ends with a full stop"
        assert not (f["required"] and "default" in f), f"{where}: required, with a default"
    for e in verb["examples"]:
        assert f"ganatomy {name}" in e["command"], f"{name}: example of another verb: {e}"
print(len(table["verbs"]), "verbs")
END
# The examples can be read by the command: no unknown option, no wrong choice.
for verb in $(ganatomy --verbs | tr ' ' '_'); do
    ganatomy help ${verb//_/ } >/dev/null
done
