#!/bin/bash
# Runs one case against the command: tests/cli/run.sh BINARY FILE
#
# FILE.sh is a bash script that ends with 0, or 77 for "cannot run here".
# FILE.test is a list of commands with what they must do, a line each:
#
#     # remarks, and empty lines
#     needs FILE            the whole case is skipped if FILE is not there
#     $ COMMAND             run by bash; `ganatomy` is the one under test
#     exit N                its exit code; 0 if the line is missing
#     out PATTERN           standard output has a line that matches (grep -E)
#     err PATTERN           the same of standard error
#     out! PATTERN          no line of standard output matches; err! likewise
#     out=  err=            nothing at all is on standard output, standard error
#     file PATH             a file that is not empty is there afterwards
#     nofile PATH           no such file is there afterwards
#
# Both run in an empty folder of their own, which is also HOME, with $GANATOMY_HOME=./home,
# $SOURCE (the project) and $SHARED (its ../shared). Exit: 0 passed, 1 failed, 77 skipped.
set -u
binary=$(realpath "$1")
case_file=$(realpath "$2")
SOURCE=$(cd "$(dirname "$0")/../.." && pwd)
export SOURCE SHARED="$SOURCE/../shared"

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
mkdir "$folder/bin" "$folder/here"
ln -s "$binary" "$folder/bin/ganatomy"
cd "$folder/here" || exit 1
export PATH="$folder/bin:$PATH" HOME="$PWD" GANATOMY_HOME="$PWD/home"
unset XDG_DATA_HOME GANATOMY_DATA

if [[ $case_file == *.sh ]]; then
    bash "$case_file"
    exit $?
fi

failed=0 commands=0
command='' line=0 expected=0 code=0 output=$folder/out errors=$folder/err

complain() {
    echo "$(basename "$case_file"), line $line: $command"
    echo "    $1"
    echo "    standard output: $(head -c 1500 "$output")"
    echo "    standard error: $(head -c 1500 "$errors")"
    failed=$((failed + 1))
}

# The exit code is compared when all lines about a command have been read.
end_of_command() {
    [[ -n $command && $code -ne $expected ]] && complain "exit code $code, expected $expected"
    command='' expected=0
}

number=0
while IFS= read -r text || [[ -n $text ]]; do
    number=$((number + 1))
    key=${text%% *} value=${text#* }
    case $key in
    '' | '#'*) continue ;;
    needs)
        path=$(eval "echo \"$value\"")
        [[ -e $path ]] || { echo "skipped: $path is not there"; exit 77; }
        ;;
    '$')
        end_of_command
        command=$value line=$number commands=$((commands + 1))
        bash -c "$command" >"$output" 2>"$errors" </dev/null
        code=$?
        ;;
    exit) expected=$value ;;
    out) grep -qE -e "$value" "$output" || complain "standard output lacks: $value" ;;
    err) grep -qE -e "$value" "$errors" || complain "standard error lacks: $value" ;;
    'out!') ! grep -qE -e "$value" "$output" || complain "standard output has: $value" ;;
    'err!') ! grep -qE -e "$value" "$errors" || complain "standard error has: $value" ;;
    'out=') [[ ! -s $output ]] || complain 'standard output is not empty' ;;
    'err=') [[ ! -s $errors ]] || complain 'standard error is not empty' ;;
    file) [[ -s $value ]] || complain "no such file, or empty: $value" ;;
    nofile) [[ ! -e $value ]] || complain "the file is there: $value" ;;
    *)
        echo "$(basename "$case_file"), line $number: not understood: $text"
        exit 1
        ;;
    esac
done <"$case_file"
end_of_command
echo "$(basename "$case_file"): $commands commands, $failed complaints"
[[ $failed -eq 0 && $commands -gt 0 ]]
