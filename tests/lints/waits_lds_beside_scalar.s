// expect: k+0x20: v_mov_b32_e32 v9, v1 reads v1 (vData) while ds_read_b32 at +0x4 is under way: no s_waitcnt between
//         them waits for lgkmcnt(0)
// A scalar load under way makes a partial wait for LDS worthless.

.include "head.inc"

kernel k
  s_mov_b32 m0, -1
  ds_read_b32 v[vData], v[vLane]
.ifndef NEAR_MISS
  s_load_dword s[sOne], s[sKernarg : sKernarg + 1], 0
.endif
  ds_read_b32 v[vMore], v[vLane]
  s_waitcnt lgkmcnt(1)                                      // vData, if LDS is alone
  v_mov_b32 v[vFree], v[vData]
  s_endpgm
end_kernel k, 64, 1024, 0
