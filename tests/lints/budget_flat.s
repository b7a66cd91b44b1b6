// k: the loop loads through an address in vector registers; its near miss through a buffer resource.
//
//   problem    none
//   kernarg    none
//   launch     grid (1, 1), 64 lanes
//   resources  13 VGPR, 11 SGPR, 1024 B LDS: 8 waves per SIMD
//   budget     5 issued per turn: 1 v_mac, 4 other    (20 % arithmetic)
//
// expect: the loop has flat_load_dword: only v_mac_f32, ds_*, buffer_* and s_* belong there

.include "head.inc"

kernel k
k_loop:
.ifdef NEAR_MISS
  buffer_load_dword v[vMore], v[vLane], s[sBuffer : sBuffer + 3], 0 offen
.else
  flat_load_dword v[vMore], v[vData : vData + 1]
.endif
  s_waitcnt vmcnt(0)                                        // vMore
  v_mac_f32 v[vFree], v[vData], v[vMore]
  s_sub_u32 s[sOne], s[sOne], 1
  s_cbranch_scc0 k_loop
  s_endpgm
end_kernel k, 64, 1024, 0
