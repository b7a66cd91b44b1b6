// expect: k+0x8: v_mov_b32_dpp v9, v1 row_shr:1 row_mask:0xf bank_mask:0xf looks at exec of other lanes too soon after
//         v_cmpx_eq_u32_e32 at +0x0: wait states between them are 4, the hardware wants 5
// The vector unit writes EXEC, which reading other lanes looks at.

.include "head.inc"

kernel k
  v_cmpx_eq_u32 vcc, v[vLane], v[vData]
.ifdef NEAR_MISS
  s_nop 4
.else
  s_nop 3
.endif
  v_mov_b32 v[vFree], v[vData] row_shr:1
  s_endpgm
end_kernel k, 64, 1024, 0
