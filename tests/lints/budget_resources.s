// k: a register more than the header says.
//
//   problem    none
//   kernarg    none
//   launch     grid (1, 1), 64 lanes
//   resources  13 VGPR, 11 SGPR, 1024 B LDS: 8 waves per SIMD
//   budget     3 issued per turn: 1 v_mac, 2 other    (33 % arithmetic)
//
// expect: resources are 33 VGPR, 11 SGPR, 1024 B LDS: 7 waves per SIMD

.include "head.inc"
.ifndef NEAR_MISS
vregs vTooMany, 20
.endif

kernel k
k_loop:
  v_mac_f32 v[vFree], v[vData], v[vData]
  s_sub_u32 s[sOne], s[sOne], 1
  s_cbranch_scc0 k_loop
  s_endpgm
end_kernel k, 64, 1024, 0
