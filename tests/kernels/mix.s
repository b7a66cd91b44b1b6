// Loops of 64 vector instructions of one kind, for bench_mix: mix_KIND runs its body sTurns times and stores nothing.
//   kernarg  turns 0x00, u32
// Registers hold numbers near one, so that no product leaves the range.
.include "gcn.inc"

sregs sKernarg, 2, 2
sregs sGroup,   2
sregs sTurns
sregs sMask,    2, 2
vregs vLane
vregs vPad
vregs vA,       16
vregs vB,       16
vregs vC,       64

.macro mix_begin name
  kernel \name
  s_load_dword s[sTurns], s[sKernarg : sKernarg + 1], 0x0
  s_mov_b32 s[sMask], 0x55555555
  s_mov_b32 s[sMask + 1], 0x33333333
  v_cvt_f32_u32 v[vPad], v[vLane]
  v_mad_f32 v[vPad], v[vPad], 2.0, 4.0
  v_rcp_f32 v[vPad], v[vPad]
.endm

// Registers of floats, doubles (high halves near one) or halves.
.macro fill value
  .set i, 0
  .rept 96
  v_or_b32 v[vA + i], \value, v[vPad]
  .set i, i + 1
  .endr
.endm

.macro mix_end name
  s_sub_u32 s[sTurns], s[sTurns], 1
  s_cmp_lg_u32 s[sTurns], 0
  s_cbranch_scc1 turn_\name
  s_endpgm
  end_kernel \name, 256, 0, 4
.endm

// An 8 x 8 outer product, as in matrix products.
mix_begin mix_mac_f32
fill 0x3e000000
s_waitcnt lgkmcnt(0)
turn_mix_mac_f32:
.set i, 0
.rept 8
.set j, 0
.rept 8
v_mac_f32 v[vC + 8 * i + j], v[vA + i], v[vB + j]
.set j, j + 1
.endr
.set i, i + 1
.endr
mix_end mix_mac_f32

// Chains that no pattern of the fast path takes in.
mix_begin mix_f32
fill 0x3e000000
s_waitcnt lgkmcnt(0)
turn_mix_f32:
.set i, 0
.rept 8
v_mul_f32 v[vC + 8 * i], v[vA + i], v[vB + i]
v_add_f32 v[vC + 8 * i + 1], v[vC + 8 * i], v[vB + i + 1]
v_mad_f32 v[vC + 8 * i + 2], v[vC + 8 * i], v[vB + i], v[vA + i]
v_sub_f32 v[vC + 8 * i + 3], v[vC + 8 * i + 1], v[vC + 8 * i + 2]
v_fma_f32 v[vC + 8 * i + 4], v[vA + i], v[vB + i], v[vC + 8 * i + 1]
v_max_f32 v[vC + 8 * i + 5], v[vA + i], v[vC + 8 * i + 4]
v_min_f32 v[vC + 8 * i + 6], v[vB + i], v[vC + 8 * i + 5]
v_mac_f32 v[vC + 8 * i + 7], v[vC + 8 * i + 6], v[vA + i]
.set i, i + 1
.endr
mix_end mix_f32

mix_begin mix_f64
fill 0x3f800000
s_waitcnt lgkmcnt(0)
turn_mix_f64:
.set i, 0
.rept 8
v_mul_f64 v[vC + 8 * i : vC + 8 * i + 1], v[vA + i : vA + i + 1], v[vB + i : vB + i + 1]
v_add_f64 v[vC + 8 * i + 2 : vC + 8 * i + 3], v[vC + 8 * i : vC + 8 * i + 1], v[vB + i : vB + i + 1]
v_fma_f64 v[vC + 8 * i + 4 : vC + 8 * i + 5], v[vA + i : vA + i + 1], v[vB + i : vB + i + 1], v[vC + 8 * i : vC + 8 * i + 1]
v_fma_f64 v[vC + 8 * i + 6 : vC + 8 * i + 7], v[vA + i : vA + i + 1], -v[vB + i : vB + i + 1], v[vC + 8 * i + 2 : vC + 8 * i + 3]
v_max_f64 v[vC + 8 * i : vC + 8 * i + 1], v[vC + 8 * i + 4 : vC + 8 * i + 5], v[vC + 8 * i + 6 : vC + 8 * i + 7]
v_cmp_lt_f64 vcc, v[vC + 8 * i : vC + 8 * i + 1], v[vA + i : vA + i + 1]
v_add_f64 v[vC + 8 * i : vC + 8 * i + 1], v[vC + 8 * i : vC + 8 * i + 1], 1.0
v_cvt_f32_f64 v[vC + 8 * i + 7], v[vC + 8 * i : vC + 8 * i + 1]
.set i, i + 1
.endr
mix_end mix_f64

mix_begin mix_f16
v_and_b32 v[vPad], 0x3ff, v[vPad]                        // a fraction below the exponent of 0.5
fill 0x3800
s_waitcnt lgkmcnt(0)
turn_mix_f16:
.set i, 0
.rept 8
v_mul_f16 v[vC + 8 * i], v[vA + i], v[vB + i]
v_add_f16 v[vC + 8 * i + 1], v[vC + 8 * i], v[vB + i + 1]
v_mad_f16 v[vC + 8 * i + 2], v[vC + 8 * i], v[vB + i], v[vA + i]
v_sub_f16 v[vC + 8 * i + 3], v[vC + 8 * i + 1], v[vC + 8 * i + 2]
v_fma_f16 v[vC + 8 * i + 4], v[vA + i], v[vB + i], v[vC + 8 * i + 1]
v_max_f16 v[vC + 8 * i + 5], v[vA + i], v[vC + 8 * i + 4]
v_cvt_f32_f16 v[vC + 8 * i + 6], v[vC + 8 * i + 5]
v_mac_f16 v[vC + 8 * i + 7], v[vC + 8 * i + 4], v[vA + i]
.set i, i + 1
.endr
mix_end mix_f16

mix_begin mix_dpp
fill 0x3e000000
s_waitcnt lgkmcnt(0)
turn_mix_dpp:
.set i, 0
.rept 8
v_add_f32_dpp v[vC + 8 * i], v[vA + i], v[vB + i] quad_perm:[1,0,3,2] row_mask:0xf bank_mask:0xf
v_add_f32_dpp v[vC + 8 * i + 1], v[vA + i], v[vB + i] row_shr:1 row_mask:0xf bank_mask:0xf
v_add_u32_dpp v[vC + 8 * i + 2], vcc, v[vA + i], v[vB + i] row_shr:4 row_mask:0xf bank_mask:0xe
v_max_f32_dpp v[vC + 8 * i + 3], v[vA + i], v[vB + i] row_ror:8 row_mask:0xf bank_mask:0xf
v_mov_b32_dpp v[vC + 8 * i + 4], v[vA + i] row_bcast:15 row_mask:0xa bank_mask:0xf
v_mov_b32_dpp v[vC + 8 * i + 5], v[vA + i] wave_shr:1 row_mask:0xf bank_mask:0xf
v_mac_f32_dpp v[vC + 8 * i + 6], v[vA + i], v[vB + i] row_half_mirror row_mask:0xf bank_mask:0xf
v_and_b32_dpp v[vC + 8 * i + 7], v[vA + i], v[vB + i] row_mirror row_mask:0xf bank_mask:0xf bound_ctrl:0
.set i, i + 1
.endr
mix_end mix_dpp

mix_begin mix_sdwa
fill 0x3e000000
s_waitcnt lgkmcnt(0)
turn_mix_sdwa:
.set i, 0
.rept 8
v_mov_b32_sdwa v[vC + 8 * i], v[vA + i] dst_sel:DWORD dst_unused:UNUSED_PAD src0_sel:BYTE_1
v_and_b32_sdwa v[vC + 8 * i + 1], v[vA + i], v[vB + i] dst_sel:DWORD dst_unused:UNUSED_PAD src0_sel:WORD_1 src1_sel:DWORD
v_add_u32_sdwa v[vC + 8 * i + 2], vcc, v[vA + i], v[vB + i] dst_sel:DWORD dst_unused:UNUSED_PAD src0_sel:BYTE_0 src1_sel:BYTE_3
v_add_f16_sdwa v[vC + 8 * i + 3], v[vA + i], v[vB + i] dst_sel:WORD_1 dst_unused:UNUSED_PRESERVE src0_sel:WORD_1 src1_sel:WORD_1
v_mul_u32_u24_sdwa v[vC + 8 * i + 4], v[vA + i], v[vB + i] dst_sel:DWORD dst_unused:UNUSED_PAD src0_sel:BYTE_2 src1_sel:WORD_0
v_lshlrev_b32_sdwa v[vC + 8 * i + 5], v[vA + i], sext(v[vB + i]) dst_sel:DWORD dst_unused:UNUSED_PAD src0_sel:BYTE_0 src1_sel:WORD_1
v_or_b32_sdwa v[vC + 8 * i + 6], v[vA + i], v[vB + i] dst_sel:BYTE_1 dst_unused:UNUSED_SEXT src0_sel:BYTE_1 src1_sel:BYTE_1
v_mul_f16_sdwa v[vC + 8 * i + 7], v[vA + i], -v[vB + i] dst_sel:WORD_0 dst_unused:UNUSED_PAD src0_sel:WORD_0 src1_sel:WORD_1
.set i, i + 1
.endr
mix_end mix_sdwa

mix_begin mix_int
fill 0x3e000000
s_waitcnt lgkmcnt(0)
turn_mix_int:
.set i, 0
.rept 4
v_add_u32 v[vC + 16 * i], vcc, v[vA + i], v[vB + i]
v_addc_u32 v[vC + 16 * i + 1], vcc, v[vA + i], v[vB + i], vcc
v_lshlrev_b32 v[vC + 16 * i + 2], 3, v[vA + i]
v_mul_lo_u32 v[vC + 16 * i + 3], v[vA + i], v[vB + i]
v_mad_u32_u24 v[vC + 16 * i + 4], v[vA + i], v[vB + i], v[vC + 16 * i + 3]
v_bfe_u32 v[vC + 16 * i + 5], v[vA + i], 7, 11
v_cmp_lt_i32 vcc, v[vA + i], v[vC + 16 * i + 5]
v_cndmask_b32 v[vC + 16 * i + 6], v[vA + i], v[vB + i], vcc
v_xor_b32 v[vC + 16 * i + 7], v[vC + 16 * i + 6], v[vB + i]
v_alignbit_b32 v[vC + 16 * i + 8], v[vA + i], v[vB + i], 13
v_bfi_b32 v[vC + 16 * i + 9], v[vA + i], v[vB + i], v[vC + 16 * i + 8]
v_min_i32 v[vC + 16 * i + 10], v[vA + i], v[vB + i]
v_mul_hi_u32 v[vC + 16 * i + 11], v[vA + i], v[vB + i]
v_lshlrev_b64 v[vC + 16 * i + 12 : vC + 16 * i + 13], 5, v[vA + i : vA + i + 1]
v_and_b32 v[vC + 16 * i + 14], s[sMask], v[vB + i]
v_ffbh_u32 v[vC + 16 * i + 15], v[vA + i]
.set i, i + 1
.endr
mix_end mix_int
