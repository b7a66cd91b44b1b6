// expect: k+0x14: s_mov_b32 s2, s10 reads s10 (sOne) while s_load_dword at +0x0 is under way: no s_waitcnt between
//         them waits for lgkmcnt(0)
// Scalar loads answer in any order: with one under way only lgkmcnt(0) tells anything.

.include "head.inc"

kernel k
  s_load_dword s[sOne], s[sKernarg : sKernarg + 1], 0
  s_load_dwordx2 s[sPair : sPair + 1], s[sKernarg : sKernarg + 1], 8
.ifdef NEAR_MISS
  s_waitcnt lgkmcnt(0)                                      // sOne, sPair
.else
  s_waitcnt lgkmcnt(1)
.endif
  s_mov_b32 s[sTileM], s[sOne]
  s_endpgm
end_kernel k, 64, 1024, 0
