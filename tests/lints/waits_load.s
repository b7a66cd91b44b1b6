// expect: k+0x8: v_mov_b32_e32 v9, v1 reads v1 (vData) while buffer_load_dword at +0x0 is under way: no s_waitcnt
//         between them waits for vmcnt(0)
// A loaded register is read at once.

.include "head.inc"

kernel k
  buffer_load_dword v[vData], v[vLane], s[sBuffer : sBuffer + 3], 0 offen
.ifdef NEAR_MISS
  s_waitcnt vmcnt(0)                                        // vData
.endif
  v_mov_b32 v[vFree], v[vData]
  s_endpgm
end_kernel k, 64, 1024, 0
