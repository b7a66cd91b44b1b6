// k: a vector instruction computes an address in the loop.
//
//   problem    none
//   kernarg    none
//   launch     grid (1, 1), 64 lanes
//   resources  13 VGPR, 11 SGPR, 1024 B LDS: 8 waves per SIMD
//   budget     4 issued per turn: 1 v_mac, 3 other    (25 % arithmetic)
//
// expect: the loop has v_add_u32: only v_mac_f32, ds_*, buffer_* and s_* belong there

.include "head.inc"

kernel k
k_loop:
.ifdef NEAR_MISS
  s_nop 0
.else
  v_add_u32 v[vLane], vcc, 4, v[vLane]
.endif
  v_mac_f32 v[vFree], v[vData], v[vData]
  s_sub_u32 s[sOne], s[sOne], 1
  s_cbranch_scc0 k_loop
  s_endpgm
end_kernel k, 64, 1024, 0
