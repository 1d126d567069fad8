# The functions that the script of a page calls; `script.py` makes the script.
set -E -e -o pipefail
exec 3>&2 # messages, while the output of a block is in a file
output=$PAGE_OUTPUT
: > "$output"
before=
declare -A added=() served=() parsed=()

tool() { "$PAGE_PYTHON" "$PAGE_TOOLS" "$@"; }

failed() { # the place of a failure, and the output of its block
    local code=$? line=$1
    trap - ERR
    ((${#BASH_LINENO[@]} > 2)) && line=${BASH_LINENO[-2]}
    { tail --lines 30 "$output" && echo "$PAGE:$line: exit code $code"; } >&3
    exit 1
}
trap 'failed $LINENO' ERR

succeeded() { return $?; } # because `set -e` ignores the first commands of a list `a && b`

# Adds options to a command of zoo, for the rest of the page: short train --epochs 1
short() { added[$1]=${*:2}; }
# Requests the page of a command that serves one, and interrupts it: serve demo
serve() { served[$1]=yes; }
# Interrupts a training after its first epoch: interrupt FOLDER COMMAND…
interrupt() { tool interrupt "$@"; }
# Only parses a command of zoo, for the rest of the page: parse verify
parse() { parsed[$1]=yes; }

zoo() {
    local word run=(command zoo)
    for word in "$@"; do
        [[ -z ${served[$word]-} ]] || run=(tool serve zoo)
        [[ -z ${parsed[$word]-} ]] || run=(tool parse-command)
        # shellcheck disable=SC2086
        [[ -z ${added[$word]-} ]] || set -- "$@" ${added[$word]}
    done
    # Because the doctor reports a variable that only tests set.
    [[ ${1-} != doctor ]] || run=(env --unset ZOO_TEST_LOOPBACK zoo)
    "${run[@]}" "$@"
}

# Writes digits of MNIST: images FOLDER COUNT [START], image FILE
images() { tool images "$@"; }
image() { tool image "$@"; }
# Writes the first test image of a data set: example MODULE:LOADER FILE
example() { tool example "$@"; }

block_python() {
    local code=$before$1
    before=
    python -W error -c "$code" &> "$output"
}
block_setup_python() { before=$1; }
block_output() { tool compare "$output" "$1"; }
block_transcript() {
    eval "$1" &> "$output" || true # because a transcript may show an error
    tool compare "$output" "$2"
}
block_file() {
    mkdir -p "$(dirname "$1")"
    printf %s "${2#?}" > "$1"
}
block_toml() { tool toml "$1"; }
block_json() { tool json "$1"; }
block_parse() { tool parse "$1" "$2"; }

if [[ -n ${PAGE_SITE-} ]]; then
    pip() { tool pip "$@"; } # because real installations take seconds and need a package index
fi
