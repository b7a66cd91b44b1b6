// expect: k+0x0: v_mov_b32_e32 v9, v1 reads v1 (vData) while buffer_load_dword at +0x4 is under way: no s_waitcnt
//         between them waits for vmcnt(0)
// A load at the end of a loop meets its reader at the top of the next turn.

.include "head.inc"

kernel k
loop:
.ifdef NEAR_MISS
  s_waitcnt vmcnt(0)                                        // vData
.endif
  v_mov_b32 v[vFree], v[vData]
  buffer_load_dword v[vData], v[vLane], s[sBuffer : sBuffer + 3], 0 offen
  s_cmp_lg_u32 s[sOne], 0
  s_cbranch_scc1 loop
  s_endpgm
end_kernel k, 64, 1024, 0
