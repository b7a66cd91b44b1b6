// Scalar instructions, branches, barriers, scalar memory.
.include "tests/timing/timing.inc"

// repeated NAME, COUNT, TEXT   COUNT times TEXT a turn; out = sSpare, 0 before. SCC is 1 at the first TEXT.
.macro repeated name, count, text
  begin \name
  s_mov_b32 s[sSpare], 0
  s_mov_b64 s[sT : sT + 1], 0
  turn \name
  s_cmp_eq_u32 s[sTurn], s[sTurn]
  .rept \count
    \text
  .endr
  again \name
  v_mov_b32 v[vResult], s[sSpare]
  finish \name
.endm

repeated salu_add,         1024, "s_add_u32 s[sSpare], s[sSpare], 1"
repeated salu_saveexec,    512,  "s_or_saveexec_b64 s[sT : sT + 1], exec"
repeated branch_not_taken, 1024, "s_cbranch_scc0 0"
repeated nops,             1024, "s_nop 0"
repeated setprios,         1024, "s_setprio 0"
repeated barriers,         64,   "s_barrier"

// branch_taken: 256 times over one instruction that is not executed.
.macro jump
  s_branch 1
  s_mov_b32 s[sSpare], -1
.endm
repeated branch_taken,     256,  "jump"

// vector_to_scalar: 256 times a scalar register that the vector unit wrote goes into a scalar sum. out = 256 * turns.
begin vector_to_scalar
vregs vOne
v_mov_b32 v[vOne], 1
s_mov_b32 s[sSpare], 0
turn vector_to_scalar
.rept 256
  v_readfirstlane_b32 s[sT], v[vOne]
  s_add_u32 s[sSpare], s[sSpare], s[sT]
.endr
again vector_to_scalar
v_mov_b32 v[vResult], s[sSpare]
finish vector_to_scalar

// smem_chain: 64 dependent s_load_dword a turn; in holds at each byte offset the next one. out = the last offset.
begin smem_chain
s_mov_b32 s[sSpare], 0
turn smem_chain
.rept 64
  s_load_dword s[sSpare], s[sIn : sIn + 1], s[sSpare]
  s_waitcnt lgkmcnt(0)                                    // sSpare
.endr
again smem_chain
v_mov_b32 v[vResult], s[sSpare]
finish smem_chain

// smem_NAME: 64 independent loads of SUFFIX a turn, four under way, from the first 256 bytes of in. out = in[0].
.macro smem name, suffix, dwords
  begin \name
  sregs sD, 4 * \dwords, 4
  turn \name
  .rept 16
    .set i, 0
    .rept 4
      s_load_\suffix s[sD + \dwords * i : sD + \dwords * (i + 1) - 1], s[sIn : sIn + 1], 64 * i
      .set i, i + 1
    .endr
    s_waitcnt lgkmcnt(0)                                  // sD
  .endr
  again \name
  v_mov_b32 v[vResult], s[sD]
  finish \name
.endm
smem smem_x1,  dword,    1
smem smem_x2,  dwordx2,  2
smem smem_x4,  dwordx4,  4
smem smem_x8,  dwordx8,  8
smem smem_x16, dwordx16, 16
