// expect: k+0x8: v_mov_b32_e32 v1, 0 overwrites v1 (vData) while buffer_load_dword at +0x0 is under way: no s_waitcnt
//         between them waits for vmcnt(0)
// A register is overwritten while a load into it is under way.

.include "head.inc"

kernel k
  buffer_load_dword v[vData], v[vLane], s[sBuffer : sBuffer + 3], 0 offen
.ifdef NEAR_MISS
  v_mov_b32 v[vMore], 0
.else
  v_mov_b32 v[vData], 0
.endif
  s_endpgm
end_kernel k, 64, 1024, 0
