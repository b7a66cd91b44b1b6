// Memory far larger than any cache: clpeak's reads, writes, copies, sums, the streams of a lattice Boltzmann step.
.include "tests/timing/timing.inc"

// read_xN: clpeak's global_bandwidth_vN, 16 elements of N floats for each lane, in four turns of four.
//   a, b   in elements: the first is a * group + lane, each further one b behind. By local size: 16 * lanes, lanes; by
//          global size: lanes, lanes * groups.
//   out    the sum of all floats: each element's own are added up at the end
// Elements of more than four floats are read in pieces of four, as compilers do.
.macro read name, suffix, dwords, pieces=1
  begin \name
  vregs vAt
  vregs vSum, \dwords * \pieces
  vregs vD, 4 * \dwords * \pieces
  s_mul_i32 s[sT], s[sGroup], s[sA]
  v_add_u32 v[vAt], vcc, s[sT], v[vLane]
  v_mul_lo_u32 v[vAt], v[vAt], 4 * \dwords * \pieces
  s_mul_i32 s[sT], s[sB], 4 * \dwords * \pieces
  .set i, 0
  .rept \dwords * \pieces
    v_mov_b32 v[vSum + i], 0
    .set i, i + 1
  .endr
  turn \name
  .set d, vD
  .rept 4
    .set i, 0
    .rept \pieces
      buffer_load_\suffix v[d : d + \dwords - 1], v[vAt], s[sFrom : sFrom + 3], 0 offen offset:16 * i
      .set d, d + \dwords
      .set i, i + 1
    .endr
    v_add_u32 v[vAt], vcc, s[sT], v[vAt]
  .endr
  .set d, vD
  .set left, 4 * \pieces
  .rept 4
    .set i, 0
    .rept \pieces
      .set left, left - 1
      .if left < 15                                       // 15 is no wait at all
        s_waitcnt vmcnt(left)                             // the next \dwords of vD
      .else
        s_waitcnt vmcnt(14)
      .endif
      .rept \dwords
        v_add_f32 v[vSum + i], v[vSum + i], v[d]
        .set i, i + 1
        .set d, d + 1
      .endr
    .endr
  .endr
  again \name
  v_mov_b32 v[vResult], v[vSum]
  .set i, 1
  .rept \dwords * \pieces - 1
    v_add_f32 v[vResult], v[vResult], v[vSum + i]
    .set i, i + 1
  .endr
  finish \name
.endm
read read_x1,  dword,   1
read read_x2,  dwordx2, 2
read read_x4,  dwordx4, 4
read read_x8,  dwordx4, 4, 2
read read_x16, dwordx4, 4, 4

// write_xN, copy_xN, sum_xN: one element of N dwords a lane. out = vIndex; in; in + what lies b bytes behind it, as
// integers.
.macro streams suffix, dwords
  begin write_x\dwords
  vregs vAt
  vregs vD, \dwords
  v_mul_u32_u24 v[vAt], 4 * \dwords, v[vIndex]
  .set i, 0
  .rept \dwords
    v_mov_b32 v[vD + i], v[vIndex]
    .set i, i + 1
  .endr
  buffer_store_\suffix v[vD : vD + \dwords - 1], v[vAt], s[sTo : sTo + 3], 0 offen
  leave write_x\dwords

  begin copy_x\dwords
  vregs vAt
  vregs vD, \dwords
  v_mul_u32_u24 v[vAt], 4 * \dwords, v[vIndex]
  buffer_load_\suffix v[vD : vD + \dwords - 1], v[vAt], s[sFrom : sFrom + 3], 0 offen
  s_waitcnt vmcnt(0)                                      // vD
  buffer_store_\suffix v[vD : vD + \dwords - 1], v[vAt], s[sTo : sTo + 3], 0 offen
  leave copy_x\dwords

  begin sum_x\dwords
  vregs vAt
  vregs vD, \dwords
  vregs vE, \dwords
  v_mul_u32_u24 v[vAt], 4 * \dwords, v[vIndex]
  buffer_load_\suffix v[vD : vD + \dwords - 1], v[vAt], s[sFrom : sFrom + 3], 0 offen
  buffer_load_\suffix v[vE : vE + \dwords - 1], v[vAt], s[sFrom : sFrom + 3], s[sB] offen
  s_waitcnt vmcnt(0)                                      // vD, vE
  .set i, 0
  .rept \dwords
    v_add_u32 v[vD + i], vcc, v[vD + i], v[vE + i]
    .set i, i + 1
  .endr
  buffer_store_\suffix v[vD : vD + \dwords - 1], v[vAt], s[sTo : sTo + 3], 0 offen
  leave sum_x\dwords
.endm
streams dword,   1
streams dwordx4, 4

// lbm: the memory of one D3Q19 step with 32-bit numbers, 153 bytes a cell: a flag byte and 19 numbers are read, 19
// written, a cell a lane. Of three neighbouring arrays one is read a cell to the left, one a cell to the right.
//   in     19 arrays of b bytes each, one cell of room before and behind; then the flags
//   out    19 arrays of b bytes each: what was read, + the flag
begin lbm
vregs vAt
vregs vFlag
vregs vD, 19
sregs sArray
v_mul_u32_u24 v[vAt], 4, v[vIndex]
s_mul_i32 s[sArray], s[sB], 19
buffer_load_ubyte v[vFlag], v[vIndex], s[sFrom : sFrom + 3], s[sArray] offen
s_mov_b32 s[sArray], 0
.set i, 0
.rept 19
  buffer_load_dword v[vD + i], v[vAt], s[sFrom : sFrom + 3], s[sArray] offen offset:4 * (i % 3)
  s_add_u32 s[sArray], s[sArray], s[sB]
  .set i, i + 1
.endr
s_waitcnt vmcnt(0)                                        // vFlag, vD
s_mov_b32 s[sArray], 0
.set i, 0
.rept 19
  v_add_u32 v[vD + i], vcc, v[vFlag], v[vD + i]
  buffer_store_dword v[vD + i], v[vAt], s[sTo : sTo + 3], s[sArray] offen
  s_add_u32 s[sArray], s[sArray], s[sB]
  .set i, i + 1
.endr
leave lbm
