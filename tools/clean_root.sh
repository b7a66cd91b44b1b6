#!/bin/sh
# sh tools/clean_root.sh: types the README's two lines in a minimal Debian 12 root, as on a fresh machine.
#
# As root. Makes the root with debootstrap in a temporary folder, from the Debian entries of this machine's own apt
# configuration and no others; copies HEAD into it; mounts /proc, /sys and /dev; removes all of it on exit, whatever
# happens. Takes about ten minutes and 5 GiB.
set -eu

cannot() { echo "gcn: cannot try the README in a clean root: $1. Try: $2." >&2; exit 1; }

[ "$(id -u)" = 0 ] || cannot "you are not root" "sudo sh tools/clean_root.sh"
command -v debootstrap >/dev/null || cannot "there is no debootstrap" "apt-get install debootstrap"
cd "$(dirname "$0")/.."

entries=$(apt-get indextargets --format '$(REPO_URI) $(RELEASE) $(COMPONENT) $(ORIGIN)' 'Created-By: Packages' |
    awk '$4 == "Debian" { print "deb", $1, $2, $3 }' | sort -u)
mirror=$(printf '%s\n' "$entries" | awk '$3 == "bookworm" { print $2; exit }')
[ -n "$mirror" ] || cannot "this machine's apt knows no Debian 12 (bookworm) archive" "apt-get update, then again"

root=$(mktemp -d "${TMPDIR:-/tmp}/gcn-clean-root.XXXXXX")
leave() {
    status=$?
    trap - EXIT INT TERM
    for mount in dev/shm dev/pts dev sys proc; do
        if mountpoint -q "$root/$mount"; then umount "$root/$mount" || umount -l "$root/$mount"; fi
    done
    # Never remove through a mount that would not go away.
    if grep -q " $root/" /proc/mounts; then
        echo "gcn: cannot remove $root: something is still mounted in it. Try: umount -R $root/*, then rm -r." >&2
    else
        rm -rf "$root"
    fi
    exit $status
}
trap leave EXIT
trap 'exit 130' INT TERM

say() { echo "== $(date +%T) $*"; }

say "debootstrap"
debootstrap --variant=minbase bookworm "$root" "$mirror" >"$root.log" 2>&1 || { tail "$root.log"; rm -f "$root.log"; exit 1; }
rm -f "$root.log"
printf '%s\n' "$entries" >"$root/etc/apt/sources.list"
cp /etc/resolv.conf "$root/etc/resolv.conf"
mount -t proc proc "$root/proc"
mount --bind /sys "$root/sys"
mount --bind /dev "$root/dev"
mount --bind /dev/shm "$root/dev/shm"

mkdir "$root/gcn"
git archive HEAD | tar -x -C "$root/gcn"
in_root() {
    chroot "$root" env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin HOME=/root LANG=C.UTF-8 sh -c "cd /gcn && $1"
}

say "sh setup.sh && make bench"
in_root 'sh setup.sh && make bench'
say "make check"
in_root 'make check'
say "sh setup.sh again, which must have nothing to do"
[ -z "$(in_root 'sh setup.sh')" ] || cannot "a second sh setup.sh did something" "sh setup.sh --check"
say "both README lines passed in a clean Debian 12 root"
