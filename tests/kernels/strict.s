// Kernels for test_strict.cpp. strict_KIND does what strict mode calls KIND, and nothing else; strict_KIND_not comes as
// near to it as correct code can. s[sData] is the address of 4 KiB.
.include "gcn.inc"
.purgem kernel
.purgem end_kernel

sregs sData,  2, 2          // in: pointer
sregs sGroup                // in: workgroup id
sregs sTemp,  4, 4
sregs sBuf,   4, 4          // buffer resource: the 4 KiB
sregs sPair,  2, 2
sregs sSpare
vregs vLane                 // in: work-item id
vregs vAt,    2             // an address
vregs vA,     4
vregs vB,     4
vregs vByte                 // 4 * lane

.macro kernel name
.text
.p2align 8
.globl \name
.type \name, @function
\name:
.endm

.macro end_kernel name, lds=0
  s_endpgm
.size \name, . - \name
descriptor \name, \lds
.endm
.macro descriptor name, lds=0
.rodata
.p2align 6
.amdhsa_kernel \name
  .amdhsa_user_sgpr_kernarg_segment_ptr 1
  .amdhsa_group_segment_fixed_size \lds
  .amdhsa_float_denorm_mode_32 3
  .amdhsa_next_free_sgpr sNext
  .amdhsa_next_free_vgpr vNext
.end_amdhsa_kernel
.endm

// vAt = sData + 4 * lane
.macro address
  v_lshlrev_b32 v[vByte], 2, v[vLane]
  v_mov_b32 v[vAt + 1], s[sData + 1]
  v_add_u32 v[vAt], vcc, s[sData], v[vByte]
  v_addc_u32 v[vAt + 1], vcc, 0, v[vAt + 1], vcc
.endm
.macro buffer
  v_lshlrev_b32 v[vByte], 2, v[vLane]
  s_mov_b64 s[sBuf : sBuf + 1], s[sData : sData + 1]
  s_movk_i32 s[sBuf + 2], 0x1000
  s_mov_b32 s[sBuf + 3], 0x00024fac
.endm
// Each lane writes dword lane of LDS.
.macro fill
  s_mov_b32 m0, -1
  v_lshlrev_b32 v[vByte], 2, v[vLane]
  ds_write_b32 v[vByte], v[vLane]
.endm

// ---- loads under way ----

kernel strict_pending_read
  buffer
  buffer_load_dword v[vA], v[vByte], s[sBuf : sBuf + 3], 0 offen
  buffer_load_dword v[vB], v[vByte], s[sBuf : sBuf + 3], 0 offen
  s_waitcnt vmcnt(1)
  v_add_u32 v[vA], vcc, v[vA], v[vB]
end_kernel strict_pending_read

kernel strict_pending_read_not
  buffer
  buffer_load_dword v[vA], v[vByte], s[sBuf : sBuf + 3], 0 offen
  buffer_load_dword v[vB], v[vByte], s[sBuf : sBuf + 3], 0 offen
  s_waitcnt vmcnt(1)
  v_add_u32 v[vA], vcc, v[vA], v[vLane]
end_kernel strict_pending_read_not

// LDS comes back in order, scalar memory does not.
kernel strict_pending_scalar
  s_load_dword s[sTemp], s[sData : sData + 1], 0x0
  s_load_dword s[sTemp + 1], s[sData : sData + 1], 0x4
  s_waitcnt lgkmcnt(1)
  s_add_u32 s[sPair], s[sTemp], 1
end_kernel strict_pending_scalar

kernel strict_pending_scalar_not
  fill
  ds_read_b32 v[vA], v[vByte]
  ds_read_b32 v[vB], v[vByte]
  s_waitcnt lgkmcnt(1)
  v_add_u32 v[vA], vcc, 1, v[vA]
end_kernel strict_pending_scalar_not, 1024

kernel strict_pending_flat
  address
  flat_load_dword v[vA], v[vAt : vAt + 1]
  s_waitcnt lgkmcnt(0)
  v_mov_b32 v[vB], v[vA]
end_kernel strict_pending_flat

kernel strict_pending_flat_not
  address
  flat_load_dword v[vA], v[vAt : vAt + 1]
  s_waitcnt vmcnt(0)
  v_mov_b32 v[vB], v[vA]
end_kernel strict_pending_flat_not

kernel strict_pending_write
  buffer
  buffer_load_dword v[vA], v[vByte], s[sBuf : sBuf + 3], 0 offen
  v_mov_b32 v[vA], 0
end_kernel strict_pending_write

// Two loads into one register come back in order; lanes that are off are not loaded.
kernel strict_pending_write_not
  buffer
  buffer_load_dword v[vA], v[vByte], s[sBuf : sBuf + 3], 0 offen
  buffer_load_dword v[vA], v[vByte], s[sBuf : sBuf + 3], 0 offen
  s_mov_b64 exec, 1
  buffer_load_dword v[vB], v[vByte], s[sBuf : sBuf + 3], 0 offen
  s_mov_b64 exec, 2
  v_mov_b32 v[vB], 0
end_kernel strict_pending_write_not

// ---- wait states ----

kernel strict_wait_states
  buffer
  v_readfirstlane_b32 s[sTemp], v[vLane]
  s_nop 3
  buffer_load_dword v[vA], v[vByte], s[sBuf : sBuf + 3], s[sTemp] offen
end_kernel strict_wait_states

kernel strict_wait_states_not
  buffer
  v_readfirstlane_b32 s[sTemp], v[vLane]
  s_nop 4
  buffer_load_dword v[vA], v[vByte], s[sBuf : sBuf + 3], s[sTemp] offen
end_kernel strict_wait_states_not

.macro hazard_dpp name, states
kernel \name
  v_mov_b32 v[vA], v[vLane]
  .if \states
    s_nop \states - 1
  .endif
  v_mov_b32_dpp v[vB], v[vA] quad_perm:[1,0,3,2] row_mask:0xf bank_mask:0xf
end_kernel \name
.endm
hazard_dpp strict_wait_dpp, 1
hazard_dpp strict_wait_dpp_not, 2

.macro hazard_exec name, states
kernel \name
  v_mov_b32 v[vA], v[vLane]
  v_cmpx_le_u32 vcc, 0, v[vLane]
  s_nop \states - 1
  v_mov_b32_dpp v[vB], v[vA] quad_perm:[1,0,3,2] row_mask:0xf bank_mask:0xf
end_kernel \name
.endm
hazard_exec strict_wait_exec, 4
hazard_exec strict_wait_exec_not, 5

.macro hazard_lane name, states
kernel \name
  v_readfirstlane_b32 s[sTemp], v[vLane]
  s_nop \states - 1
  v_readlane_b32 s[sTemp + 1], v[vLane], s[sTemp]
end_kernel \name
.endm
hazard_lane strict_wait_lane, 3
hazard_lane strict_wait_lane_not, 4

.macro hazard_fmas name, states
kernel \name
  v_cvt_f32_u32 v[vA], v[vLane]
  v_cmp_eq_u32 vcc, 0, v[vLane]
  s_nop \states - 1
  v_div_fmas_f32 v[vB], v[vA], v[vA], v[vA]
end_kernel \name
.endm
hazard_fmas strict_wait_fmas, 3
hazard_fmas strict_wait_fmas_not, 4

.macro hazard_vccz name, states
kernel \name
  v_cmp_eq_u32 vcc, 0, v[vLane]
  s_nop \states - 1
  v_mov_b32 v[vB], src_vccz
end_kernel \name
.endm
hazard_vccz strict_wait_vccz, 4
hazard_vccz strict_wait_vccz_not, 5

.macro hazard_mode name, states
kernel \name
  s_setreg_imm32_b32 hwreg(HW_REG_MODE, 0, 4), 0
  s_nop \states - 1
  s_getreg_b32 s[sTemp], hwreg(HW_REG_MODE)
end_kernel \name
.endm
hazard_mode strict_wait_mode, 1
hazard_mode strict_wait_mode_not, 2

kernel strict_wait_store
  buffer
  v_mov_b32 v[vA], 1
  v_mov_b32 v[vA + 1], 1
  v_mov_b32 v[vA + 2], 1
  v_lshlrev_b32 v[vByte], 4, v[vLane]
  buffer_store_dwordx3 v[vA : vA + 2], v[vByte], s[sBuf : sBuf + 3], 0 offen
  v_mov_b32 v[vA + 2], 0
end_kernel strict_wait_store

// Two dwords are read at once.
kernel strict_wait_store_not
  buffer
  v_mov_b32 v[vA], 1
  v_mov_b32 v[vA + 1], 1
  v_mov_b32 v[vA + 2], 1
  v_lshlrev_b32 v[vByte], 4, v[vLane]
  buffer_store_dwordx3 v[vA : vA + 2], v[vByte], s[sBuf : sBuf + 3], 0 offen
  s_nop 0
  v_mov_b32 v[vA + 2], 0
  buffer_store_dwordx2 v[vA : vA + 1], v[vByte], s[sBuf : sBuf + 3], 0 offen
  v_mov_b32 v[vA + 1], 0
end_kernel strict_wait_store_not

.macro hazard_message name, states
kernel \name
  s_mov_b32 m0, 0
  .if \states
    s_nop \states - 1
  .endif
  s_sendmsg sendmsg(MSG_GS_DONE, GS_OP_NOP)
end_kernel \name
.endm
hazard_message strict_wait_m0, 0
hazard_message strict_wait_m0_not, 1

kernel strict_wait_descriptor
  buffer
  s_movk_i32 s[sBuf + 2], 0x1000
  s_buffer_load_dword s[sTemp], s[sBuf : sBuf + 3], 0x0
end_kernel strict_wait_descriptor

kernel strict_wait_descriptor_not
  buffer
  s_buffer_load_dword s[sTemp], s[sBuf : sBuf + 3], 0x0
end_kernel strict_wait_descriptor_not

// ---- never written ----

kernel strict_unwritten
  v_add_u32 v[vA], vcc, v[vB], v[vLane]
end_kernel strict_unwritten

kernel strict_unwritten_not             // a move takes the nothing along, and nobody looks at it
  v_mov_b32 v[vA], v[vB]
  s_mov_b64 exec, 1
  v_mov_b32 v[vA], 0
  v_add_u32 v[vA], vcc, v[vA], v[vLane]
end_kernel strict_unwritten_not

kernel strict_unwritten_lane            // written in lane 0 only
  s_mov_b64 exec, 1
  v_mov_b32 v[vA], 0
  s_mov_b64 exec, 3
  v_add_u32 v[vA], vcc, v[vA], v[vLane]
end_kernel strict_unwritten_lane

kernel strict_unwritten_moved
  v_mov_b32 v[vA], v[vB]
  v_add_u32 v[vA], vcc, v[vA], v[vLane]
end_kernel strict_unwritten_moved

kernel strict_unwritten_lane_not
  s_mov_b64 exec, 1
  v_mov_b32 v[vA], 0
  v_add_u32 v[vA], vcc, v[vA], v[vLane]
end_kernel strict_unwritten_lane_not

kernel strict_unwritten_moved_not
  v_mov_b32 v[vA], v[vB]
  v_mov_b32 v[vA], 0
  v_add_u32 v[vA], vcc, v[vA], v[vLane]
end_kernel strict_unwritten_moved_not

kernel strict_unwritten_scalar
  s_add_u32 s[sTemp], s[sTemp + 1], 1
end_kernel strict_unwritten_scalar

kernel strict_unwritten_scalar_not      // where the mask is 0, the AND is 0 whatever the other holds
  s_mov_b64 s[sPair : sPair + 1], 0
  s_and_b64 s[sTemp : sTemp + 1], s[sTemp : sTemp + 1], s[sPair : sPair + 1]
  s_add_u32 s[sTemp], s[sTemp], 1
end_kernel strict_unwritten_scalar_not

kernel strict_unwritten_scc
  s_cbranch_scc1 .Lscc
.Lscc:
end_kernel strict_unwritten_scc

kernel strict_unwritten_scc_not
  s_cmp_eq_u32 s[sGroup], 0
  s_cbranch_scc1 .Lscc_not
.Lscc_not:
end_kernel strict_unwritten_scc_not

kernel strict_unwritten_vcc
  v_cndmask_b32 v[vA], 1, v[vLane], vcc
  v_add_u32 v[vA], vcc, v[vA], v[vLane]
end_kernel strict_unwritten_vcc

kernel strict_unwritten_vcc_not
  v_cmp_eq_u32 vcc, 0, v[vLane]
  v_cndmask_b32 v[vA], 1, v[vLane], vcc
  v_add_u32 v[vA], vcc, v[vA], v[vLane]
end_kernel strict_unwritten_vcc_not

kernel strict_unwritten_store
  address
  flat_store_dword v[vAt : vAt + 1], v[vA]
end_kernel strict_unwritten_store

kernel strict_unwritten_store_not       // three of four are a vector of three in four dwords
  buffer
  v_mov_b32 v[vA], 0
  v_lshlrev_b32 v[vByte], 4, v[vLane]
  buffer_store_dwordx4 v[vA : vA + 3], v[vByte], s[sBuf : sBuf + 3], 0 offen
end_kernel strict_unwritten_store_not

kernel strict_unwritten_lds
  fill
  ds_read_b32 v[vA], v[vByte] offset:256
  s_waitcnt lgkmcnt(0)
end_kernel strict_unwritten_lds, 1024

kernel strict_unwritten_lds_not
  fill
  ds_read_b32 v[vA], v[vByte]
  s_waitcnt lgkmcnt(0)
end_kernel strict_unwritten_lds_not, 1024

kernel strict_m0
  v_lshlrev_b32 v[vByte], 2, v[vLane]
  ds_write_b32 v[vByte], v[vLane]
end_kernel strict_m0, 1024

kernel strict_m0_not                    // an exchange between lanes needs no LDS
  v_lshlrev_b32 v[vByte], 2, v[vLane]
  ds_bpermute_b32 v[vA], v[vByte], v[vLane]
  s_waitcnt lgkmcnt(0)
end_kernel strict_m0_not

// ---- LDS; two waves ----

// Wave 0 reads what wave 1 writes.
kernel strict_lds_race
  fill
  v_readfirstlane_b32 s[sTemp], v[vLane]
  s_cmp_eq_u32 s[sTemp], 0
  s_waitcnt lgkmcnt(0)
  s_barrier
  s_cbranch_scc1 .Lreader
  ds_write_b32 v[vByte], v[vLane]
  s_endpgm
.Lreader:
  ds_read_b32 v[vA], v[vByte] offset:256
end_kernel strict_lds_race, 1024

kernel strict_lds_race_not
  fill
  v_xor_b32 v[vByte], 0x100, v[vByte]
  s_waitcnt lgkmcnt(0)
  s_barrier
  ds_read_b32 v[vA], v[vByte]
end_kernel strict_lds_race_not, 1024

// The barrier is there, but the writes may still be under way when the other wave has passed it.
kernel strict_lds_race_late
  fill
  v_xor_b32 v[vByte], 0x100, v[vByte]
  s_barrier
  ds_read_b32 v[vA], v[vByte]
end_kernel strict_lds_race_late, 1024

// Reads that are under way at the barrier, and other places written behind it.
kernel strict_lds_race_late_not
  fill
  s_waitcnt lgkmcnt(0)
  ds_read_b32 v[vA], v[vByte]
  s_barrier
  ds_write_b32 v[vByte], v[vLane] offset:512
  s_waitcnt lgkmcnt(0)
end_kernel strict_lds_race_late_not, 1024

kernel strict_lds_race_write
  s_mov_b32 m0, -1
  v_mov_b32 v[vA], 0
  ds_write_b32 v[vA], v[vLane]
end_kernel strict_lds_race_write, 1024

// Atomic operations do not race, nor do the bytes of a dword.
kernel strict_lds_race_write_not
  fill
  s_waitcnt lgkmcnt(0)
  s_barrier
  v_mov_b32 v[vA], 0
  v_mov_b32 v[vB], 1
  ds_add_u32 v[vA], v[vB]
  v_lshrrev_b32 v[vA], 6, v[vLane]
  ds_write_b8 v[vA], v[vLane] offset:16
end_kernel strict_lds_race_write_not, 1024

// Wave 0 swaps dword 0, wave 1 reads it.
kernel strict_lds_race_swap
  fill
  v_mov_b32 v[vA], 0
  v_mov_b32 v[vB], 5
  v_readfirstlane_b32 s[sTemp], v[vLane]
  s_cmp_eq_u32 s[sTemp], 0
  s_waitcnt lgkmcnt(0)
  s_barrier
  s_cbranch_scc0 .Lwatcher
  ds_cmpst_rtn_b32 v[vB], v[vA], v[vLane], v[vB]
  s_endpgm
.Lwatcher:
  ds_read_b32 v[vB], v[vA]
end_kernel strict_lds_race_swap, 1024

// Both read it, to swap it where nobody else has meanwhile.
kernel strict_lds_race_swap_not
  fill
  v_mov_b32 v[vA], 0
  v_mov_b32 v[vB + 1], 5
  s_waitcnt lgkmcnt(0)
  s_barrier
  ds_read_b32 v[vB], v[vA]
  s_waitcnt lgkmcnt(0)
  ds_cmpst_rtn_b32 v[vB], v[vA], v[vB], v[vB + 1]
end_kernel strict_lds_race_swap_not, 1024

kernel strict_lds_bounds
  s_mov_b32 m0, -1
  v_mov_b32 v[vA], 0x400
  ds_write_b32 v[vA], v[vLane]
end_kernel strict_lds_bounds, 1024

kernel strict_lds_bounds_not            // the last dword; and what no LDS can hold, which is dropped
  s_mov_b32 m0, -1
  v_mov_b32 v[vA], 0x3fc
  v_mov_b32 v[vB], 0x10000
  ds_write_b32 v[vB], v[vLane]
  s_mov_b64 exec, 1
  ds_write_b32 v[vA], v[vLane]
end_kernel strict_lds_bounds_not, 1024

kernel strict_misaligned
  s_mov_b32 m0, -1
  v_mov_b32 v[vA], 4
  v_mov_b32 v[vB], 0
  v_mov_b32 v[vB + 1], 0
  ds_write_b64 v[vA], v[vB : vB + 1]
end_kernel strict_misaligned, 1024

kernel strict_misaligned_not            // two dwords need four
  s_mov_b32 m0, -1
  v_mov_b32 v[vA], 4
  v_mov_b32 v[vB], 0
  v_mov_b32 v[vB + 1], 0
  ds_write2_b32 v[vA], v[vB], v[vB + 1] offset1:1
end_kernel strict_misaligned_not, 1024

kernel strict_misaligned_atomic
  address
  v_or_b32 v[vAt], 2, v[vAt]
  flat_atomic_add v[vAt : vAt + 1], v[vLane]
end_kernel strict_misaligned_atomic

kernel strict_misaligned_atomic_not     // loads need no alignment
  address
  v_or_b32 v[vAt], 2, v[vAt]
  s_mov_b64 exec, 1
  flat_load_dword v[vA], v[vAt : vAt + 1]
end_kernel strict_misaligned_atomic_not

kernel strict_misaligned_buffer
  buffer
  buffer_load_dword v[vA], v[vByte], s[sBuf : sBuf + 3], 0 offen offset:2
end_kernel strict_misaligned_buffer

kernel strict_misaligned_buffer_not
  buffer
  buffer_load_ushort v[vA], v[vByte], s[sBuf : sBuf + 3], 0 offen offset:2
end_kernel strict_misaligned_buffer_not

// ---- buffers ----

kernel strict_buffer_range              // 4 KiB, of which soffset takes the last dword away, or not
  buffer
  s_mov_b32 s[sTemp], 4
  v_mov_b32 v[vA], 0xffc
  buffer_load_dword v[vB], v[vA], s[sBuf : sBuf + 3], s[sTemp] offen
end_kernel strict_buffer_range

kernel strict_buffer_range_not          // out of range either way: reads 0
  buffer
  s_mov_b32 s[sTemp], 4
  v_mov_b32 v[vA], 0x1000
  buffer_load_dword v[vB], v[vA], s[sBuf : sBuf + 3], s[sTemp] offen
end_kernel strict_buffer_range_not

kernel strict_misaligned_scalar
  s_load_dword s[sTemp], s[sData : sData + 1], 0x2
end_kernel strict_misaligned_scalar

kernel strict_misaligned_scalar_not
  s_load_dword s[sTemp], s[sData : sData + 1], 0x4
end_kernel strict_misaligned_scalar_not

// ---- control ----

kernel strict_barrier                   // wave 0 waits here, wave 1 there
  v_readfirstlane_b32 s[sTemp], v[vLane]
  s_cmp_eq_u32 s[sTemp], 0
  s_cbranch_scc1 .Lhere
  s_barrier
  s_endpgm
.Lhere:
  s_barrier
end_kernel strict_barrier

kernel strict_barrier_not               // wave 1 has ended: nobody waits for it
  v_readfirstlane_b32 s[sTemp], v[vLane]
  s_cmp_lg_u32 s[sTemp], 0
  s_cbranch_scc1 .Lended
  s_barrier
.Lended:
end_kernel strict_barrier_not

kernel strict_past_end
  s_nop 0
.size strict_past_end, . - strict_past_end
descriptor strict_past_end
.text
  s_endpgm

kernel strict_past_end_not              // it jumps there
  s_branch .Lbehind
.size strict_past_end_not, . - strict_past_end_not
descriptor strict_past_end_not
.text
.Lbehind:
  s_endpgm

kernel strict_fault
  s_mov_b64 s[sTemp : sTemp + 1], 0
  s_load_dword s[sTemp], s[sTemp : sTemp + 1], 0x0
end_kernel strict_fault

kernel strict_fault_not
  s_load_dword s[sTemp], s[sData : sData + 1], 0xffc
end_kernel strict_fault_not

// ---- encodings: the test makes the bad ones of these, which LLVM would not assemble ----

kernel strict_constant_bus_not
  v_cvt_f32_u32 v[vA], v[vLane]
  v_madak_f32 v[vA], v[vA], v[vA], 0x40490fdb
end_kernel strict_constant_bus_not

kernel strict_alignment_not
  s_mov_b64 s[sPair : sPair + 1], 0
end_kernel strict_alignment_not
