// expect: k+0x18: v_mov_b32_e32 v9, v8 reads v8 (vMore) while ds_read_b128 at +0xc is under way: no s_waitcnt between
//         them waits for lgkmcnt(0)
// LDS answers in order: of two reads lgkmcnt(1) tells about the first only.

.include "head.inc"

kernel k
  s_mov_b32 m0, -1
  ds_read_b128 v[vData : vData + 3], v[vLane]
  ds_read_b128 v[vMore : vMore + 3], v[vLane]
  s_waitcnt lgkmcnt(1)                                      // vData; vMore may run
.ifdef NEAR_MISS
  v_mov_b32 v[vFree], v[vData + 3]
.else
  v_mov_b32 v[vFree], v[vMore + 3]
.endif
  s_endpgm
end_kernel k, 64, 1024, 0
