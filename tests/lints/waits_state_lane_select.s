// expect: k+0x8: v_readlane_b32 s2, v1, s10 selects a lane by s10 (sOne) too soon after v_readfirstlane_b32 at +0x0:
//         wait states between them are 3, the hardware wants 4
// The vector unit writes a lane number that v_readlane uses.

.include "head.inc"

kernel k
  v_readfirstlane_b32 s[sOne], v[vLane]
  s_nop 2
.ifdef NEAR_MISS
  s_nop 0
.endif
  v_readlane_b32 s[sTileM], v[vData], s[sOne]
  s_endpgm
end_kernel k, 64, 1024, 0
