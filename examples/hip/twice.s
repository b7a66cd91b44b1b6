// twice: x[i] = 2 * x[i] for i < n, and forgets something: docs/programs.md finds out what.
//   kernarg  x 0x00, n 0x08
//   launch   n / 64 workgroups, rounded up, of 64 lanes

.include "gcn.inc"

sregs sKernarg, 2, 2        // in: pointer
sregs sGroup,   2           // in: workgroup ids x and y
sregs sX,       2, 2
sregs sN
sregs sSaved,   2, 2        // EXEC
vregs vLane                 // in
vregs vIndex
vregs vAt,      2           // address of x[vIndex]
vregs vX

kernel twice
  s_load_dwordx2 s[sX : sX + 1], s[sKernarg : sKernarg + 1], 0x0
  s_load_dword s[sN], s[sKernarg : sKernarg + 1], 0x8
  s_lshl_b32 s[sGroup], s[sGroup], 6
  v_add_u32 v[vIndex], vcc, s[sGroup], v[vLane]
  s_waitcnt lgkmcnt(0)                                    // sX, sN
  v_cmp_gt_u32 vcc, s[sN], v[vIndex]
  s_and_saveexec_b64 s[sSaved : sSaved + 1], vcc
  s_cbranch_execz .Lend
  // vAt = sX + 4 * vIndex
  v_lshlrev_b32 v[vAt], 2, v[vIndex]
  v_mov_b32 v[vAt + 1], s[sX + 1]
  v_add_u32 v[vAt], vcc, s[sX], v[vAt]
  v_addc_u32 v[vAt + 1], vcc, 0, v[vAt + 1], vcc
  flat_load_dword v[vX], v[vAt : vAt + 1]
  v_add_f32 v[vX], v[vX], v[vX]
  flat_store_dword v[vAt : vAt + 1], v[vX]
.Lend:
  s_endpgm
end_kernel twice, 64, 0, 12
