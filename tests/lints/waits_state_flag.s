// expect: k+0x8: v_mov_b32_e32 v9, src_vccz reads src_vccz, which follows vcc, too soon after v_cmp_eq_u32_e32 at
//         +0x0: wait states between them are 4, the hardware wants 5
// The vector unit writes VCC, and an instruction uses VCCZ as a number.

.include "head.inc"

kernel k
  v_cmp_eq_u32 vcc, v[vLane], v[vData]
.ifdef NEAR_MISS
  s_nop 4
.else
  s_nop 3
.endif
  v_mov_b32 v[vFree], src_vccz
  s_endpgm
end_kernel k, 64, 1024, 0
