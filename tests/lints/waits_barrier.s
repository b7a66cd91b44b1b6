// expect: k+0x18: s_barrier lets other waves on while ds_write_b32 at +0x4 is under way: no s_waitcnt between them
//         waits for lgkmcnt(1)
// A write to LDS is under way when the other waves are let on.

.include "head.inc"

kernel k
  s_mov_b32 m0, -1
  ds_write_b32 v[vLane], v[vData]
  ds_read_b32 v[vMore], v[vLane]
.ifdef NEAR_MISS
  s_waitcnt lgkmcnt(1)                                      // the write; vMore may run
.else
  s_waitcnt lgkmcnt(2)
.endif
  s_barrier
  s_endpgm
end_kernel k, 64, 1024, 0
