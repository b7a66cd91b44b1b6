// Vector memory that stays in L1, or leaves it for L2 alone: loads of each width and pattern, stores, atomics.
.include "tests/timing/timing.inc"

// l1_load_SUFFIX: 256 loads a turn, each a bytes behind the one before, as in the loop of sebbbi's perftest. `under` of
// them are waited for at a time while as many more are under way: so many that four waves keep a CU's address unit busy,
// whatever order they are served in. The first of a turn are under way before it begins, so that turns do not wait for
// each other.
//   in     256 byte offsets, for lanes of a group in turn, -1: the lane stays idle; then the data
//   a      bytes from a load to the next
//   out    the sum of the last dwords of all loads; 0 of a lane that was idle
.macro l1_load name, suffix, dwords, under=4
  begin \name
  sregs sStep
  vregs vAt
  vregs vA, \under * \dwords
  vregs vB, \under * \dwords
  v_and_b32 v[vAt], 255, v[vLane]
  v_lshlrev_b32 v[vAt], 2, v[vAt]
  buffer_load_dword v[vAt], v[vAt], s[sFrom : sFrom + 3], 0 offen
  s_waitcnt vmcnt(0)                                      // vAt
  v_cmp_ne_u32 vcc, -1, v[vAt]
  s_mov_b64 exec, vcc
  s_nop 4
  s_movk_i32 s[sStep], 0x400                              // behind the offsets
  l1_loads \under, \suffix, \dwords, vA
  turn \name
  .rept 128 / \under - 1
    l1_loads \under, \suffix, \dwords, vB
    l1_add \under, \dwords, vA
    l1_loads \under, \suffix, \dwords, vA
    l1_add \under, \dwords, vB
  .endr
  l1_loads \under, \suffix, \dwords, vB
  l1_add \under, \dwords, vA
  s_movk_i32 s[sStep], 0x400
  l1_loads \under, \suffix, \dwords, vA                   // of the next turn; nobody adds the last ones
  l1_add \under, \dwords, vB
  again \name
  s_waitcnt vmcnt(0)                                      // vA
  s_mov_b64 exec, -1
  finish \name
.endm
.macro l1_loads under, suffix, dwords, to
  .set i, 0
  .rept \under
    buffer_load_\suffix v[\to + \dwords * i : \to + \dwords * (i + 1) - 1], v[vAt], s[sFrom : sFrom + 3], s[sStep] offen
    s_add_u32 s[sStep], s[sStep], s[sA]
    .set i, i + 1
  .endr
.endm
.macro l1_add under, dwords, of
  s_waitcnt vmcnt(\under)                                 // of `of`
  .set i, 1
  .rept \under
    v_add_u32 v[vResult], vcc, v[vResult], v[\of + \dwords * i - 1]
    .set i, i + 1
  .endr
.endm
l1_load l1_load_x1, dword,   1, 8
l1_load l1_load_x2, dwordx2, 2
l1_load l1_load_x3, dwordx3, 3
l1_load l1_load_x4, dwordx4, 4

// store_SUFFIX: 64 stores a turn of vIndex to out + a * vIndex, one to eight under way.
.macro store name, suffix, dwords
  begin \name
  vregs vAt
  vregs vD, \dwords
  v_mul_lo_u32 v[vAt], v[vIndex], s[sA]
  .set i, 0
  .rept \dwords
    v_mov_b32 v[vD + i], v[vIndex]
    .set i, i + 1
  .endr
  turn \name
  .rept 8
    .rept 8
      buffer_store_\suffix v[vD : vD + \dwords - 1], v[vAt], s[sTo : sTo + 3], 0 offen
    .endr
    s_waitcnt vmcnt(1)
  .endr
  again \name
  leave \name
.endm
store store_x1, dword,   1
store store_x2, dwordx2, 2
store store_x4, dwordx4, 4

// atomic_NAME: 16 times a turn 1 is added to out + ((a * vIndex) & b), up to eight under way.
.macro atomic name, returns
  begin \name
  vregs vAt
  vregs vD, 8
  v_mul_lo_u32 v[vAt], v[vIndex], s[sA]
  v_and_b32 v[vAt], s[sB], v[vAt]
  turn \name
  .rept 2
    .set i, 0
    .rept 8
      v_mov_b32 v[vD + i], 1
      buffer_atomic_add v[vD + i], v[vAt], s[sTo : sTo + 3], 0 offen \returns
      .set i, i + 1
    .endr
    s_waitcnt vmcnt(0)                                    // vD, if it returns
  .endr
  again \name
  leave \name
.endm
atomic atomic_add
atomic atomic_add_rtn, glc

// l2_read: 64 buffer_load_dwordx4 a turn, four to seven under way, from a window that L1 does not hold: offset
// 16 * vIndex, then a further each time, & b. out = the sum of the first dwords.
begin l2_read
vregs vAt
vregs vA, 16
vregs vB, 16
.macro l2_loads to
  .set i, 0
  .rept 4
    buffer_load_dwordx4 v[\to + 4 * i : \to + 4 * i + 3], v[vAt], s[sFrom : sFrom + 3], 0 offen
    v_add_u32 v[vAt], vcc, s[sA], v[vAt]
    v_and_b32 v[vAt], s[sB], v[vAt]
    .set i, i + 1
  .endr
.endm
.macro l2_add of, left
  s_waitcnt vmcnt(\left)                                  // the four of `of`
  .set i, 0
  .rept 4
    v_add_u32 v[vResult], vcc, v[vResult], v[\of + 4 * i]
    .set i, i + 1
  .endr
.endm
v_lshlrev_b32 v[vAt], 4, v[vIndex]
v_and_b32 v[vAt], s[sB], v[vAt]
turn l2_read
l2_loads vA
.rept 7
  l2_loads vB
  l2_add vA, 4
  l2_loads vA
  l2_add vB, 4
.endr
l2_loads vB
l2_add vA, 4
l2_add vB, 0
again l2_read
finish l2_read

// chase: 64 dependent buffer_load_dword a turn, all lanes at one address; in holds at each byte offset the next one.
// out = the last offset.
begin chase
vregs vAt
v_mov_b32 v[vAt], 0
turn chase
.rept 64
  buffer_load_dword v[vAt], v[vAt], s[sFrom : sFrom + 3], 0 offen
  s_waitcnt vmcnt(0)                                      // vAt
.endr
again chase
v_mov_b32 v[vResult], v[vAt]
finish chase
