// expect: k+0x8: s_getreg_b32 s2, hwreg(HW_REG_MODE) touches HW_REG_MODE too soon after s_setreg_b32 at +0x0: wait
//         states between them are 1, the hardware wants 2
// A hardware register is set, then read.

.include "head.inc"

kernel k
  s_setreg_b32 hwreg(HW_REG_MODE, 0, 4), s[sOne]
.ifdef NEAR_MISS
  s_nop 1
.else
  s_nop 0
.endif
  s_getreg_b32 s[sTileM], hwreg(HW_REG_MODE)
  s_endpgm
end_kernel k, 64, 1024, 0
