// expect: k+0x8: v_mov_b32_dpp v9, v1 row_shr:1 row_mask:0xf bank_mask:0xf reads v1 (vData) of other lanes too soon
//         after v_mov_b32_e32 at +0x0: wait states between them are 1, the hardware wants 2
// A register is written, then read in other lanes.

.include "head.inc"

kernel k
  v_mov_b32 v[vData], 0
  v_mov_b32 v[vMore], 0
.ifdef NEAR_MISS
  v_mov_b32 v[vMore + 1], 0
.endif
  v_mov_b32 v[vFree], v[vData] row_shr:1
  s_endpgm
end_kernel k, 64, 1024, 0
