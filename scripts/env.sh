# Sourced by the scripts next to it: the workspace's root as working directory, the tools' directory on the PATH, and a
# few words to say what is going on.

set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

# Tools built here stay here, next to what they build.
tools=$PWD/target/tools
export PATH="$tools/bin:$PWD/scripts/node_modules/.bin:$PATH"

# What cargo is asked for, whatever part of the server's side is wanted. Another choice of packages would give libraries other features,
# and have them built once more. `app` is in it as the server gets it; the browser gets it with `frontend`.
# shellcheck disable=SC2034 # For those who source this.
server=(--locked --workspace --exclude frontend)
# shellcheck disable=SC2034
browser=(--locked --package frontend --target wasm32-unknown-unknown)

say() { printf '\033[1m==>\033[0m %s\n' "$*"; }

die() {
    printf '\033[1;31merror:\033[0m %s\n' "$*" >&2
    exit 1
}

# Only files on the PATH, not our own functions.
have() { type -P "$1" >/dev/null; }

# Whether there is a Python that can make environments. It is not needed to build Taskwire, only for some of its checks.
need_python() { python3 -c 'import ensurepip, venv' &>/dev/null; }

# need COMMAND HINT: stop with the hint when the command is missing.
need() { have "$1" || die "$1 is missing. $2"; }

# run_parts NAME...: call the functions of the script that have these names. Those with an underscore are not for callers.
run_parts() {
    local part
    for part in "$@"; do
        [[ $part != *_* && $(type -t "$part") == function ]] || die "$0: there is no part named $part; the parts are the functions in it"
        "$part"
    done
}
