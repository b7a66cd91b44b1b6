// expect: k+0x0: s_setpc_b64 s[8:9] leads to a place that the listing does not tell
// A jump to an address in registers cannot be followed.

.include "head.inc"

kernel k
.ifdef NEAR_MISS
  s_branch end
.else
  s_setpc_b64 s[sPair : sPair + 1]
.endif
end:
  s_endpgm
end_kernel k, 64, 1024, 0
