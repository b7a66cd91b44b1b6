// For test_timed.cpp: reads the clock around 64 instructions of the vector ALU that wait for each other, the second time
// they are executed, when they are in the cache.
.amdgcn_target "amdgcn-amd-amdhsa--gfx803"

.set sData,   0             // in: pointer to eight bytes
.set sBefore, 4             // pairs
.set sAfter,  6
.set sTurns,  8
.set vSum,    2

.text
.p2align 8
.globl timed
.type timed, @function
timed:
  v_mov_b32 v[vSum], 1.0
  s_mov_b32 s[sTurns], 2
timed_again:
  s_memtime s[sBefore:sBefore + 1]
  s_waitcnt lgkmcnt(0)
.rept 64
  v_mac_f32 v[vSum], v[vSum], v[vSum]
.endr
  s_memtime s[sAfter:sAfter + 1]
  s_waitcnt lgkmcnt(0)
  s_sub_u32 s[sTurns], s[sTurns], 1
  s_cmp_lg_u32 s[sTurns], 0
  s_cbranch_scc1 timed_again
  s_sub_u32 s[sAfter], s[sAfter], s[sBefore]
  s_subb_u32 s[sAfter + 1], s[sAfter + 1], s[sBefore + 1]
  s_store_dwordx2 s[sAfter:sAfter + 1], s[sData:sData + 1], 0x0
  s_waitcnt lgkmcnt(0)
  s_endpgm
.size timed, . - timed

.rodata
.p2align 6
.amdhsa_kernel timed
  .amdhsa_user_sgpr_kernarg_segment_ptr 1
  .amdhsa_reserve_flat_scratch 0
  .amdhsa_next_free_sgpr 16
  .amdhsa_next_free_vgpr 4
.end_amdhsa_kernel
