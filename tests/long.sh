#!/bin/sh
# sh tests/long.sh BUILD: the long half of `make check-long`: the tests with their full repetitions, under every SIMD
# build that this machine can run and with one and two worker threads. Prints one line per run; stops at a failure.
set -eu
build=$1
limit=900  # seconds a test may take: one that hangs has failed
export GCN_BACKEND=hsa-software GCN_CHECK_LONG=1

simds="portable avx2"
grep -qw avx512vl /proc/cpuinfo && simds="$simds avx512"

run() {
    name=$1
    shift
    log=$build/tests/$name.long.log
    code=0
    timeout --foreground "$limit" "$build/tests/$name" "$@" >"$log" 2>&1 || code=$?
    if [ "$code" != 0 ]; then
        cat "$log"
        echo "gcn: cannot pass make check-long: $name ended with $code (124: after $limit s)," \
            "GCN_EMU_SIMD=${GCN_EMU_SIMD:-} GCN_EMU_THREADS=${GCN_EMU_THREADS:-}."
        exit 1
    fi
    printf '  LONG  %-24s %-9s %s threads: %s\n' "$name" "${GCN_EMU_SIMD:-best}" "${GCN_EMU_THREADS:-all}" \
        "$(grep -E '^(Done |corpus:)' "$log" || tail -n 2 "$log" | head -n 1)"
}

for simd in $simds; do
    for threads in 1 2; do
        for test in "$build"/tests/test_exec_*; do
            case $test in *.*) continue ;; esac
            GCN_EMU_SIMD=$simd GCN_EMU_THREADS=$threads run "$(basename "$test")"
        done
        GCN_EMU_SIMD=$simd GCN_EMU_THREADS=$threads run test_corpus
        (unset GCN_CHECK_LONG; GCN_EMU_SIMD=$simd GCN_EMU_THREADS=$threads run test_gemm)
    done
done
run test_gemm
fuzz() {
    name=$1
    shift
    run "fuzz_$name" -max_total_time=10 -max_len=4096 -timeout=60 -dict="tests/fuzz_$name.dict" \
        -artifact_prefix="$build/tests/" "$@"
}
fuzz npy
# New inputs go to the first folder, so that the second stays as it is.
mkdir -p "$build/tests/fuzz_elf.seeds" "$build/tests/fuzz_elf.found"
cp "$build"/tests/kernels/*.co "$build/tests/fuzz_elf.seeds"
fuzz elf "$build/tests/fuzz_elf.found" "$build/tests/fuzz_elf.seeds"
run fuzz_isa --words 3000000 --seed 2
run fuzz_exec --seed 1 --count 5000000 --complete
run fuzz_exec --programs --seed 1 --count 1000000
run fuzz_exec --images --seed 1 --count 1000000
run test_programs
run test_queues
# The timing model: every kernel by samples beside in full, all its counters with every build, large products.
run test_timed
run test_perf_record
run test_timing

# Third-party libraries and the programs that verify HIP: with one thread and with two, three times each.
program() {
    name=$1
    for threads in 1 2; do
        log=$build/tests/$(basename "$name").long.log
        began=$(date +%s)
        for turn in 1 2 3; do
            code=0
            GCN_EMU_THREADS=$threads timeout --foreground "$limit" \
                "$build/gcn" emu "$build/tests/programs/$name" >"$log" 2>&1 || code=$?
            if [ "$code" != 0 ] || [ "$(tail -n 1 "$log")" != "all right" ]; then
                cat "$log"
                echo "gcn: cannot pass make check-long: $name ended with $code (124: after $limit s)," \
                    "run $turn, GCN_EMU_THREADS=$threads."
                exit 1
            fi
        done
        printf '  LONG  %-24s %s threads, 3 runs in %s s: %s each\n' "$name" "$threads" $(($(date +%s) - began)) \
            "$(tail -n 2 "$log" | head -n 1)"
    done
}
for name in memory streams modules device progress rocprim rocrand long/rocprim_scan long/rocprim_sort \
    long/rocprim_select; do
    program "$name"
done
