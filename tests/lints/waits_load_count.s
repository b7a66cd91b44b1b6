// expect: k+0x1c: v_mov_b32_e32 v9, v5 reads v5 (vMore) while buffer_load_dword at +0x8 is under way: no s_waitcnt
//         between them waits for vmcnt(1)
// Of two loads and a store, only those before the wait count are waited for.

.include "head.inc"

kernel k
  buffer_load_dword v[vData], v[vLane], s[sBuffer : sBuffer + 3], 0 offen
  buffer_load_dword v[vMore], v[vLane], s[sBuffer : sBuffer + 3], 0 offen
  buffer_store_dword v[vLane], v[vLane], s[sBuffer : sBuffer + 3], 0 offen
  s_waitcnt vmcnt(2)                                        // vData; vMore and the store may run
.ifdef NEAR_MISS
  v_mov_b32 v[vFree], v[vData]
.else
  v_mov_b32 v[vFree], v[vMore]
.endif
  s_endpgm
end_kernel k, 64, 1024, 0
