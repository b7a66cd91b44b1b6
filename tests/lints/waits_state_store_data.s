// expect: k+0x8: v_mov_b32_e32 v4, 0 overwrites v4 (vData) too soon after buffer_store_dwordx4 at +0x0: wait states
//         between them are 0, the hardware wants 1
// A store of more than 8 bytes without a scalar offset still reads its data one instruction later.

.include "head.inc"

kernel k
.ifdef NEAR_MISS
  buffer_store_dwordx4 v[vData : vData + 3], v[vLane], s[sBuffer : sBuffer + 3], s[sOne] offen
.else
  buffer_store_dwordx4 v[vData : vData + 3], v[vLane], s[sBuffer : sBuffer + 3], 0 offen
.endif
  v_mov_b32 v[vData + 3], 0
  s_endpgm
end_kernel k, 64, 1024, 0
