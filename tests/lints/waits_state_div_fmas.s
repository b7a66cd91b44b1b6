// expect: k+0x8: v_div_fmas_f32 v9, v1, v1, v1 reads vcc too soon after v_cmp_eq_u32_e32 at +0x0: wait states between
//         them are 3, the hardware wants 4
// The vector unit writes VCC, which v_div_fmas reads.

.include "head.inc"

kernel k
  v_cmp_eq_u32 vcc, v[vLane], v[vData]
.ifdef NEAR_MISS
  s_nop 3
.else
  s_nop 2
.endif
  v_div_fmas_f32 v[vFree], v[vData], v[vData], v[vData]
  s_endpgm
end_kernel k, 64, 1024, 0
