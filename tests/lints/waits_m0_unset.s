// expect: k+0xc: ds_write_b32 v0, v1 reaches LDS although M0, its limit, is not set on every path
// M0, the limit of LDS, is set on one path only.

.include "head.inc"

kernel k
  s_cmp_eq_u32 s[sOne], 0
.ifdef NEAR_MISS
  s_mov_b32 m0, -1
  s_cbranch_scc1 around
.else
  s_cbranch_scc1 around
  s_mov_b32 m0, -1
.endif
around:
  ds_write_b32 v[vLane], v[vData]
  s_endpgm
end_kernel k, 64, 1024, 0
