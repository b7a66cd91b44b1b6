#!/bin/sh
# sh tools/compare_bench.sh COMMIT [RUNS]: is HEAD as fast as COMMIT? Builds both, runs their benches of the software
# Polaris in turn RUNS times (10 unless told otherwise), and compares the medians of each figure. A figure of HEAD below
# 0.95 of that of COMMIT ends with status 1.
#
# A busy machine slows one run and not the next: bench_mix gives the best of its runs, of bench_emu the medians here take
# off the worst. Where two processors share a core, figures with two threads lie between 20 and 38 GFLOPS, and medians
# of ten runs scatter by 6 %: 40 runs (seven minutes) tell. What COMMIT does not measure yet is new, and is not compared. Both are built in their own working trees
# under build/compare/, which keep what they compiled for the next comparison; the working trees themselves are taken out
# of git's list at the end, also when interrupted.
set -eu

stop() { echo "gcn: cannot compare speeds: $1. Try: $2." >&2; exit 2; }

usage='sh tools/compare_bench.sh COMMIT [RUNS]'
[ $# -ge 1 ] && [ $# -le 2 ] || stop "$# arguments given, not one or two" "$usage"
runs=${2:-10}
case $runs in '' | *[!0-9]* | 0) stop "'$runs' is no number of runs" "$usage" ;; esac
cd "$(dirname "$0")/.."
old=$(git rev-parse --verify --quiet "$1^{commit}") || stop "git knows no commit '$1'" "git log --oneline"
new=$(git rev-parse HEAD)

room=$PWD/build/compare
mkdir -p "$room"
mkdir "$room/lock" 2>/dev/null || stop "another comparison is using $room" "again later, or rmdir $room/lock"

# A working tree's build folder waits beside it between comparisons.
leave() {
    trap - EXIT INT TERM HUP
    for side in old new; do
        [ -d "$room/$side" ] || continue
        [ ! -d "$room/$side/build" ] || mv "$room/$side/build" "$room/$side.build"
        git worktree remove --force "$room/$side" || true
    done
    rmdir "$room/lock"
}
trap leave EXIT
trap 'exit 130' INT TERM HUP

prepare() {  # SIDE COMMIT
    rm -rf "${room:?}/$1"
    git worktree prune
    git worktree add --quiet --detach "$room/$1" "$2"
    # Files as old as their commit says would hide from make what differs: those that differ from what was built last
    # are new, all others are older than it.
    if [ -d "$room/$1.build" ]; then
        mv "$room/$1.build" "$room/$1/build"
        built=$(cat "$room/$1/build/commit" 2>/dev/null) || built=
        if [ -n "$built" ] && git cat-file -e "$built" 2>/dev/null; then
            find "$room/$1" -path "$room/$1/build" -prune -o -type f -exec touch -d '2000-01-01' {} +
            git diff --name-only --diff-filter=d "$built" "$2" | (cd "$room/$1" && while read -r f; do touch "$f"; done)
        else
            rm -rf "$room/$1/build"
        fi
    fi
    mkdir -p "$room/$1/build"
    echo "building $(git log -1 --format='%h %s' "$2")"
    (
        cd "$room/$1"
        # Interrupted half way, the folder is of no commit.
        rm -f build/commit
        targets=build/tests/bench_emu
        [ ! -f tests/bench_mix.cpp ] || targets="$targets build/tests/bench_mix build/tests/kernels/mix.co"
        # shellcheck disable=SC2086
        make --no-print-directory $targets >build/compare.log 2>&1 || { tail -n 20 build/compare.log >&2; exit 1; }
        echo "$2" >build/commit
    ) || stop "$2 does not build" "make in a checkout of it"
}

# Figures as `NAME VALUE`, more being better. From before --figures: the lines that say how fast the Polaris is.
emu_text() {
    awk '/^sgemm:/ { split($1, part, ","); problem = part[1] }
         /software Polaris, [12] thread/ { for (i = 2; i <= NF; ++i) if ($i == "GFLOPS")
             print problem "/" $3 "_thread_GFLOPS", $(i - 1) }'
}
mix_text() {
    awk '/M wave instructions/ { for (i = 1; i <= NF; ++i) if ($i == "M") v = $(i - 1)
         name = $0; sub(/^ +/, "", name); sub(/  +[0-9.]+ M wave.*/, "", name)
         n = split("v_mac_f32, outer product=mix_mac_f32;f32, chains=mix_f32;f64=mix_f64;f16=mix_f16;DPP=mix_dpp;" \
                   "SDWA=mix_sdwa;integers=mix_int", pair, ";")
         for (i = 1; i <= n; ++i) { split(pair[i], p, "="); if (p[1] == name) print p[2] "_M/s", v } }'
}
figures() {  # SIDE
    (
        cd "$room/$1"
        for bench in emu mix; do
            [ -x build/tests/bench_$bench ] || continue
            if grep -q -e --figures tests/bench_$bench.cpp; then
                build/tests/bench_$bench --figures || exit 1
            else
                text=$(build/tests/bench_$bench) || exit 1
                echo "$text" | ${bench}_text
            fi
        done
    ) || stop "a bench of $1 failed" "build/tests/bench_emu there"
}

prepare old "$old"
prepare new "$new"
rm -f "$room"/old.figures "$room"/new.figures
i=0
while [ $i -lt "$runs" ]; do
    for side in old new; do figures $side >>"$room/$side.figures"; done
    i=$((i + 1))
    echo "run $i of $runs"
done

echo "medians of $runs runs in turn; bench_mix: best of its runs"
sort -k1,1 -k2,2g "$room/old.figures" | sed 's/^/old /' >"$room/both"
sort -k1,1 -k2,2g "$room/new.figures" | sed 's/^/new /' >>"$room/both"
awk -v old="$(git rev-parse --short "$old")" -v new="$(git rev-parse --short "$new")" '
    { values[$1, $2, ++count[$1, $2]] = $3; if (!($2 in seen)) { seen[$2] = 1; order[++n] = $2 } }
    function median(side, name,   c) {
        c = count[side, name]
        return c % 2 ? values[side, name, (c + 1) / 2] : (values[side, name, c / 2] + values[side, name, c / 2 + 1]) / 2
    }
    END {
        printf "  %-36s %10s %10s  ratio\n", "", old, new
        for (i = 1; i <= n; ++i) {
            name = order[i]
            if (!count["new", name]) {
                printf "  %-36s %10.2f %10s  gone\n", name, median("old", name), "-"
                bad = 1
                continue
            }
            if (!count["old", name]) {
                printf "  %-36s %10s %10.2f  new\n", name, "-", median("new", name)
                continue
            }
            ratio = median("new", name) / median("old", name)
            ++compared
            if (ratio < 0.95) bad = 1
            printf "  %-36s %10.2f %10.2f  %5.3f%s\n", name, median("old", name), median("new", name), ratio,
                   ratio < 0.95 ? "  slower" : ""
        }
        if (!compared) { print "nothing to compare"; exit 1 }
        print bad ? "slower: a ratio is below 0.95, or a figure is gone" : "as fast: no ratio is below 0.95"
        exit bad
    }' "$room/both"
