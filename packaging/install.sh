#!/bin/sh
# Installs Taskwire: downloads the archive for this machine from the release that this script belongs to, checks it against its
# checksum, and puts the executable into ~/.local/bin, or into $TASKWIRE_INSTALL_DIR. It needs no root, and changes nothing else.
# Started again, it puts the release's executable in place of the one that is there.

set -eu

# Filled in when a release is made (scripts/package installer).
release=
version=

say() { printf '%s\n' "$*"; }

die() {
    printf 'error: %s\n' "$*" >&2
    exit 1
}

have() { command -v "$1" >/dev/null 2>&1; }

# What the archives call this machine.
machine() {
    system=$(uname -s) processor=$(uname -m)
    # Apple's newer processors pose as the older ones to programs that were made for those.
    if [ "$system" = Darwin ] && [ "$(sysctl -n sysctl.proc_translated 2>/dev/null)" = 1 ]; then processor=arm64; fi
    case $system/$processor in
        Linux/x86_64 | Linux/amd64) echo x86_64-unknown-linux-musl ;;
        Linux/aarch64 | Linux/arm64) echo aarch64-unknown-linux-musl ;;
        Darwin/x86_64) echo x86_64-apple-darwin ;;
        Darwin/arm64) echo aarch64-apple-darwin ;;
        *) die "There is no build of Taskwire for $system on $processor; docs/INSTALL.md says how to build it from source." ;;
    esac
}

# download ADDRESS FILE
download() {
    if have curl; then
        case $1 in https:*) only='=https' ;; *) only='=http,https' ;; esac
        curl --fail --silent --show-error --location --proto "$only" --output "$2" "$1"
    elif have wget; then
        wget --quiet --output-document="$2" "$1"
    else
        die "Neither curl nor wget is here to download with; install one of them."
    fi || die "$1 cannot be downloaded; nothing was installed."
}

sum() {
    if have sha256sum; then
        sha256sum "$1"
    elif have shasum; then
        shasum -a 256 "$1"
    elif have openssl; then
        openssl dgst -sha256 -r "$1"
    else
        die "Neither sha256sum, shasum nor openssl is here to check the download with; install one of them."
    fi | cut -d ' ' -f 1
}

main() {
    [ -n "$release" ] || die "This script belongs to no release yet: use the install.sh that is attached to one, or build Taskwire as docs/INSTALL.md says."
    name=taskwire-$version-$(machine)
    if [ -n "${TASKWIRE_INSTALL_DIR:-}" ]; then
        folder=$TASKWIRE_INSTALL_DIR
    else
        folder=${HOME:?"no HOME; say where to install with TASKWIRE_INSTALL_DIR"}/.local/bin
    fi

    temporary=$(mktemp -d)
    trap 'rm -rf "$temporary"' EXIT
    trap 'exit 1' HUP INT TERM

    say "Downloading $name"
    download "$release/$name.tar.gz" "$temporary/archive"
    download "$release/$name.tar.gz.sha256" "$temporary/checksum"
    expected=$(head -n 1 "$temporary/checksum" | cut -d ' ' -f 1 | tr -cd '0-9A-Fa-f' | tr 'A-F' 'a-f')
    found=$(sum "$temporary/archive")
    [ "$found" = "$expected" ] || die "The download is not what its checksum says ($name.tar.gz has $found, not $expected); nothing was installed."

    new=$temporary/$name/taskwire
    tar -xzf "$temporary/archive" -C "$temporary" 2>/dev/null || rm -f "$new"
    if [ ! -f "$new" ] || [ -L "$new" ] || [ ! -s "$new" ]; then
        die "$name.tar.gz has no executable in it; nothing was installed."
    fi
    [ ! -d "$folder/taskwire" ] || die "$folder/taskwire is a folder; say where to install with TASKWIRE_INSTALL_DIR."
    mkdir -p "$folder" || die "$folder cannot be made; say where to install with TASKWIRE_INSTALL_DIR."
    # Put in place whole: one that runs is not written to.
    new=$folder/.taskwire.$$
    if cp "$temporary/$name/taskwire" "$new" && chmod 755 "$new" && mv -f "$new" "$folder/taskwire"; then :; else
        rm -f "$new"
        die "$folder cannot be written to; say where to install with TASKWIRE_INSTALL_DIR."
    fi

    say "Installed $folder/taskwire, version $version"
    case :$PATH: in
        *":$folder:"*) say "Start it where its data is to be: taskwire serve" ;;
        *) say "Start it where its data is to be: $folder/taskwire serve" ;;
    esac
}

# The last line, so that a script that arrived in part does nothing.
main
