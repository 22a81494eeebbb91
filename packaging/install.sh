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
        die "Neither curl nor wget is installed; install one of them for the download."
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
        die "Neither sha256sum, shasum nor openssl is installed; install one of them to check the download."
    fi | cut -d ' ' -f 1
}

main() {
    [ -n "$release" ] || die "This install.sh belongs to no release: use the install.sh of a release, or build Taskwire as docs/INSTALL.md says."
    name=taskwire-$version-$(machine)
    if [ -n "${TASKWIRE_INSTALL_DIR:-}" ]; then
        folder=$TASKWIRE_INSTALL_DIR
    else
        folder=${HOME:?"it is not set; set TASKWIRE_INSTALL_DIR to the folder to install to"}/.local/bin
    fi

    temporary=$(mktemp -d)
    trap 'rm -rf "$temporary"' EXIT
    trap 'exit 1' HUP INT TERM

    say "Downloading $name"
    download "$release/$name.tar.gz" "$temporary/archive"
    download "$release/$name.tar.gz.sha256" "$temporary/checksum"
    expected=$(head -n 1 "$temporary/checksum" | cut -d ' ' -f 1 | tr -cd '0-9A-Fa-f' | tr 'A-F' 'a-f')
    found=$(sum "$temporary/archive")
    [ "$found" = "$expected" ] || die "The download does not have the expected checksum ($name.tar.gz has $found, not $expected); nothing was installed. Try again."

    new=$temporary/$name/taskwire
    tar -xzf "$temporary/archive" -C "$temporary" 2>/dev/null || rm -f "$new"
    if [ ! -f "$new" ] || [ -L "$new" ] || [ ! -s "$new" ]; then
        die "$name.tar.gz has no executable in it; nothing was installed."
    fi
    [ ! -d "$folder/taskwire" ] || die "$folder/taskwire is a folder; set TASKWIRE_INSTALL_DIR to another folder to install to."
    mkdir -p "$folder" || die "$folder cannot be created; set TASKWIRE_INSTALL_DIR to another folder to install to."
    # Put in place whole: one that runs is not written to.
    new=$folder/.taskwire.$$
    if cp "$temporary/$name/taskwire" "$new" && chmod 755 "$new" && mv -f "$new" "$folder/taskwire"; then :; else
        rm -f "$new"
        die "$folder cannot be written to; set TASKWIRE_INSTALL_DIR to another folder to install to."
    fi

    say "Installed $folder/taskwire, version $version"
    case :$PATH: in
        *":$folder:"*) say "Start it in the folder for its data: taskwire serve" ;;
        *) say "Start it in the folder for its data: $folder/taskwire serve" ;;
    esac
}

# The last line, so that a script that arrived in part does nothing.
main
