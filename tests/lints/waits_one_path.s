// expect: k+0x14: v_mov_b32_e32 v9, v1 reads v1 (vData) while buffer_load_dword at +0x0 is under way: no s_waitcnt
//         between them waits for vmcnt(0)
// A branch goes round the wait.

.include "head.inc"

kernel k
  buffer_load_dword v[vData], v[vLane], s[sBuffer : sBuffer + 3], 0 offen
  s_cmp_eq_u32 s[sOne], 0
.ifdef NEAR_MISS
  s_waitcnt vmcnt(0)                                        // vData
  s_cbranch_scc1 around
.else
  s_cbranch_scc1 around
  s_waitcnt vmcnt(0)                                        // vData
.endif
around:
  v_mov_b32 v[vFree], v[vData]
  s_endpgm
end_kernel k, 64, 1024, 0
