// expect: no kernel in it
// Code without a descriptor is not a kernel, and an object without a kernel proves nothing.

.include "head.inc"

kernel k
  s_endpgm
.ifdef NEAR_MISS
end_kernel k, 64, 0, 0
.endif
