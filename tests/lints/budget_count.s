// k: one instruction more than the budget says.
//
//   problem    none
//   kernarg    none
//   launch     grid (1, 1), 64 lanes
//   resources  13 VGPR, 11 SGPR, 1024 B LDS: 8 waves per SIMD
//   budget     6 issued per turn: 2 v_mac, 1 ds_read, 3 other    (33 % arithmetic)
//
// expect: the loop issues 7, the budget says 6
// expect: the loop is 29 % arithmetic, the budget says 33 %
// expect: the loop has 2 ds_read, the budget says 1

.include "head.inc"

kernel k
k_loop:
  ds_read_b32 v[vData], v[vLane]
.ifndef NEAR_MISS
  ds_read_b32 v[vData], v[vLane]
.endif
  s_waitcnt lgkmcnt(0)                                      // vData
  v_mac_f32 v[vFree], v[vData], v[vData]
  v_mac_f32 v[vFree + 1], v[vData], v[vData]
  s_sub_u32 s[sOne], s[sOne], 1
  s_cbranch_scc0 k_loop
  s_endpgm
end_kernel k, 64, 1024, 0
