// LDS: rates of each width with and without conflicts, and latency.
.include "tests/timing/timing.inc"

// A wave has 8 KiB of its own, the ninth those of the first and so on: groups of up to 512 lanes, if waves only read of
// up to 1024. Before the loop each dword holds its offset in these.
//   a, b   the offset that a lane accesses: (a * lane in the wave) & b, bytes
.set region, 8192
.macro begin_lds name
  begin \name
  vregs vAt                 // LDS address that this lane accesses
  vregs vOwn                // first address of the wave's part
  vregs vFill, 4
  vregs vTo
  sregs sRow
  s_mov_b32 m0, -1
  v_bfe_u32 v[vOwn], v[vLane], 6, 3
  v_mul_u32_u24 v[vOwn], region, v[vOwn]
  v_and_b32 v[vAt], 63, v[vLane]
  v_lshlrev_b32 v[vFill], 4, v[vAt]
  v_add_u32 v[vTo], vcc, v[vOwn], v[vFill]
  v_add_u32 v[vFill + 1], vcc, 4, v[vFill]
  v_add_u32 v[vFill + 2], vcc, 8, v[vFill]
  v_add_u32 v[vFill + 3], vcc, 12, v[vFill]
  v_readfirstlane_b32 s[sRow], v[vLane]
  s_cmp_ge_u32 s[sRow], 512
  s_cbranch_scc1 filled_\name
  s_movk_i32 s[sRow], 0x400
  .rept region / 1024
    ds_write_b128 v[vTo], v[vFill : vFill + 3]
    v_add_u32 v[vTo], vcc, s[sRow], v[vTo]
    .set i, 0
    .rept 4
      v_add_u32 v[vFill + i], vcc, s[sRow], v[vFill + i]
      .set i, i + 1
    .endr
  .endr
filled_\name:
  v_mul_lo_u32 v[vAt], v[vAt], s[sA]
  v_and_b32 v[vAt], s[sB], v[vAt]
  v_add_u32 v[vAt], vcc, v[vOwn], v[vAt]
  s_waitcnt lgkmcnt(0)                                    // the filling
  s_barrier
.endm

// lds_read NAME, DWORDS, TEXT   512 times TEXT a turn, its result in vD + d. Half of DESTS results are waited for at a
//                               time, so that as many are under way as lgkmcnt counts. out = the last dword read.
.macro lds_read name, dwords, text
  begin_lds \name
  .if \dwords < 4
    .set dests, 32
    .set left, 14                                         // 15 is no wait at all
  .else
    .set dests, 16
    .set left, 8
  .endif
  vregs vD, dests * \dwords
  .set i, 0
  .rept dests * \dwords
    v_mov_b32 v[vD + i], 0
    .set i, i + 1
  .endr
  turn \name
  .rept 512 / dests
    .set d, 0
    .rept 2
      .rept dests / 2
        \text
        .set d, d + \dwords
      .endr
      s_waitcnt lgkmcnt(left)                             // the half before these
    .endr
  .endr
  again \name
  s_waitcnt lgkmcnt(0)                                    // vD
  v_mov_b32 v[vResult], v[vD + dests * \dwords - 1]
  finish \name, 8 * region
.endm
lds_read lds_read_b32,     1, "ds_read_b32 v[vD + d], v[vAt]"
lds_read lds_read_b64,     2, "ds_read_b64 v[vD + d : vD + d + 1], v[vAt]"
lds_read lds_read_b128,    4, "ds_read_b128 v[vD + d : vD + d + 3], v[vAt]"
lds_read lds_read2_b32,    2, "ds_read2_b32 v[vD + d : vD + d + 1], v[vAt] offset1:1"
lds_read lds_read2_b64,    4, "ds_read2_b64 v[vD + d : vD + d + 3], v[vAt] offset1:1"
lds_read lds_swizzle_b32,  1, "ds_swizzle_b32 v[vD + d], v[vAt] offset:0x1f"
lds_read lds_bpermute_b32, 1, "ds_bpermute_b32 v[vD + d], v[vAt], v[vAt]"
lds_read lds_add_rtn_u32,  1, "ds_add_rtn_u32 v[vD + d], v[vAt], v[vTo]"

// lds_write NAME, TEXT   512 times TEXT a turn, of data vD; they end in order. out = the dword at vAt at the end.
.macro lds_write name, text
  begin_lds \name
  vregs vD, 4
  .set i, 0
  .rept 4
    v_mov_b32 v[vD + i], 7
    .set i, i + 1
  .endr
  turn \name
  .rept 512
    \text
  .endr
  again \name
  ds_read_b32 v[vResult], v[vAt]
  s_waitcnt lgkmcnt(0)                                    // vResult
  finish \name, 8 * region
.endm
lds_write lds_write_b32,  "ds_write_b32 v[vAt], v[vD]"
lds_write lds_write_b64,  "ds_write_b64 v[vAt], v[vD : vD + 1]"
lds_write lds_write_b128, "ds_write_b128 v[vAt], v[vD : vD + 3]"
lds_write lds_add_u32,    "ds_add_u32 v[vAt], v[vD]"

// lds_chase: 64 dependent ds_read_b32 a turn; what is read is the address of itself. out = that address.
begin_lds lds_chase
v_sub_u32 v[vAt], vcc, v[vAt], v[vOwn]
turn lds_chase
.rept 64
  ds_read_b32 v[vAt], v[vAt]
  s_waitcnt lgkmcnt(0)                                    // vAt
.endr
again lds_chase
v_mov_b32 v[vResult], v[vAt]
finish lds_chase, 8 * region
