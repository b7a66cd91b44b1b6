// hsa_scale: out[i] = in[i] * factor + i for i < count; 64 lanes a workgroup, a group beside another along x.
//   kernarg  in 0x00, out 0x08, factor 0x10, count 0x14; u32 all
// The first instruction does nothing useful: a test puts an illegal one in its place.
.amdgcn_target "amdgcn-amd-amdhsa--gfx803"

.set sKernarg, 0
.set sGroup,   2
.set sMark,    3
.set sIn,      4
.set sOut,     6
.set sFactor,  8
.set sCount,   9
.set vLane,    0
.set vIndex,   1
.set vFrom,    2
.set vTo,      4
.set vValue,   6

.text
.p2align 8
.globl hsa_scale
.type hsa_scale, @function
hsa_scale:
  s_mov_b32 s[sMark], 0x5ca1e000
  s_load_dwordx4 s[sIn : sIn + 3], s[sKernarg : sKernarg + 1], 0x0
  s_load_dwordx2 s[sFactor : sFactor + 1], s[sKernarg : sKernarg + 1], 0x10
  s_lshl_b32 s[sGroup], s[sGroup], 6
  v_add_u32 v[vIndex], vcc, s[sGroup], v[vLane]
  s_waitcnt lgkmcnt(0)                                    // sIn, sOut, sFactor, sCount
  v_cmp_gt_u32 vcc, s[sCount], v[vIndex]
  s_and_saveexec_b64 s[10:11], vcc
  s_cbranch_execz .Lend
  // vFrom = in + 4 * vIndex,  vTo = out + 4 * vIndex
  v_lshlrev_b32 v[vValue], 2, v[vIndex]
  v_mov_b32 v[vFrom + 1], s[sIn + 1]
  v_add_u32 v[vFrom], vcc, s[sIn], v[vValue]
  v_addc_u32 v[vFrom + 1], vcc, 0, v[vFrom + 1], vcc
  v_mov_b32 v[vTo + 1], s[sOut + 1]
  v_add_u32 v[vTo], vcc, s[sOut], v[vValue]
  v_addc_u32 v[vTo + 1], vcc, 0, v[vTo + 1], vcc
  flat_load_dword v[vValue], v[vFrom : vFrom + 1]
  s_waitcnt vmcnt(0) & lgkmcnt(0)                         // vValue
  v_mul_lo_u32 v[vValue], v[vValue], s[sFactor]
  v_add_u32 v[vValue], vcc, v[vValue], v[vIndex]
  flat_store_dword v[vTo : vTo + 1], v[vValue]
.Lend:
  s_endpgm
.size hsa_scale, . - hsa_scale

.rodata
.p2align 6
.amdhsa_kernel hsa_scale
  .amdhsa_user_sgpr_kernarg_segment_ptr 1
  .amdhsa_kernarg_size 24
  .amdhsa_next_free_sgpr 12
  .amdhsa_next_free_vgpr 7
.end_amdhsa_kernel
