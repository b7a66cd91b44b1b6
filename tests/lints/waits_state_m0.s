// expect: k+0x4: s_sendmsg sendmsg(MSG_INTERRUPT) reads m0 too soon after s_mov_b32 at +0x0: wait states between them
//         are 0, the hardware wants 1
// M0 is written, then sent in a message.

.include "head.inc"

kernel k
  s_mov_b32 m0, s[sOne]
.ifdef NEAR_MISS
  s_nop 0
.endif
  s_sendmsg sendmsg(MSG_INTERRUPT)
  s_endpgm
end_kernel k, 64, 1024, 0
