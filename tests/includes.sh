#!/bin/bash
# tools/check_includes.sh finds what is planted in a small tree, and nothing else. No arguments.
set -u
here=$(cd "$(dirname "$0")/.." && pwd)
tree=$(mktemp -d)
trap 'rm -rf "$tree"' EXIT
mkdir -p "$tree/tools" "$tree/include/ganatomy" "$tree"/src/{base,tensor,stat,store,net,cli}
cp "$here/tools/includes.txt" "$tree/tools/"
cp "$here/CMakeLists.txt" "$tree/"
failed=0

# check WORDS: the script's only sentence holds WORDS (none at all if empty).
check() {
    local said
    said=$("$here/tools/check_includes.sh" "$tree")
    if [ -z "$1" ] && [ -n "$said" ] ||
        [ -n "$1" ] && { [[ $said != *"$1"* ]] || [[ $said != *"1 things against"* ]]; }; then
        printf 'expected "%s", got:\n%s\n' "$1" "$said"
        failed=1
    fi
}

# plant FILE TEXT WORDS: with that file the script says WORDS.
plant() {
    printf '%b' "$2" >"$tree/$1"
    check "$3"
    rm "$tree/$1"
}

check ''
plant src/stat/a.c '#include "net/plan.h"\n' \
    "src/stat/a.c:1: room 'stat' may not include \"net/plan.h\" of 'net': it uses tensor base"
plant src/stat/a.c '\n#include "ganatomy/model.h"\n' "src/stat/a.c:2: room 'stat' may not include"
plant src/cli/a.c '#include "store/store.h"\n' "room 'cli' may not include"
plant src/stat/a.c '#include "ganatomy/image.h"\n#include "base/file.h"\n#include <math.h>\n' ''
plant src/stat/a.c '/* old:\n#include "net/plan.h"\n*/\n' ''
plant src/net/a.c '#include <sqlite3.h>\n' "<sqlite3.h> is not for 'net': only store may include it"
plant src/store/a.c '#include <sqlite3.h>\n' ''
plant src/net/a.c '  #  include <dnnl.h>\n' "<dnnl.h> is not for 'net': nobody includes it"
plant src/net/a.c '#include <curl/easy.h>\n' "<curl/easy.h> is not for 'net'"
plant src/net/a.c '#include "plan.h"\n' 'is not in the form "room/file.h"'
plant src/net/a.c '#include "ganatomy/ganatomy.h"\n' 'is for users of the library'
plant include/ganatomy/stat.h '#include "ganatomy/net.h"\n' "room 'stat' may not include"
plant src/net/a.c 'void f(void)\n{\n    x = malloc (3);\n}\n' "src/net/a.c:3: call of 'malloc' in 'net'"
plant src/base/a.c 'x = malloc(3);\n' ''
plant src/base/a.c 'sprintf(x, "%d", 3);\n' "call of 'sprintf' in 'base': no bound"
plant src/net/a.c 'op->free(x); o.free(x); ga_mem_free(x); /* free(x) */ y = "free(x)"; // free(x)\n' ''
plant src/net/a.c 'c = \x27"\x27; free(x);\n' "call of 'free' in 'net'"
plant src/net/a.c 'printf("x");\n' "call of 'printf' in 'net': the library never prints"
plant src/cli/a.c 'printf("x");\n' ''
plant src/base/b.c '' ''
mkdir -p "$tree/src/latent"
plant src/latent/a.c 'int a;\n' "lies in 'latent', which is no room"
touch "$tree/src/net/same.c" "$tree/include/ganatomy/stat.h"
plant src/stat/same.c '' 'src/stat/same.c:1: has the same name as src/net/same.c'
plant src/stat/stat.h '' ''
plant src/net/stat.h '' 'src/net/stat.h:1: has the same name as include/ganatomy/stat.h'
sed -i 's/^ga_room(stat USES tensor base/ga_room(stat USES net tensor base/' "$tree/CMakeLists.txt"
check "room 'stat' uses 'net tensor base', but tools/includes.txt says 'tensor base'"
[ $failed -eq 0 ] && echo 'all planted mistakes are found'
exit $failed
