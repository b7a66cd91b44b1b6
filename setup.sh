#!/bin/sh
# sh setup.sh            installs what building, `make bench` and `gcn emu rocminfo` need
# sh setup.sh --check    the same and what only `make check` needs
# sh setup.sh --list     prints the packages of both, installs nothing
#
# The one list of Debian 12 packages. Installs only what is missing; does nothing, quickly, when all is there.
set -eu

# package                  for
build='
g++                        the compiler
make                       the build
python3                    tools and generators, standard library only
ca-certificates            apt over https
clang-16                   assembles the kernels
lld-16                     links code objects
llvm-16                    the oracle of encodings; counts budgets
libhsa-runtime-dev         ROCr, its headers; opened at run time, never linked
libhsakmt-dev              the headers of the interface under ROCr
libdrm-dev                 the headers of libdrm and of the interface under Mesa: nothing linked
libcli11-dev               options of the program gcn
nlohmann-json3-dev         its --json output
libopenblas0-pthread       the fast cpu backend; opened at run time, never linked
rocminfo                   lists what ROCr sees; the first program to try under gcn emu
kmod                       lsmod, which rocminfo asks
'
check='
catch2                     the tests
pciutils                   lspci, which hipcc asks and the tests look at
libdrm-tests               drmdevice, the card as libdrm sees it
mesa-opencl-icd            the OpenCL of Mesa, which runs on libdrm
ocl-icd-opencl-dev         headers and loader of OpenCL, for programs of the tests
clinfo                     lists what OpenCL sees
radeontop                  watches the card at work
vulkan-tools               vulkaninfo: lists what Vulkan sees
mesa-vulkan-drivers        the Vulkan of Mesa, which runs on libdrm
hipcc                      builds HIP programs for the tests
libamdhip64-dev            the HIP runtime
librocrand-dev             random numbers on the GPU: its kernels run under gcn emu, its header in ours
librocprim-dev             sorts, scans and selections, headers only: built for gfx803, run under gcn emu
clang-format               make lint
shellcheck                 make lint
pkgconf                    builds examples/ against an installation, as users do
procps                     the tests look for processes left behind
python3-numpy              writes and reads the files that test the .npy reader
libclang-rt-16-dev         the fuzzer of make check-long
llvm-16-dev                decoder and assembler of LLVM in process: the oracle of make fuzz-isa
rocm-device-libs           built-in functions for the kernels of tests/corpus
'

names() { printf '%s\n' "$@" | awk 'NF { print $1 }'; }

case "${1:-}" in
    '') wanted=$(names "$build"); why='to build and run gcn' ;;
    --check) wanted=$(names "$build" "$check"); why='for make check' ;;
    --list) names "$build" "$check"; exit 0 ;;
    *) echo "gcn: cannot set up: '$1' is not an option of setup.sh. Try: sh setup.sh [--check | --list]." >&2; exit 2 ;;
esac

command -v dpkg-query >/dev/null || {
    echo "gcn: cannot set up: this is not a Debian system, there is no dpkg-query. Try: install what sh setup.sh --list" \
         "prints by other means." >&2
    exit 1
}

# shellcheck disable=SC2086  # a list of words
installed=$(dpkg-query -W -f='${Package} ${db:Status-Status}\n' $wanted 2>/dev/null | awk '$2 == "installed" { print $1 }')
missing=
for package in $wanted; do
    printf '%s\n' "$installed" | grep -qxF "$package" || missing="$missing $package"
done
[ -n "$missing" ] || exit 0

install="apt-get install -y --no-install-recommends$missing"
if [ "$(id -u)" = 0 ]; then
    as_root() { env DEBIAN_FRONTEND=noninteractive "$@"; }
elif command -v sudo >/dev/null; then
    as_root() { sudo env DEBIAN_FRONTEND=noninteractive "$@"; }
else
    echo "gcn: cannot install$missing: you are not root and there is no sudo. Try: as root," \
         "apt-get update && $install." >&2
    exit 1
fi

echo "gcn: installing $why:$missing"
as_root apt-get update -q
# shellcheck disable=SC2086  # a list of words
as_root $install
