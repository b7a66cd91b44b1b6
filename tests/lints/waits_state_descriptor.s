// expect: k+0xc: s_buffer_load_dword s10, s[4:7], 0x0 reads s6 (sBuffer), the size in a descriptor, too soon after
//         s_mov_b32 at +0x8: wait states between them are 0, the hardware wants 1
// The size in a descriptor is written right before a scalar load uses it.

.include "head.inc"

kernel k
.ifdef NEAR_MISS
  s_mov_b32 s[sBuffer + 2], 64
  s_mov_b32 s[sBuffer + 3], 0x00020000
.else
  s_mov_b32 s[sBuffer + 3], 0x00020000
  s_mov_b32 s[sBuffer + 2], 64
.endif
  s_buffer_load_dword s[sOne], s[sBuffer : sBuffer + 3], 0
  s_endpgm
end_kernel k, 64, 1024, 0
