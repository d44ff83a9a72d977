#!/bin/sh
# Checks src and include against tools/includes.txt: which room includes which, which foreign headers
# and calls are where, and that no two files have one name (a public header and its room's own may).
# One sentence with file and line for everything that is wrong; exit 1 if there is any.
#
#     tools/check_includes.sh [ROOT]
set -eu
root=${1:-$(dirname "$0")/..}
cd "$root"

find src include -type f \( -name '*.c' -o -name '*.h' -o -name '*.inc' -o -name '*.S' \) |
    LC_ALL=C sort >"${TMPDIR:-/tmp}/ganatomy-files-$$"
trap 'rm -f "${TMPDIR:-/tmp}/ganatomy-files-$$"' EXIT

# shellcheck disable=SC2046 # no name in src or include has a space
awk '
function bad(where, words) {
    print where ": " words
    wrong++
}

# A list of words as a set of "key word" in SUBSEP form.
function put_words(set, key, text,    n, i, part) {
    n = split(text, part, " ")
    for (i = 1; i <= n; i++)
        set[key, part[i]] = 1
}

function room_of(file,    part) {
    split(file, part, "/")
    if (part[1] == "include")
        return room_of_public(part[3])
    return part[2] == "main.c" ? "main" : part[2]
}

function room_of_public(name) {
    sub(/\.h$/, "", name)
    return name == "image" ? "tensor" : name ~ /^(augment|labels|palette|scenes)$/ ? "data" : name ~ /^(curve|tally)$/ ? "stat" : name == "parts" ? "train" : name == "areas" ? "metric" : name ~ /^(detect|findings)$/ ? "dissect" : name == "ganatomy" ? "all" : name
}

# The line without comments and without what stands between quotes; in_comment goes on to the next.
function code_of(line,    out, two, ch, quote) {
    out = ""
    quote = ""
    while (line != "") {
        two = substr(line, 1, 2)
        ch = substr(line, 1, 1)
        if (in_comment) {
            if (two == "*/") {
                in_comment = 0
                line = substr(line, 3)
            } else
                line = substr(line, 2)
            continue
        }
        if (quote != "") {
            if (ch == "\\")
                line = substr(line, 3)
            else {
                if (ch == quote) {
                    quote = ""
                    out = out ch
                }
                line = substr(line, 2)
            }
            continue
        }
        if (two == "/*") {
            in_comment = 1
            out = out " "
            line = substr(line, 3)
            continue
        }
        if (two == "//")
            break
        if (ch == "\"" || ch == "\047")
            quote = ch
        out = out ch
        line = substr(line, 2)
    }
    return out
}

function check_include(file, at, room, line,    name, quoted, part, target, k) {
    if (!match(line, /["<][^">]+[">]/))
        return
    quoted = substr(line, RSTART, 1) == "\""
    name = substr(line, RSTART + 1, RLENGTH - 2)
    for (k in header_rule)
        if ((k == name || (k ~ /\/$/ && index(name, k) == 1)) && !((k, room) in header_in) &&
            !((k, "any") in header_in))
            bad(at, "<" name "> is not for \047" room "\047: " header_rule[k])
    if (!quoted)
        return
    split(name, part, "/")
    if (part[1] == "ganatomy")
        target = room_of_public(part[2])
    else
        target = part[1]
    if (target == "all") {
        if (file != "include/ganatomy/ganatomy.h")
            bad(at, "\"" name "\" is for users of the library; include what is used")
        return
    }
    if (!(target in uses)) {
        bad(at, "\"" name "\" is not in the form \"room/file.h\" or \"ganatomy/file.h\"")
        return
    }
    if (room == "all" || target == room || (room, target) in may_use)
        return
    bad(at, "room \047" room "\047 may not include \"" name "\" of \047" target "\047: it uses " \
        (uses[room] == "" ? "no other room" : uses[room]))
}

function check_calls(file, at, room, code,    word, rest, before) {
    rest = code
    while (match(rest, /[A-Za-z_][A-Za-z0-9_]*[ \t]*\(/)) {
        before = RSTART > 1 ? substr(rest, RSTART - 1, 1) : ""
        word = substr(rest, RSTART, RLENGTH - 1)
        sub(/[ \t]+$/, "", word)
        rest = substr(rest, RSTART + RLENGTH)
        if (before ~ /[A-Za-z0-9_.>]/ || !(word in ban_why) || (word, room) in ban_in ||
            (file, word) in excepted)
            continue
        bad(at, "call of \047" word "\047 in \047" room "\047: " ban_why[word])
    }
}

# ---- tools/includes.txt ----
FILENAME == "tools/includes.txt" {
    if ($0 ~ /^#/ || NF == 0)
        next
    at = FILENAME ":" FNR
    text = $0
    if ($1 == "room" && $3 == "uses") {
        sub(/^room [^ ]+ uses ?/, "", text)
        uses[$2] = text
        put_words(may_use, $2, text)
    } else if ($1 == "header" && $3 == "in") {
        sub(/^header [^ ]+ in /, "", text)
        header_rule[$2] = text == "none" ? "nobody includes it" : "only " text " may include it"
        put_words(header_in, $2, text)
    } else if ($1 == "ban" && $3 == "in") {
        why = text
        sub(/^.* : /, "", why)
        sub(/ : .*$/, "", text)
        sub(/^ban [^ ]+ in /, "", text)
        ban_why[$2] = why
        put_words(ban_in, $2, text)
    } else if ($1 == "except" && $4 == ":") {
        excepted[$2, $3] = 1
    } else
        bad(at, "not a rule: " $0)
    next
}

# ---- CMakeLists.txt: what is linked is what may be included ----
FILENAME == "CMakeLists.txt" {
    if ($0 !~ /^ga_room\(/)
        next
    text = $0
    sub(/^ga_room\(/, "", text)
    sub(/\).*$/, "", text)
    sub(/ LIBS .*$/, "", text)
    name = text
    sub(/ .*$/, "", name)
    if (!sub(/^[^ ]+ USES /, "", text))
        text = ""
    built[name] = 1
    if (!(name in uses))
        bad(FILENAME ":" FNR, "room \047" name "\047 is not in tools/includes.txt")
    else if (uses[name] != text)
        bad(FILENAME ":" FNR, "room \047" name "\047 uses \047" text "\047, but tools/includes.txt says \047" \
            uses[name] "\047")
    next
}

# ---- the list of files: one name, one file ----
FILENAME == files {
    name = $0
    sub(/^.*\//, "", name)
    if (!(name in first))
        first[name] = $0
    else if (!(name ~ /\.h$/ && first[name] ~ /^include\// && room_of(first[name]) == room_of($0)))
        bad($0 ":1", "has the same name as " first[name])
    next
}

# ---- the sources ----
FNR == 1 {
    in_comment = 0
    room = room_of(FILENAME)
    if (room != "all" && !(room in uses))
        bad(FILENAME ":1", "lies in \047" room "\047, which is no room of tools/includes.txt")
}
{
    at = FILENAME ":" FNR
    if (!in_comment && $0 ~ /^[ \t]*#[ \t]*include/)
        check_include(FILENAME, at, room, $0)
    if (FILENAME !~ /\.S$/)
        check_calls(FILENAME, at, room, code_of($0))
}
END {
    for (name in uses)
        if (name != "main" && !(name in built))
            bad("tools/includes.txt:1", "room \047" name "\047 is not in CMakeLists.txt")
    if (wrong)
        print wrong " things against tools/includes.txt"
    exit wrong > 0
}
' files="${TMPDIR:-/tmp}/ganatomy-files-$$" tools/includes.txt CMakeLists.txt \
    "${TMPDIR:-/tmp}/ganatomy-files-$$" $(cat "${TMPDIR:-/tmp}/ganatomy-files-$$")
