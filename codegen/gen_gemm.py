"""gen_gemm.py --layout nt --tile 64x64 --lane 4x4: an SGEMM kernel, C = alpha * op(A) * op(B) + beta * C.

A workgroup computes one tile of C. Block by block along k it brings the tile's panels of A and B from memory into
registers and from there into LDS, where each lane reads what its own rows and columns need. All addresses that change
lie in buffer descriptors and move on the scalar unit; edges of the matrices are the descriptors' bounds.
"""
import argparse
import dataclasses
import sys

from gcn_asm import LDS, LDS_BYTES, Cannot, Kernel

# ---- data ------------------------------------------------------------------------------------

BEYOND = 0xfffff000       # a byte offset past the end of any descriptor, with room for instruction offsets
BEYOND_LDS = 0x10000      # an LDS offset past its end: nothing is written there
RAW_BUFFER = 0x00020000   # descriptor word 3
KERNARG = [("A", 0x00), ("B", 0x08), ("C", 0x10), ("m", 0x18), ("n", 0x1c), ("k", 0x20), ("lda", 0x24), ("ldb", 0x28),
           ("ldc", 0x2c), ("alpha", 0x30), ("beta", 0x34), ("strideA", 0x38), ("strideB", 0x3c), ("strideC", 0x40),
           ("pointers", 0x44), 0x48]
NOTES = ("A, B and C as in BLAS, column major. beta = 0: C is not read. alpha = 0 or k = 0: A and B are not read.",
         "Product z of a batch begins z * stride elements further; with pointers != 0, A, B and C are lists of addresses.")


@dataclasses.dataclass
class Panel:
    """The part of A or B that a k block needs: `extent` rows of op(A), or columns of op(B), by `depth`."""
    name: str
    extent: int     # of the tile
    each: int       # per lane
    along_k: bool   # neighbours in memory are neighbours along k, not along the tile
    vector: int     # floats per load
    depth: int
    lanes: int

    def __post_init__(self):
        run = self.depth if self.along_k else self.extent
        if run % self.vector:
            raise Cannot(f"{self.name} has runs of {run} floats, not a multiple of --load {self.vector}",
                         "a smaller --load")
        self.per_run = run // self.vector                          # loads per run of neighbours
        self.vectors = self.extent * self.depth // self.vector     # loads in all
        self.loads = -(-self.vectors // self.lanes)                # per lane
        self.pitch = self.extent + (4 if self.along_k else 0)      # floats per k in LDS; 4 more spread the banks
        self.pitch += -self.pitch % 4
        self.chunks = chunks(self.each, self.extent // self.each)

    def offset(self, i):
        """Where a lane's row i lies after its first, in rows of the tile."""
        return next(base + i - at for at, width, base in self.chunks if at <= i < at + width)


def chunks(each, lanes):
    """(first, width, place of lane 0): how a lane's rows lie in the tile, in runs that one LDS read brings.

    Runs of neighbouring lanes are neighbours, so that lanes that read together read neighbouring banks.
    """
    at, result = 0, []
    while at < each:
        width = next(w for w in (4, 2, 1) if w <= each - at)
        result.append((at, width, at * lanes))
        at += width
    return result


def zigzag(rows, cols):
    """(row, col) pairs; rows turn round in odd columns, so that neighbours share a source register."""
    return [(r, c) for c in range(cols) for r in (range(rows) if c % 2 == 0 else reversed(range(rows)))]


def divider(divisor, largest):
    """(factor, shift) with n // divisor == n * factor >> shift for all n <= largest."""
    for shift in range(16, 25):
        factor = -(-(1 << shift) // divisor)
        if largest * factor < 1 << 32 and factor < 1 << 24 and all(n * factor >> shift == n // divisor
                                                                   for n in range(largest + 1)):
            return factor, shift
    raise Cannot(f"no factor divides up to {largest} by {divisor}", "another tile")


@dataclasses.dataclass
class Shape:
    """What the options say, and what follows from it."""
    trans_a: bool
    trans_b: bool
    m: int
    n: int
    rows: int
    cols: int
    depth: int
    load: int
    buffers: int
    global_prefetch: bool
    local_prefetch: bool
    unroll: int
    without: str
    small_k: bool

    def __post_init__(self):
        if self.m % self.rows or self.n % self.cols:
            raise Cannot(f"a tile of {self.m}x{self.n} is not whole lane tiles of {self.rows}x{self.cols}",
                         "--lane that divides --tile")
        self.lanes_m, self.lanes_n = self.m // self.rows, self.n // self.cols
        self.lanes = self.lanes_m * self.lanes_n
        if not 1 <= self.lanes <= 1024:
            raise Cannot(f"the tile has {self.lanes} lane tiles, a workgroup at most 1024 lanes", "a larger --lane")
        if self.unroll % self.buffers:
            raise Cannot(f"--unroll {self.unroll} is not a multiple of --buffers {self.buffers}",
                         f"--unroll {self.buffers}")
        a_along_k, b_along_k = self.trans_a, not self.trans_b
        self.a = Panel("A", self.m, self.rows, a_along_k, self.load, self.depth, self.lanes)
        self.b = Panel("B", self.n, self.cols, b_along_k, self.load, self.depth, self.lanes)
        self.lds_b = 4 * self.a.pitch * self.depth                 # where B begins in a buffer
        self.buffer_bytes = self.lds_b + 4 * self.b.pitch * self.depth
        self.lds = self.buffer_bytes * self.buffers
        if self.lds > LDS_BYTES:
            raise Cannot(f"{self.lds} B of LDS, a workgroup has at most {LDS_BYTES}",
                         "a smaller --depth, --tile or --buffers")

    def rate(self, share):
        """Multiply-adds per clock of a CU: the share of v_mac_f32, unless LDS reads take longer (docs/kernels.md)."""
        reads = sum(w for panel in (self.a, self.b) for _, w, _ in panel.chunks) * 2   # clocks of a wave per k
        macs = self.rows * self.cols                               # clocks of the CU's four SIMDs for a wave per k
        full = self.lanes / (-(-self.lanes // 64) * 64)
        return max(1, int(64 * full * min(share, macs / max(reads, 1))))


# ---- derive and emit -------------------------------------------------------------------------


class Gemm:
    """Emits one kernel; the methods stand in the order of the code."""

    def __init__(self, name, shape):
        self.s, self.k = shape, Kernel(name)

    def registers(self):
        s, k = self.s, self.k
        self.s_kernarg = k.regs("s", "sKernarg", 2, 2, "in: kernarg segment")
        self.s_tile_m = k.regs("s", "sTileM", note="in: workgroup id x; then the tile's first row")
        self.s_tile_n = k.regs("s", "sTileN", note="in: workgroup id y; then the tile's first column")
        self.s_batch = k.regs("s", "sBatch", note="in: workgroup id z, which product of a batch")
        self.s_desc = {p: k.regs("s", f"s{p}", 4, 4, f"buffer resource of {p}") for p in "ABC"}
        self.s_args = k.regs("s", "sArgs", 8, 4, "m n k lda ldb ldc alpha beta")
        self.s_m, self.s_n, self.s_k, lda, ldb, self.s_ldc, self.s_alpha, self.s_beta = self.s_args
        self.s_ld = {"A": lda, "B": ldb}
        self.s_more = k.regs("s", "sMore", 4, 4, "strideA strideB strideC pointers")
        self.s_stride, self.s_pointers = dict(zip("ABC", self.s_more)), self.s_more[3]
        self.s_step = {p: k.regs("s", f"sStep{p}", note=f"bytes from one k block of {p} to the next") for p in "AB"}
        self.s_blocks = k.regs("s", "sBlocks", note="k blocks left after the current one")
        self.s_rest = k.regs("s", "sRest", note="k % depth")
        self.s_ragged = k.regs("s", "sRagged", note="sBlocks when the next block is the last and not whole; or never")
        self.s_rows = k.regs("s", "sRows", note="rows of C from this tile's first on")
        self.s_cols = k.regs("s", "sCols", note="columns of C from this tile's first on")
        self.s_inside = k.regs("s", "sInside", 2 * s.rows, 2, "lanes that have this row of theirs inside C")
        self.s_t = k.regs("s", "sT", 2, 2, "scratch")

        self.v_lane = k.regs("v", "vLane", note="in: lane id")
        self.v_beyond = k.regs("v", "vBeyond", note="a byte offset past the end of any descriptor")
        self.v_t = k.regs("v", "vT", note="scratch")
        self.v_load, self.v_write, self.v_kk, self.v_next = {}, {}, {}, {}
        for p in (s.a, s.b):
            self.v_load[p.name] = k.regs("v", f"vLoad{p.name}", p.loads, note="byte offsets of this lane's loads")
            self.v_write[p.name] = k.regs("v", f"vWrite{p.name}", p.loads, note="LDS offsets where they go")
            self.v_kk[p.name] = k.regs("v", f"vDepth{p.name}", p.loads, note="which k of the block they begin with")
        self.v_read = {"A": k.regs("v", "vReadA", note="LDS offset of this lane's first row"),
                       "B": k.regs("v", "vReadB", note="LDS offset of this lane's first column")}
        for p in (s.a, s.b):
            self.v_next[p.name] = k.regs("v", f"vNext{p.name}", p.loads * p.vector, note="under way from memory to LDS")
        self.sets = 2 if s.local_prefetch else 1
        operands = k.regs("v", "vOperands", self.sets * (s.rows + s.cols), note="rows of A, columns of B, by set")
        self.v_ab = [(operands[i:i + s.rows], operands[i + s.rows:i + s.rows + s.cols])
                     for i in range(0, len(operands), s.rows + s.cols)]
        self.v_acc = k.regs("v", "vAcc", s.rows * s.cols, note="vAcc[rows*column + row]")

        # After the loop. `group` columns of C are finished together.
        self.v_row = k.alias("vRow", self.v_read["A"], "after the loop: this lane's first row in the tile")
        self.v_col = k.alias("vCol", self.v_read["B"], "after the loop: this lane's first column in the tile")
        self.v_out = k.alias("vOut", self.v_load["A"][0], "after the loop: byte offset in C of the two")
        self.v_edge = k.alias("vEdge", self.v_load["B"][0], "after the loop: byte offset of one element, or beyond")
        self.v_at = k.alias("vAt", self.v_write["A"][0], "after the loop: byte offset of a column, or beyond")
        self.v_old = k.alias("vOld", operands[0:s.rows], "after the loop: a column of C as it was")

    # ---- the beginning -----------------------------------------------------------------------

    def load_arguments(self):
        s, k = self.s, self.k
        for i, p in enumerate("ABC"):
            k("s_load_dwordx2", self.s_desc[p][0:2], self.s_kernarg, f"{8 * i:#x}")
        k("s_load_dwordx8", self.s_args, self.s_kernarg, "0x18")
        k("s_load_dwordx4", self.s_more, self.s_kernarg, "0x38")
        k("s_mov_b32", "m0", -1, note="LDS limit: GCN3 wants it set")
        for acc in self.v_acc:
            k("v_mov_b32", acc, 0)
        k("v_mov_b32", self.v_beyond, f"{BEYOND:#x}")
        k("s_mul_i32", self.s_tile_m, self.s_tile_m, s.m)
        k("s_mul_i32", self.s_tile_n, self.s_tile_n, s.n)
        k.need(self.s_args, note="the arguments, all of them")

    def choose_product(self):
        """A, B, C of product z: its address from a list, or so many elements further."""
        k, t = self.k, self.s_t
        k.comment("which product of the batch")
        k("s_cmp_lg_u32", self.s_pointers, 0)
        k("s_cbranch_scc1", f"{k.name}_pointers")
        for p in "ABC":
            k("s_mul_i32", t[0], self.s_batch, self.s_stride[p])
            k("s_mov_b32", t[1], 0)
            k("s_lshl_b64", t, t, 2)
            k("s_add_u32", self.s_desc[p][0], self.s_desc[p][0], t[0])
            k("s_addc_u32", self.s_desc[p][1], self.s_desc[p][1], t[1])
        k.label("product")
        with k.aside():
            k.label("pointers")
            k("s_lshl_b32", t[0], self.s_batch, 3)
            k("s_mov_b32", t[1], 0)
            for p in "ABC":
                k("s_add_u32", self.s_desc[p][0], self.s_desc[p][0], t[0])
                k("s_addc_u32", self.s_desc[p][1], self.s_desc[p][1], 0)
            for p in "ABC":
                k("s_load_dwordx2", self.s_desc[p][0:2], self.s_desc[p][0:2], 0)
            k.need(self.s_desc["C"], note="the addresses of A, B and C")
            k("s_branch", f"{k.name}_product")

    def make_descriptor(self, p, offset, size):
        """Descriptor of p: `offset` bytes further, `size` bytes long."""
        k, d = self.k, self.s_desc[p]
        k("s_add_u32", d[0], d[0], offset)
        k("s_addc_u32", d[1], d[1], 0)
        k("s_mov_b32", d[2], size)
        k("s_mov_b32", d[3], f"{RAW_BUFFER:#x}")

    def place_tile(self):
        k, t = self.k, self.s_t
        k.comment("rows = m - tileM, cols = n - tileN; a tile with none of either has nothing to do")
        for count, size, first in ((self.s_rows, self.s_m, self.s_tile_m), (self.s_cols, self.s_n, self.s_tile_n)):
            k("s_sub_u32", count, size, first)
            k("s_cmp_le_u32", size, first)
            k("s_cbranch_scc1", f"{k.name}_end")
        k.comment("C += 4 * (tileN*ldc + tileM), 4 * ((cols - 1)*ldc + rows) bytes long")
        k("s_mul_i32", t[0], self.s_tile_n, self.s_ldc)
        k("s_add_u32", t[0], t[0], self.s_tile_m)
        k("s_lshl_b32", t[0], t[0], 2)
        k("s_sub_u32", t[1], self.s_cols, 1)
        k("s_mul_i32", t[1], t[1], self.s_ldc)
        k("s_add_u32", t[1], t[1], self.s_rows)
        k("s_lshl_b32", t[1], t[1], 2)
        self.make_descriptor("C", t[0], t[1])
        k.comment(f"vRow = lane % {self.s.lanes_m}, vCol = lane / {self.s.lanes_m}: which lane tile")
        self.divide(self.v_read["B"], self.v_read["A"], self.v_lane, self.s.lanes_m, self.s.lanes - 1)

    def divide(self, quotient, remainder, value, divisor, largest):
        """quotient = value / divisor, remainder = value % divisor; `value` is neither of them."""
        k = self.k
        if divisor & (divisor - 1) == 0:
            k("v_lshrrev_b32", quotient, divisor.bit_length() - 1, value)
            k("v_and_b32", remainder, divisor - 1, value)
            return
        factor, shift = divider(divisor, largest)
        k("v_mul_u32_u24", quotient, f"{factor:#x}", value)
        k("v_lshrrev_b32", quotient, shift, quotient)
        k("v_mul_u32_u24", remainder, divisor, quotient)
        k("v_sub_u32", remainder, "vcc", value, remainder)

    def skip_if_no_product(self):
        k, t = self.k, self.s_t
        k.comment("k = alpha is zero of either sign ? 0 : k, alpha = k ? alpha : 0; without k only beta * C is left to do")
        k("s_lshl_b32", t[0], self.s_alpha, 1)
        k("s_cselect_b32", self.s_k, self.s_k, 0)
        k("s_cmp_lg_u32", self.s_k, 0)
        k("s_cselect_b32", self.s_alpha, self.s_alpha, 0)
        k("s_cbranch_scc0", f"{k.name}_store")

    def place_panel(self, p, tile, count):
        """Descriptor, offsets and LDS addresses of one panel."""
        s, k, t, ld, v_t = self.s, self.k, self.s_t, self.s_ld[p.name], self.v_t
        if p.along_k:
            k.comment(f"{p.name} += 4 * ld*tile, 4 * ((count - 1)*ld + k) bytes long; a block is depth floats further")
            k("s_mul_i32", t[0], tile, ld)
            k("s_lshl_b32", t[0], t[0], 2)
            k("s_sub_u32", t[1], count, 1)
            k("s_mul_i32", t[1], t[1], ld)
            k("s_add_u32", t[1], t[1], self.s_k)
            k("s_mov_b32", self.s_step[p.name], 4 * s.depth)
        else:
            k.comment(f"{p.name} += 4 * tile, 4 * ((k - 1)*ld + count) bytes long; a block is depth columns further")
            k("s_lshl_b32", t[0], tile, 2)
            k("s_sub_u32", t[1], self.s_k, 1)
            k("s_mul_i32", t[1], t[1], ld)
            k("s_add_u32", t[1], t[1], count)
            k("s_mul_i32", self.s_step[p.name], ld, 4 * s.depth)
        k("s_lshl_b32", t[1], t[1], 2)
        self.make_descriptor(p.name, t[0], t[1])

        for i in range(p.loads):
            load, write, kk = self.v_load[p.name][i], self.v_write[p.name][i], self.v_kk[p.name][i]
            place = load                                    # the run's place in the panel, until it becomes an offset
            k.comment(f"load {i} of {p.name}: vector lane + {i * s.lanes} of {p.vectors}, {p.per_run} to a run")
            k("v_add_u32", v_t, "vcc", i * s.lanes, self.v_lane)
            run, inside = (place, kk) if p.along_k else (kk, place)
            self.divide(run, inside, v_t, p.per_run, (i + 1) * s.lanes - 1)
            if p.vector > 1:
                k("v_lshlrev_b32", inside, p.vector.bit_length() - 1, inside)
            # vWrite = 4 * (pitch*kk + place) + where the panel is;  vLoad = 4 * (ld*place + kk) or 4 * (ld*kk + place)
            k("v_mul_u32_u24", write, p.pitch, kk)
            k("v_add_u32", write, "vcc", write, place)
            k("v_lshlrev_b32", write, 2, write)
            if p.name == "B":
                k("v_add_u32", write, "vcc", s.lds_b, write)
            far, near = (place, kk) if p.along_k else (kk, place)
            if (i + 1) * s.lanes > p.vectors:
                k("v_mov_b32", v_t, f"{BEYOND_LDS:#x}")
                self.beyond_last_vector(p, i, write, v_t)
            k("v_mul_lo_u32", v_t, far, ld)
            k("v_add_u32", v_t, "vcc", v_t, near)
            k("v_lshlrev_b32", load, 2, v_t)
            if not p.along_k:
                # kk >= k: beyond everything instead, because with so few columns ld*kk may not fit 32 bits
                k("v_cmp_gt_u32", "vcc", self.s_k, kk)
                k("v_cndmask_b32", load, self.v_beyond, load, "vcc")
            if (i + 1) * s.lanes > p.vectors:
                self.beyond_last_vector(p, i, load, self.v_beyond)

    def beyond_last_vector(self, p, i, reg, instead):
        """reg = instead, in lanes for which no vector is left."""
        k = self.k
        k("s_movk_i32", self.s_t[0], p.vectors - i * self.s.lanes)
        k("v_cmp_gt_u32", "vcc", self.s_t[0], self.v_lane)
        k("v_cndmask_b32", reg, instead, reg, "vcc")

    def count_blocks(self):
        """blocks = ceil(k/depth) - 1; ragged = blocks before the last one when k % depth, else never reached."""
        s, k, t = self.s, self.k, self.s_t
        shift = s.depth.bit_length() - 1
        k.comment("how many k blocks, and whether the last is whole")
        k("s_sub_u32", self.s_blocks, self.s_k, 1)
        k("s_lshr_b32", self.s_blocks, self.s_blocks, shift)
        k("s_and_b32", self.s_rest, self.s_k, s.depth - 1, note="SCC: the last is not whole")
        k("s_cselect_b32", self.s_ragged, 1, -1)

    def place_reads(self):
        k = self.k
        k.comment("vReadA = 4 * first chunk's width * vRow, vReadB likewise")
        for p in (self.s.a, self.s.b):
            k("v_lshlrev_b32", self.v_read[p.name], 1 + p.chunks[0][1].bit_length(), self.v_read[p.name])

    # ---- the loop ----------------------------------------------------------------------------

    def advance(self):
        """base += step, bytes = max(bytes - step, 0): past the end nothing is left and loads give 0."""
        k = self.k
        for p in "AB":
            d, step = self.s_desc[p], self.s_step[p]
            k("s_add_u32", d[0], d[0], step)
            k("s_addc_u32", d[1], d[1], 0)
            k("s_sub_u32", d[2], d[2], step)
            k("s_cselect_b32", d[2], 0, d[2])

    def fetch(self):
        if self.s.without == "global":
            return
        for p in (self.s.a, self.s.b):
            op = "buffer_load_dword" + {1: "", 2: "x2", 4: "x4"}[p.vector]
            for i in range(p.loads):
                self.k(op, self.v_next[p.name][i * p.vector:(i + 1) * p.vector], self.v_load[p.name][i],
                       self.s_desc[p.name], "0 offen")

    def deposit(self, buffer, ragged, aside):
        """LDS buffer = vNext. `ragged`: the value of sBlocks, a register, with which the block is the last and ragged."""
        s, k = self.s, self.k
        k.need(*self.v_next.values(), note="the next block")
        if s.a.along_k or s.b.along_k:
            k("s_cmp_eq_u32", self.s_blocks, ragged)
            k("s_cbranch_scc1", f"{k.name}_ragged_{aside}")
            k.label(f"whole_{aside}")
            with k.aside():
                k.label(f"ragged_{aside}")
                self.clear_rest()
                k("s_branch", f"{k.name}_whole_{aside}")
        for p in (s.a, s.b):
            at = buffer * s.buffer_bytes
            for i in range(p.loads):
                value = self.v_next[p.name][i * p.vector:(i + 1) * p.vector]
                if p.along_k:
                    for j in range(p.vector):
                        k("ds_write_b32", self.v_write[p.name][i], f"{value[j]} offset:{at + 4 * p.pitch * j}")
                else:
                    k(f"ds_write_b{32 * p.vector}", self.v_write[p.name][i], f"{value} offset:{at}")

    def clear_rest(self):
        """vNext = 0 from k on, where memory goes on with the next run."""
        k = self.k
        for p in (self.s.a, self.s.b):
            if not p.along_k:
                continue
            for i in range(p.loads):
                for j in range(p.vector):
                    value = self.v_next[p.name][i * p.vector + j]
                    k("s_sub_i32", self.s_t[0], self.s_rest, j)
                    k("v_cmp_gt_i32", "vcc", self.s_t[0], self.v_kk[p.name][i])
                    k("v_cndmask_b32", value, 0, value, "vcc")

    def read(self, buffer, kk):
        """This lane's operands at one k of a buffer into set kk % sets."""
        s, k = self.s, self.k
        if s.without == "lds":
            return
        for p, regs in zip((s.a, s.b), self.v_ab[kk % self.sets]):
            at = buffer * s.buffer_bytes + 4 * p.pitch * kk + (s.lds_b if p.name == "B" else 0)
            for first, width, base in p.chunks:
                # a chunk narrower than the first has narrower steps from lane to lane
                address = self.v_read[p.name] if width == p.chunks[0][1] else self.v_narrow[p.name, width]
                k(f"ds_read_b{32 * width}", regs[first:first + width], f"{address} offset:{at + 4 * base}")

    def macs(self, kk):
        s, k = self.s, self.k
        a, b = self.v_ab[kk % self.sets]
        k.need(a, b, note=f"operands of k {kk}")
        if s.without != "alu":
            for r, c in zigzag(s.rows, s.cols):
                k("v_mac_f32", self.v_acc[s.rows * c + r], a[r], b[c])

    def block(self, buffer, aside):
        """One k block out of `buffer`; leaves the next in the other buffer, or in the same when there is one."""
        s, k = self.s, self.k
        other = (buffer + 1) % s.buffers
        if s.global_prefetch:
            self.advance()
            self.fetch()
        k("s_setprio", 1)
        last = s.depth - 1
        for kk in range(s.depth):
            if not s.local_prefetch:
                self.read(buffer, kk)
            elif kk < last:
                self.read(buffer, kk + 1)
            elif s.buffers == 2:
                break
            if s.buffers == 2 and kk == last - s.local_prefetch:
                self.refill(other, aside)
            self.macs(kk)
        k("s_setprio", 0)
        k.need(LDS, *self.v_ab[last % self.sets], note="this buffer has been read")
        k("s_barrier")
        if s.buffers == 1:
            self.refill(other, aside)
            k.need(LDS, note="the next block is in LDS")
            k("s_barrier")
        if s.local_prefetch:
            self.read(other, 0)
            if s.buffers == 2:
                self.macs(last)
        k("s_sub_u32", self.s_blocks, self.s_blocks, 1, note="SCC: there was none left")

    def refill(self, buffer, aside):
        if not self.s.global_prefetch:
            self.advance()
            self.fetch()
        self.deposit(buffer, self.s_ragged, aside)

    def single_block(self):
        """All of k is one block: no loop, nothing to prefetch."""
        s, k = self.s, self.k
        k.comment("the only block")
        self.fetch()
        k("s_sub_u32", self.s_t[1], self.s_ragged, 1)
        self.deposit(0, self.s_t[1], "first")
        k.need(LDS, note="the block is in LDS")
        k("s_barrier")
        for kk in range(s.depth):
            if kk == 0 or not s.local_prefetch:
                self.read(0, kk)
            if s.local_prefetch and kk + 1 < s.depth:
                self.read(0, kk + 1)
            self.macs(kk)
        k.no_loop()

    def loop(self):
        s, k = self.s, self.k
        k.comment("the first block")
        self.fetch()
        k("s_sub_u32", self.s_t[1], self.s_ragged, 1)
        self.deposit(0, self.s_t[1], "first")
        k.need(LDS, note="the first block is in LDS")
        k("s_barrier")
        if s.local_prefetch:
            self.read(0, 0)
        k.loop(per=f"{s.depth * s.unroll} k")
        for i in range(s.unroll):
            self.block(i % s.buffers, str(i))
            if i < s.unroll - 1:
                k("s_cbranch_scc1", f"{k.name}_done")
        k.end_loop("s_cbranch_scc0")
        k.label("done")
        k.need(LDS, *(r for pair in self.v_ab for r in pair), *self.v_next.values(), note="a block that is not there")

    # ---- the end -----------------------------------------------------------------------------

    def finish(self):
        """C = alpha * vAcc + beta * C, a column at a time."""
        s, k, t = self.s, self.k, self.s_t
        k.label("store")
        wide_m, wide_n = s.a.chunks[0][1], s.b.chunks[0][1]
        k.comment(f"vRow = {wide_m} * (lane % {s.lanes_m}), vCol = {wide_n} * (lane / {s.lanes_m}), vOut = 4 * (ldc*vCol + vRow)")
        self.divide(self.v_col, self.v_row, self.v_lane, s.lanes_m, s.lanes - 1)
        for place, p in ((self.v_row, s.a), (self.v_col, s.b)):
            if p.chunks[0][1] > 1:
                k("v_lshlrev_b32", place, p.chunks[0][1].bit_length() - 1, place)
        for r in range(s.rows):
            self.place(self.v_t, self.v_row, s.a, r)
            k("v_cmp_gt_u32", self.s_inside[2 * r:2 * r + 2], self.s_rows, self.v_t)
        for c in range(s.cols):
            self.finish_column(c)
        k.label("end")
        k("s_endpgm")

    def place(self, to, first, p, i):
        """to = the row (or column) i of this lane, from the first row of its first chunk."""
        k = self.k
        at, width, base = next(chunk for chunk in p.chunks if chunk[0] <= i < chunk[0] + chunk[1])
        shift = p.chunks[0][1].bit_length() - width.bit_length()
        if shift:
            k("v_lshrrev_b32", to, shift, first)
            k("v_add_u32", to, "vcc", base + i - at, to)
        else:
            k("v_add_u32", to, "vcc", base + i - at, first)

    def finish_column(self, c):
        s, k = self.s, self.k
        k.comment(f"column {c} of this lane's")
        self.place(self.v_t, self.v_col, s.b, c)
        k("v_mul_lo_u32", self.v_at, self.v_t, self.s_ldc)
        k("v_cmp_gt_u32", "vcc", self.s_cols, self.v_t)
        k("v_lshlrev_b32", self.v_at, 2, self.v_at)
        k("v_cndmask_b32", self.v_at, self.v_beyond, self.v_at, "vcc", note="vAt: the column's first element")
        acc = self.v_acc[s.rows * c:s.rows * (c + 1)]
        for r in range(s.rows):
            k("v_mul_f32", acc[r], self.s_alpha, acc[r])
        for first, width, base in s.a.chunks:
            self.finish_chunk(c, first, width, acc)

    def finish_chunk(self, c, first, width, acc):
        """`width` neighbouring rows of a column."""
        s, k = self.s, self.k
        name = f"{c}_{first}"
        old = self.v_old[first:first + width]
        self.place(self.v_out, self.v_row, s.a, first)
        k("v_lshlrev_b32", self.v_out, 2, self.v_out)
        # BEYOND + 4 * row still lies beyond everything: a row is less than 2^10 - 2^5 away.
        k("v_add_u32", self.v_out, "vcc", self.v_at, self.v_out)
        size = {1: "", 2: "x2", 4: "x4"}[width]
        k("s_lshl_b32", self.s_t[0], self.s_beta, 1, note="SCC: beta is not zero of either sign")
        k("s_cbranch_scc0", f"{k.name}_no_beta_{name}")
        k(f"buffer_load_dword{size}", old, self.v_out, self.s_desc["C"], "0 offen")
        k.need(old, note="vOld")
        for r in range(width):
            k("v_mac_f32", acc[first + r], self.s_beta, old[r])
        k.label(f"no_beta_{name}")
        k("s_cmp_ge_u32", self.s_rows, s.m)
        k("s_cbranch_scc0", f"{k.name}_edge_{name}")
        k(f"buffer_store_dword{size}", acc[first:first + width], self.v_out, self.s_desc["C"], "0 offen")
        with k.aside():
            k.label(f"edge_{name}")
            for r in range(width):
                row = first + r
                k("v_cndmask_b32", self.v_edge, self.v_beyond, self.v_out, self.s_inside[2 * row:2 * row + 2])
                k("buffer_store_dword", acc[row], self.v_edge, self.s_desc["C"], f"0 offen offset:{4 * r}")
            k("s_branch", f"{k.name}_stored_{name}")
        k.label(f"stored_{name}")

    # ---- all of it ---------------------------------------------------------------------------

    def emit(self):
        s, k = self.s, self.k
        self.registers()
        self.v_narrow = {}
        for p in (s.a, s.b):
            for _, width, _ in p.chunks:
                if width != p.chunks[0][1] and (p.name, width) not in self.v_narrow:
                    self.v_narrow[p.name, width] = k.regs("v", f"vRead{p.name}{width}",
                                                          note=f"LDS offset for chunks of {width}")
        self.load_arguments()
        self.choose_product()
        self.place_tile()
        self.skip_if_no_product()
        self.place_panel(s.a, self.s_tile_m, self.s_rows)
        self.place_panel(s.b, self.s_tile_n, self.s_cols)
        self.count_blocks()
        for (panel, width), reg in self.v_narrow.items():
            k("v_lshlrev_b32", reg, 1 + width.bit_length(), self.v_read[panel])
        self.place_reads()
        self.single_block() if s.small_k else self.loop()
        self.finish()


def row(name, s, share):
    """The kernel's row of plan/kernels.def."""
    yes = lambda flag: "Yes" if flag else "No"
    k = s.depth if s.small_k else "0x3fffffff"
    return (f"KERNEL( {name}, Gpu, {yes(s.trans_a)}, {yes(s.trans_b)}, {s.m}, {s.n}, {s.depth}, {s.lanes}, "
            f"0x3fffffff, {k}, 0xfffff000, {s.rate(share)}, Yes )")


def generate(name, s):
    g = Gemm(name, s)
    g.emit()
    ops = ("A^T" if s.trans_a else "A") + " * " + ("B^T" if s.trans_b else "B")
    waves = -(-s.lanes // 64)
    return g.k.render(
        title=f"C = alpha * {ops} + beta * C, {waves} wave{'s' * (waves > 1)} per {s.m}x{s.n} tile of C, "
              f"{s.rows}x{s.cols} of C per lane.",
        problem=f"f32, column major; any m, n, {f'k <= {s.depth}' if s.small_k else 'k'}; ld >= rows; the span of each "
                "matrix <= 2^32 - 2^12 bytes",
        kernarg=KERNARG, launch=f"grid (ceil(m/{s.m}), ceil(n/{s.n}), products)", lanes=s.lanes, lds=s.lds,
        row=None if s.without else row(name, s, g.k.share), notes=NOTES)


def pair(text):
    return tuple(int(n) for n in text.split("x"))


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("name", help="the kernel's name")
    parser.add_argument("--layout", choices=["nn", "nt", "tn", "tt"], required=True, help="n or t for A, then for B")
    parser.add_argument("--tile", type=pair, required=True, metavar="MxN", help="of C, per workgroup")
    parser.add_argument("--lane", type=pair, required=True, metavar="RxC", help="rows and columns of C per lane")
    parser.add_argument("--depth", type=int, choices=[2, 4, 8, 16, 32], default=8, help="of a k block (%(default)s)")
    parser.add_argument("--load", type=int, choices=[1, 2, 4], default=4, help="floats per global load (%(default)s)")
    parser.add_argument("--buffers", type=int, choices=[1, 2], default=2, help="of LDS (%(default)s)")
    parser.add_argument("--unroll", type=int, help="k blocks per turn of the loop (as many as buffers)")
    parser.add_argument("--no-global-prefetch", action="store_true", help="load a block only when it is needed")
    parser.add_argument("--no-local-prefetch", action="store_true", help="one set of operands instead of two")
    parser.add_argument("--small-k", action="store_true", help="for k <= depth: one block, no loop")
    parser.add_argument("--without", choices=["alu", "lds", "global"], default="",
                        help="leave that part of the loop out: what bounds it? (the result is wrong)")
    o = parser.parse_args()
    buffers = 1 if o.small_k else o.buffers
    try:
        text = generate(o.name, Shape(
            o.layout[0] == "t", o.layout[1] == "t", *o.tile, *o.lane, o.depth, o.load, buffers,
            not o.no_global_prefetch, not o.no_local_prefetch, o.unroll or buffers, o.without, o.small_k))
    except Cannot as reason:
        why, remedy = reason.args
        sys.exit(f"gcn: cannot generate {o.name}: {why}. Try: {remedy}.")
    print(text, end="")
