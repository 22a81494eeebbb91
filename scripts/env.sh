# Sourced by the scripts next to it: the workspace's root as working directory, the tools' directory on the PATH, and a
# few words to say what is going on.

set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

# Tools built here stay here, next to what they build.
tools=$PWD/target/tools
export PATH="$tools/bin:$PWD/scripts/node_modules/.bin:$PATH"

say() { printf '\033[1m==>\033[0m %s\n' "$*"; }

die() {
    printf '\033[1;31merror:\033[0m %s\n' "$*" >&2
    exit 1
}

# Only files on the PATH, not our own functions.
have() { type -P "$1" >/dev/null; }

# need COMMAND HINT: stop with the hint when the command is missing.
need() { have "$1" || die "$1 is missing. $2"; }
