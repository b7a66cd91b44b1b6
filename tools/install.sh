#!/bin/sh
# sh tools/install.sh check | install | uninstall     what `make install` and `make uninstall` do
#
# check: whether an installation could begin.
# From the environment: PREFIX, DESTDIR, and to install BUILD, VERSION and ARCHIVE, a libgcn.a that knows its PREFIX.
# Folders that others share (bin, lib, include, ...) are made where they are missing and never removed.
set -eu

root=$DESTDIR$PREFIX
own='include/gcn lib/gcn share/doc/gcn' # folders that hold nothing of others

refuse() {
    echo "gcn: cannot $what below '$root': $1. Try: $2." >&2
    exit "$3"
}

# One line each: mode, place below PREFIX, what goes there. libgcn-emu.so lies where no linker looks, for it calls
# itself libhsakmt.so.1 and interposes open().
files() {
    for header in include/gcn/*.h*; do echo "644 $header $header"; done
    echo "644 lib/libgcn.a $ARCHIVE"
    echo "755 lib/libgcn.so.$VERSION $BUILD/libgcn.so"
    echo "link lib/libgcn.so.0 libgcn.so.$VERSION"
    echo "link lib/libgcn.so libgcn.so.0"
    echo "755 lib/gcn/libgcn-emu.so $BUILD/libgcn-emu.so"
    echo "755 bin/gcn $BUILD/gcn"
    echo "pc lib/pkgconfig/gcn.pc -"
    echo "644 share/doc/gcn/README.md README.md"
    echo "644 share/doc/gcn/LICENSE LICENSE"
}

# The archive is named, for it alone has the C++ interface: plain -lgcn would find libgcn.so first.
pc() {
    cat <<end
prefix=$PREFIX
libdir=\${prefix}/lib
includedir=\${prefix}/include
shared=\${libdir}/libgcn.so.0

Name: gcn
Description: dense matrix products on AMD Polaris (gfx803), or on a software Polaris when there is no card
Version: $VERSION
Cflags: -I\${includedir}
Libs: -L\${libdir} -l:libgcn.a -lstdc++ -lm -ldl -pthread
end
}

# Beside its place and then renamed: programs that run keep the file that they have open.
put() {
    to=$root/$2
    mkdir -p "$(dirname "$to")"
    rm -f "$to.new"
    case $1 in
        link) ln -s "$3" "$to.new" ;;
        pc) pc >"$to.new" && chmod 644 "$to.new" ;;
        *) cp "$3" "$to.new" && chmod "$1" "$to.new" ;;
    esac
    mv -fT "$to.new" "$to"
}

case $1 in
    uninstall) what=uninstall ;;
    *) what=install ;;
esac
case $PREFIX in
    /*) ;;
    *) refuse "PREFIX is '$PREFIX', not an absolute path" "make $what PREFIX=$PWD/$PREFIX" 2 ;;
esac
case $root in
    *[!A-Za-z0-9/._+@%,:=~-]*)
        refuse "only letters, digits and /._+@%,:=~- may stand in it" "another PREFIX or DESTDIR" 2
        ;;
esac

case $1 in
    check)
        mkdir -p "$root" 2>/dev/null && [ -w "$root" ] || refuse 'no permission to write there' \
            "sudo make install, or make install PREFIX=\$HOME/.local" 1
        ;;
    install)
        files | while read -r how place from; do put "$how" "$place" "$from"; done
        echo "gcn: installed below $root"
        ;;
    uninstall)
        files | while read -r _ place _; do rm -f "$root/$place"; done
        for folder in $own; do rmdir "$root/$folder" 2>/dev/null || :; done
        echo "gcn: uninstalled below $root"
        ;;
esac
