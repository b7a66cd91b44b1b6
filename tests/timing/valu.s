// Vector instructions: latency, occupancy of each class, and the three peaks of clpeak.
.include "tests/timing/timing.inc"

// mac_dependent: 1024 v_mac_f32 a turn, each on the result of the one before. out = float(1024 * turns).
begin mac_dependent
vregs vOne
vregs vSum
v_mov_b32 v[vOne], 1.0
v_mov_b32 v[vSum], 0
turn mac_dependent
.rept 1024
  v_mac_f32 v[vSum], v[vOne], v[vOne]
.endr
again mac_dependent
v_mov_b32 v[vResult], v[vSum]
finish mac_dependent

// mac_independent: the same over eight sums. out = float(128 * turns).
begin mac_independent
vregs vOne
vregs vSum, 8
v_mov_b32 v[vOne], 1.0
.set i, 0
.rept 8
  v_mov_b32 v[vSum + i], 0
  .set i, i + 1
.endr
turn mac_independent
.rept 128
  .set i, 0
  .rept 8
    v_mac_f32 v[vSum + i], v[vOne], v[vOne]
    .set i, i + 1
  .endr
.endr
again mac_independent
v_mov_b32 v[vResult], v[vSum]
finish mac_independent

// op NAME, LOW, HIGH, TEXT   512 times TEXT a turn, with operands vX = vY = vZ = the pair (LOW, HIGH) and a result in
//                            vD + d, d = 0, 2, 4, 6 in turn. out = vD[0] + vD[1], both 0 before.
.macro op name, low, high, text
  begin op_\name
  vregs vX, 2
  vregs vY, 2
  vregs vZ, 2
  vregs vD, 8
  .irp operand, vX, vY, vZ
    v_mov_b32 v[\operand], \low
    v_mov_b32 v[\operand + 1], \high
  .endr
  .set d, 0
  .rept 8
    v_mov_b32 v[vD + d], 0
    .set d, d + 1
  .endr
  s_mov_b64 vcc, 0
  s_nop 4
  turn op_\name
  .rept 128
    .set d, 0
    .rept 4
      \text
      .set d, d + 2
    .endr
  .endr
  again op_\name
  v_add_u32 v[vResult], vcc, v[vD], v[vD + 1]
  finish op_\name
.endm

op add_f32,       1.0,        0, "v_add_f32 v[vD + d], v[vX], v[vY]"
op mad_f32,       1.0,        0, "v_mad_f32 v[vD + d], v[vX], v[vY], v[vZ]"
op add_u32,       3,          0, "v_add_u32 v[vD + d], vcc, v[vX], v[vY]"
op cndmask_b32,   3,          0, "v_cndmask_b32 v[vD + d], v[vX], v[vY], vcc"
op mul_u32_u24,   3,          0, "v_mul_u32_u24 v[vD + d], v[vX], v[vY]"
op mov_dpp,       3,          0, "v_mov_b32_dpp v[vD + d], v[vX] row_ror:1 row_mask:0xf bank_mask:0xf"
op mov_sdwa,      3,          0, "v_mov_b32_sdwa v[vD + d], v[vX] dst_sel:DWORD dst_unused:UNUSED_PAD src0_sel:BYTE_0"
op readlane,      3,          0, "v_readlane_b32 s[sSpare], v[vX], 0"
op rcp_f32,       1.0,        0, "v_rcp_f32 v[vD + d], v[vX]"
op sqrt_f32,      1.0,        0, "v_sqrt_f32 v[vD + d], v[vX]"
op exp_f32,       1.0,        0, "v_exp_f32 v[vD + d], v[vX]"
op mul_lo_u32,    3,          0, "v_mul_lo_u32 v[vD + d], v[vX], v[vY]"
op mul_hi_u32,    0x10000,    0, "v_mul_hi_u32 v[vD + d], v[vX], v[vY]"
op mad_u64_u32,   3,          0, "v_mad_u64_u32 v[vD + d : vD + d + 1], vcc, v[vX], v[vY], v[vZ : vZ + 1]"
op fma_f32,       1.0,        0, "v_fma_f32 v[vD + d], v[vX], v[vY], v[vZ]"
op cvt_f32_u32,   3,          0, "v_cvt_f32_u32 v[vD + d], v[vX]"
op cvt_f16_f32,   1.0,        0, "v_cvt_f16_f32 v[vD + d], v[vX]"
op lshlrev_b64,   3,          0, "v_lshlrev_b64 v[vD + d : vD + d + 1], v[vX], v[vY : vY + 1]"
op add_f64,       0, 0x3ff00000, "v_add_f64 v[vD + d : vD + d + 1], v[vX : vX + 1], v[vY : vY + 1]"
op max_f64,       0, 0x3ff00000, "v_max_f64 v[vD + d : vD + d + 1], v[vX : vX + 1], v[vY : vY + 1]"
op mul_f64,       0, 0x3ff00000, "v_mul_f64 v[vD + d : vD + d + 1], v[vX : vX + 1], v[vY : vY + 1]"
op fma_f64,       0, 0x3ff00000, "v_fma_f64 v[vD + d : vD + d + 1], v[vX : vX + 1], v[vY : vY + 1], v[vZ : vZ + 1]"
op rcp_f64,       0, 0x3ff00000, "v_rcp_f64 v[vD + d : vD + d + 1], v[vX : vX + 1]"
op cvt_f32_f64,   0, 0x3ff00000, "v_cvt_f32_f64 v[vD + d], v[vX : vX + 1]"
op trunc_f64,     0, 0x3ff00000, "v_trunc_f64 v[vD + d : vD + d + 1], v[vX : vX + 1]"

// clpeak's compute kernels, one element wide: x = a, y = local id; a turn is MAD_16, that is eight times
// x = y * x + y, y = x * y + x. out = y. a: x, a float; for integers an integer.
begin peak_mad_f32
vregs vX
vregs vY
v_mov_b32 v[vX], s[sA]
v_cvt_f32_u32 v[vY], v[vLane]
turn peak_mad_f32
.rept 8
  v_mad_f32 v[vX], v[vY], v[vX], v[vY]
  v_mad_f32 v[vY], v[vX], v[vY], v[vX]
.endr
again peak_mad_f32
v_mov_b32 v[vResult], v[vY]
finish peak_mad_f32

begin peak_fma_f64
vregs vX, 2
vregs vY, 2
v_cvt_f64_f32 v[vX : vX + 1], s[sA]
v_cvt_f64_u32 v[vY : vY + 1], v[vLane]
turn peak_fma_f64
.rept 8
  v_fma_f64 v[vX : vX + 1], v[vY : vY + 1], v[vX : vX + 1], v[vY : vY + 1]
  v_fma_f64 v[vY : vY + 1], v[vX : vX + 1], v[vY : vY + 1], v[vX : vX + 1]
.endr
again peak_fma_f64
v_add_u32 v[vResult], vcc, v[vY], v[vY + 1]
finish peak_fma_f64

begin peak_mad_i32
vregs vX
vregs vY
vregs vT
v_mov_b32 v[vX], s[sA]
v_mov_b32 v[vY], v[vLane]
turn peak_mad_i32
.rept 8
  v_mul_lo_u32 v[vT], v[vY], v[vX]
  v_add_u32 v[vX], vcc, v[vT], v[vY]
  v_mul_lo_u32 v[vT], v[vX], v[vY]
  v_add_u32 v[vY], vcc, v[vT], v[vX]
.endr
again peak_mad_i32
v_mov_b32 v[vResult], v[vY]
finish peak_mad_i32
