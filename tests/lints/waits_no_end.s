// expect: k+0x0: s_nop 0 leads out of the kernel, to +0x4
// The code runs past its end.

.include "head.inc"

kernel k
  s_nop 0
.ifdef NEAR_MISS
  s_endpgm
.endif
end_kernel k, 64, 1024, 0
