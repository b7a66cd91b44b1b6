// expect: k+0x8: buffer_load_dword v1, v0, s[4:7], 0 offen reads s4 (sBuffer) too soon after v_readfirstlane_b32 at
//         +0x0: wait states between them are 4, the hardware wants 5
// The vector unit writes a descriptor that a buffer load reads 5 wait states later.

.include "head.inc"

kernel k
  v_readfirstlane_b32 s[sBuffer], v[vLane]
.ifdef NEAR_MISS
  s_nop 4
.else
  s_nop 3
.endif
  buffer_load_dword v[vData], v[vLane], s[sBuffer : sBuffer + 3], 0 offen
  s_endpgm
end_kernel k, 64, 1024, 0
