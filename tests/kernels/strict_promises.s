// Kernels for test_strict.cpp that promise: no NaN, no denormal comes into being.
.include "gcn.inc"
.purgem kernel
.purgem end_kernel

.set promise.no_nan, 1
.set promise.no_denormal, 1

vregs vLane
vregs vA
vregs vB
vregs vC

.macro kernel name
.text
.p2align 8
.globl \name
.type \name, @function
\name:
.endm
.macro end_kernel name
  s_endpgm
.size \name, . - \name
.rodata
.p2align 6
.amdhsa_kernel \name
  .amdhsa_float_denorm_mode_32 3
  .amdhsa_next_free_sgpr 8
  .amdhsa_next_free_vgpr vNext
.end_amdhsa_kernel
.endm

kernel strict_nan                       // infinity minus infinity
  v_mov_b32 v[vA], 0x7f800000
  v_sub_f32 v[vB], v[vA], v[vA]
end_kernel strict_nan

kernel strict_nan_not                   // one that came from elsewhere is passed on; infinity is a number
  v_mov_b32 v[vA], 0x7fc00000
  v_add_f32 v[vB], 1.0, v[vA]
  v_mov_b32 v[vA], 0x7f800000
  v_add_f32 v[vB], v[vA], v[vA]
end_kernel strict_nan_not

// vC = vA / vB: the two steps that make and unmake NaNs
.macro divide
  v_div_scale_f32 v[vC], vcc, v[vB], v[vB], v[vA]
  v_div_fixup_f32 v[vC], v[vC], v[vB], v[vA]
.endm

kernel strict_nan_divided               // 0 / 0
  v_mov_b32 v[vA], 0
  v_mov_b32 v[vB], 0
  divide
end_kernel strict_nan_divided

kernel strict_nan_divided_not           // 0 / 3: the NaN on the way is none of the result
  v_mov_b32 v[vA], 0
  v_mov_b32 v[vB], 0x40400000
  divide
end_kernel strict_nan_divided_not

kernel strict_denormal
  v_mov_b32 v[vA], 0x00800000
  v_mul_f32 v[vB], 0.5, v[vA]
end_kernel strict_denormal

kernel strict_denormal_not
  v_mov_b32 v[vA], 0x01000000
  v_mul_f32 v[vB], 0.5, v[vA]
end_kernel strict_denormal_not
