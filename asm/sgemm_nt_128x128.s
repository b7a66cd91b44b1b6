// sgemm_nt_128x128: C = alpha * A * B^T + beta * C, four waves per 128x128 tile of C, 8x8 of C per lane.
//
//   problem    f32, column major; any m, n, k; ld >= rows; the span of each matrix <= 2^32 - 2^12 bytes
//   kernarg    A 0x00, B 0x08, C 0x10, m 0x18, n 0x1c, k 0x20, lda 0x24, ldb 0x28, ldc 0x2c, alpha 0x30, beta 0x34
//   launch     grid (ceil(m/128), ceil(n/128)), 256 lanes
//   resources  111 VGPR, 48 SGPR, 16384 B LDS: 2 waves per SIMD
//   budget     1140 issued per 16 k: 1024 v_mac, 64 ds_read, 4 ds_write, 4 buffer_load, 44 other    (90 % arithmetic)
//
// B is n x k, as A is m x k. beta = 0: C is not read. alpha = 0 or k = 0: A and B are not read. See docs/kernels.md.

.include "gcn.inc"

// ---- register map ----------------------------------------------------------------------------
sregs sKernarg, 2, 2        // in: kernarg segment
sregs sTileM                // in: workgroup id x, which tile along m
sregs sTileN                // in: workgroup id y, which tile along n
sregs sA,     4, 4          // buffer resource: this tile's rows of A, from the next k block on
sregs sB,     4, 4          // buffer resource: this tile's rows of B, from the next k block on
sregs sC,     4, 4          // buffer resource: the tile of C
sregs sM,     1, 4          // the problem, loaded as eight
sregs sN
sregs sK
sregs sLda
sregs sLdb
sregs sLdc
sregs sAlpha
sregs sBeta
sregs sStepA                // bytes in 8 columns of A
sregs sStepB                //   and of B
sregs sBlocks               // k blocks left after the current one
sregs sRows                 // rows of C from this tile's first on
sregs sCols                 // columns of C from this tile's first on
sregs sInside, 16, 2        // sInside[2*row]: the lanes that have this row of theirs inside C
sregs sT,     2             // scratch

vregs vLane                 // in: lane id
vregs vLoadA                // byte offset of this lane's four elements of A in a k block
vregs vLoadB                //   and of B
vregs vWrite                // LDS offset where they go
vregs vReadA                // LDS offset of this lane's first four rows
vregs vReadB                // LDS offset of this lane's first four columns
vregs vBeyond               // a byte offset past the end of any descriptor, with room for instruction offsets
vregs vNextA, 4             // elements under way from memory to LDS
vregs vNextB, 4
vregs vA,     16            // vA[8*set + row]: two sets, one read from LDS while the other is multiplied
vregs vB,     16            // vB[8*set + column]
vregs vAcc,   64            // vAcc[8*column + row]

.set vDepth,    vNextA      // before the loop: which k of a block this lane loads
.set vRow,      vReadA      // after the loop: this lane's first row in the tile
.set vCol,      vReadB      // after the loop: a column of this lane in the tile
.set vOut,      vWrite      // after the loop: byte offset in C of the element (vRow, vCol)
.set vAt,       vNextA      // after the loop: the same for four columns; vBeyond when past n
.set vEdge,     vLane       // after the loop: the same for one row; vBeyond when past m
.set vOld,      vA          // after the loop: vOld[8*column + row], four columns of C
.set sColBytes, sStepA      // after the loop: bytes in one column of C
.set sJump,     sStepB      // after the loop: bytes from this lane's fourth column to its fifth

.set lds,     16384         // two buffers of A at 0 and B at ldsB, both [k][128 floats]
.set ldsB,    4096
.set ldsNext, 8192
occupancy 2, 256, lds

// ---- macros ----------------------------------------------------------------------------------

// resource = { base + offset, bytes, raw buffer }
.macro make_resource resource, offset, bytes
  s_add_u32  s[\resource],     s[\resource],     \offset
  s_addc_u32 s[\resource + 1], s[\resource + 1], 0
  s_mov_b32  s[\resource + 2], \bytes
  s_mov_b32  s[\resource + 3], 0x00020000
.endm

// base += step, bytes = max(bytes - step, 0): past the last column nothing is left and loads give 0
.macro advance resource, step
  s_add_u32     s[\resource],     s[\resource],     s[\step]
  s_addc_u32    s[\resource + 1], s[\resource + 1], 0
  s_sub_u32     s[\resource + 2], s[\resource + 2], s[\step]
  s_cselect_b32 s[\resource + 2], 0, s[\resource + 2]
.endm

// vNextA, vNextB = this lane's elements of the block that sA, sB stand at
.macro fetch
  buffer_load_dwordx4 v[vNextA : vNextA + 3], v[vLoadA], s[sA : sA + 3], 0 offen
  buffer_load_dwordx4 v[vNextB : vNextB + 3], v[vLoadB], s[sB : sB + 3], 0 offen
.endm

// LDS buffer = vNextA, vNextB
.macro deposit buffer
  ds_write_b128 v[vWrite], v[vNextA : vNextA + 3] offset:ldsNext*(\buffer)
  ds_write_b128 v[vWrite], v[vNextB : vNextB + 3] offset:ldsNext*(\buffer) + ldsB
.endm

// vA, vB of set k % 2 = this lane's 8 rows and 8 columns at one k of a buffer
.macro operands buffer, k
  .set set, (\k) % 2 * 8
  .set at,  ldsNext*(\buffer) + 512*(\k)
  ds_read_b128 v[vA + set     : vA + set + 3], v[vReadA] offset:at
  ds_read_b128 v[vB + set     : vB + set + 3], v[vReadB] offset:at + ldsB
  ds_read_b128 v[vB + set + 4 : vB + set + 7], v[vReadB] offset:at + ldsB + 256
  ds_read_b128 v[vA + set + 4 : vA + set + 7], v[vReadA] offset:at + 256
.endm

// vAcc[c][r] += vA[r] * vB[c], operands of set k % 2
.macro mac_tile k
  .set set, (\k) % 2 * 8
  .irp c, 0, 1, 2, 3, 4, 5, 6, 7
    .irp r, 0, 1, 2, 3, 4, 5, 6, 7
      v_mac_f32 v[vAcc + 8*\c + \r], v[vA + set + \r], v[vB + set + \c]
    .endr
  .endr
.endm

// One k block out of a buffer, whose first operands are on their way; leaves the next block in the other one, likewise.
.macro k_block buffer
  advance sA, sStepA
  advance sB, sStepB
  fetch                                                     // after the last block: a block that is not there
  s_setprio 1
  .irp k, 0, 1, 2, 3, 4, 5
    operands \buffer, \k+1
    s_waitcnt lgkmcnt(4)                                    // vA, vB for this k; those for the next may run
    mac_tile \k
  .endr
  operands \buffer, 7
  s_waitcnt vmcnt(0)                                        // vNextA, vNextB
  deposit 1-\buffer
  s_waitcnt lgkmcnt(6)                                      // vA, vB for k 6; four reads and two writes may run
  mac_tile 6
  s_setprio 0
  s_waitcnt lgkmcnt(0)                                      // vA, vB for k 7; vNextA, vNextB are in LDS
  s_barrier                                                 // this buffer is read, the other one full
  operands 1-\buffer, 0
  mac_tile 7
  s_sub_u32 s[sBlocks], s[sBlocks], 1                       // SCC: there was none left
.endm

// C = four rows of vAcc from `first` on, in column i of four
.macro store_four first, i, offset
  buffer_store_dwordx4 v[vAcc + \first : vAcc + \first + 3], v[vAt + \i], s[sC : sC + 3], 0 offen offset:\offset
.endm

// Four columns of C, the first or the second half of this lane's: vAcc = alpha * vAcc + beta * C, then C = vAcc
.macro finish half
  .irp i, 0, 1, 2, 3
    v_cmp_gt_u32  vcc, s[sCols], v[vCol]
    v_cndmask_b32 v[vAt + \i], v[vBeyond], v[vOut], vcc
    .if \i < 3
      v_add_u32 v[vCol], vcc, 1, v[vCol]
      v_add_u32 v[vOut], vcc, s[sColBytes], v[vOut]
    .else
      v_add_u32 v[vCol], vcc, 61, v[vCol]
      v_add_u32 v[vOut], vcc, s[sJump], v[vOut]
    .endif
    .irp r, 0, 1, 2, 3, 4, 5, 6, 7
      v_mul_f32 v[vAcc + 32*\half + 8*\i + \r], s[sAlpha], v[vAcc + 32*\half + 8*\i + \r]
    .endr
  .endr

  s_lshl_b32 s[sT], s[sBeta], 1                             // SCC: beta is not zero of either sign
  s_cbranch_scc0 sgemm_nt_128x128_beta_done_\half
  .irp i, 0, 1, 2, 3
    buffer_load_dwordx4 v[vOld + 8*\i     : vOld + 8*\i + 3], v[vAt + \i], s[sC : sC + 3], 0 offen
    buffer_load_dwordx4 v[vOld + 8*\i + 4 : vOld + 8*\i + 7], v[vAt + \i], s[sC : sC + 3], 0 offen offset:256
  .endr
  .irp i, 0, 1, 2, 3
    s_waitcnt vmcnt(6 - 2*\i)                               // vOld of this column; later ones may run
    .irp r, 0, 1, 2, 3, 4, 5, 6, 7
      v_mac_f32 v[vAcc + 32*\half + 8*\i + \r], s[sBeta], v[vOld + 8*\i + \r]
    .endr
  .endr
sgemm_nt_128x128_beta_done_\half:

  s_cmp_ge_u32 s[sRows], 128
  s_cbranch_scc0 sgemm_nt_128x128_edge_\half
  .irp i, 0, 1, 2, 3
    store_four 32*\half + 8*\i,     \i, 0
    store_four 32*\half + 8*\i + 4, \i, 256
  .endr
  s_branch sgemm_nt_128x128_stored_\half
sgemm_nt_128x128_edge_\half:
  .irp i, 0, 1, 2, 3
    .irp r, 0, 1, 2, 3, 4, 5, 6, 7
      v_cndmask_b32 v[vEdge], v[vBeyond], v[vAt + \i], s[sInside + 2*\r : sInside + 2*\r + 1]
      buffer_store_dword v[vAcc + 32*\half + 8*\i + \r], v[vEdge], s[sC : sC + 3], 0 offen offset:4*\r + \r / 4 * 240
    .endr
  .endr
sgemm_nt_128x128_stored_\half:
.endm

// ---- code ------------------------------------------------------------------------------------
kernel sgemm_nt_128x128
  s_load_dwordx2 s[sA : sA + 1], s[sKernarg : sKernarg + 1], 0x00
  s_load_dwordx2 s[sB : sB + 1], s[sKernarg : sKernarg + 1], 0x08
  s_load_dwordx2 s[sC : sC + 1], s[sKernarg : sKernarg + 1], 0x10
  s_load_dwordx8 s[sM : sM + 7], s[sKernarg : sKernarg + 1], 0x18
  s_mov_b32 m0, -1                                          // LDS limit: GCN3 wants it set
  s_lshl_b32 s[sTileM], s[sTileM], 7                        // from here on the tile's first row
  s_lshl_b32 s[sTileN], s[sTileN], 7                        //   and its first column
  .irp i, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15
    v_mov_b32 v[vAcc + 4*\i],     0
    v_mov_b32 v[vAcc + 4*\i + 1], 0
    v_mov_b32 v[vAcc + 4*\i + 2], 0
    v_mov_b32 v[vAcc + 4*\i + 3], 0
  .endr
  s_waitcnt lgkmcnt(0)                                      // sA, sB, sC, sM ... sBeta

  // rows = m - tileM,  cols = n - tileN;  a tile with none of either has nothing to do
  s_sub_u32    s[sRows], s[sM], s[sTileM]
  s_sub_u32    s[sCols], s[sN], s[sTileN]
  s_cmp_le_u32 s[sM], s[sTileM]
  s_cbranch_scc1 sgemm_nt_128x128_end
  s_cmp_le_u32 s[sN], s[sTileN]
  s_cbranch_scc1 sgemm_nt_128x128_end

  // C += 4 * (tileN*ldc + tileM),  4 * ((cols - 1)*ldc + rows) bytes long
  s_mul_i32  s[sT], s[sTileN], s[sLdc]
  s_add_u32  s[sT], s[sT], s[sTileM]
  s_lshl_b32 s[sT], s[sT], 2
  s_sub_u32  s[sT + 1], s[sCols], 1
  s_mul_i32  s[sT + 1], s[sT + 1], s[sLdc]
  s_add_u32  s[sT + 1], s[sT + 1], s[sRows]
  s_lshl_b32 s[sT + 1], s[sT + 1], 2
  make_resource sC, s[sT], s[sT + 1]

  // vReadA = 4 * 4*(lane % 16),  vReadB = 4 * 4*(lane / 16)
  v_and_b32     v[vReadA], 15, v[vLane]
  v_lshlrev_b32 v[vReadA], 4, v[vReadA]
  v_lshrrev_b32 v[vReadB], 4, v[vLane]
  v_lshlrev_b32 v[vReadB], 4, v[vReadB]
  v_mov_b32     v[vBeyond], 0xfffff000

  // k = alpha is zero of either sign ? 0 : k,  alpha = k ? alpha : 0;  without k only beta * C is left to do
  s_lshl_b32    s[sT], s[sAlpha], 1
  s_cselect_b32 s[sK], s[sK], 0
  s_cmp_lg_u32  s[sK], 0
  s_cselect_b32 s[sAlpha], s[sAlpha], 0
  s_cbranch_scc0 sgemm_nt_128x128_store

  // A += 4 * tileM,  4 * ((k - 1)*lda + rows) bytes long;  B with its own;  blocks = ceil(k/8) - 1
  s_sub_u32  s[sBlocks], s[sK], 1
  s_mul_i32  s[sT], s[sBlocks], s[sLda]
  s_add_u32  s[sT], s[sT], s[sRows]
  s_lshl_b32 s[sT], s[sT], 2
  s_lshl_b32 s[sT + 1], s[sTileM], 2
  make_resource sA, s[sT + 1], s[sT]
  s_mul_i32  s[sT], s[sBlocks], s[sLdb]
  s_add_u32  s[sT], s[sT], s[sCols]
  s_lshl_b32 s[sT], s[sT], 2
  s_lshl_b32 s[sT + 1], s[sTileN], 2
  make_resource sB, s[sT + 1], s[sT]
  s_lshl_b32 s[sStepA], s[sLda], 5
  s_lshl_b32 s[sStepB], s[sLdb], 5
  s_lshr_b32 s[sBlocks], s[sBlocks], 3

  // vDepth = lane / 32,  vLoadA = 4 * (lda*depth + 4*(lane % 32)),  vLoadB with ldb,  vWrite = 4 * 4*lane
  // depth >= k: beyond everything instead, because with so few columns ld*depth may not fit 32 bits
  v_lshrrev_b32 v[vDepth], 5, v[vLane]
  v_mul_lo_u32  v[vLoadA], v[vDepth], s[sLda]
  v_mul_lo_u32  v[vLoadB], v[vDepth], s[sLdb]
  v_lshlrev_b32 v[vLoadA], 2, v[vLoadA]
  v_lshlrev_b32 v[vLoadB], 2, v[vLoadB]
  v_and_b32     v[vWrite], 31, v[vLane]
  v_lshlrev_b32 v[vWrite], 4, v[vWrite]
  v_add_u32     v[vLoadA], vcc, v[vLoadA], v[vWrite]
  v_add_u32     v[vLoadB], vcc, v[vLoadB], v[vWrite]
  v_cmp_gt_u32  vcc, s[sK], v[vDepth]
  v_cndmask_b32 v[vLoadA], v[vBeyond], v[vLoadA], vcc
  v_cndmask_b32 v[vLoadB], v[vBeyond], v[vLoadB], vcc
  v_lshlrev_b32 v[vWrite], 4, v[vLane]

  fetch
  s_waitcnt vmcnt(0)                                        // vNextA, vNextB
  deposit 0
  s_waitcnt lgkmcnt(0)                                      // LDS has vNextA, vNextB
  s_barrier
  operands 0, 0

sgemm_nt_128x128_loop:
  k_block 0
  s_cbranch_scc1 sgemm_nt_128x128_done
  k_block 1
  s_cbranch_scc0 sgemm_nt_128x128_loop

sgemm_nt_128x128_done:
  s_waitcnt lgkmcnt(0)                                      // vA, vB of set 0: a block that is not there

sgemm_nt_128x128_store:
  // vOut = 4 * (ldc*4*(lane / 16) + 4*(lane % 16)),  vRow = 4*(lane % 16),  vCol = 4*(lane / 16)
  v_mul_lo_u32  v[vOut], v[vReadB], s[sLdc]
  v_add_u32     v[vOut], vcc, v[vOut], v[vReadA]
  v_lshrrev_b32 v[vRow], 2, v[vReadA]
  v_lshrrev_b32 v[vCol], 2, v[vReadB]
  s_lshl_b32    s[sColBytes], s[sLdc], 2
  s_mul_i32     s[sJump], s[sColBytes], 61

  // sInside[r] = rows > vRow + r + (r < 4 ? 0 : 60)
  .irp r, 0, 1, 2, 3, 4, 5, 6, 7
    v_add_u32    v[vAt], vcc, \r + \r / 4 * 60, v[vRow]
    v_cmp_gt_u32 s[sInside + 2*\r : sInside + 2*\r + 1], s[sRows], v[vAt]
  .endr

  finish 0
  finish 1
sgemm_nt_128x128_end:
  s_endpgm
end_kernel sgemm_nt_128x128, 256, lds, 0x48
