// Kernels for test_pm4.cpp, which starts them by registers: what user SGPRs hold is the test's. s[sData] is the address
// of its memory.
.amdgcn_target "amdgcn-amd-amdhsa--gfx803"

.set sData,   0             // in: pair
.set sSize,   2             // in: the group's three sizes
.set sRow,    5             // in: threads of the grid in x
.set sSlice,  6             // in: threads of the grid in x and y
.set sGroup,  7             // in: workgroup ids, behind seven user SGPRs
.set sValue,  2             // in: what to write
.set sOffset, 2             // in: bytes
.set sTemp,   20
.set vLane,   0             // in: three work-item ids
.set vAt,     4             // pair: an address
.set vValue,  6
.set vSaved,  7

.macro kernel name
.text
.p2align 8
.globl \name
.type \name, @function
\name:
.endm

.macro end_kernel name, user_sgprs, ids=0
  s_endpgm
.size \name, . - \name
.rodata
.p2align 6
.amdhsa_kernel \name
  .amdhsa_user_sgpr_count \user_sgprs
  .amdhsa_system_sgpr_workgroup_id_x \ids
  .amdhsa_system_sgpr_workgroup_id_y \ids
  .amdhsa_system_sgpr_workgroup_id_z \ids
  .amdhsa_system_vgpr_workitem_id 2 * \ids
  .amdhsa_reserve_flat_scratch 0
  .amdhsa_next_free_sgpr 40
  .amdhsa_next_free_vgpr 8
.end_amdhsa_kernel
.endm

.macro data_address
  v_mov_b32 v[vAt], s[sData]
  v_mov_b32 v[vAt + 1], s[sData + 1]
.endm
// vAt += 4 * v[index]
.macro advance_address index
  v_lshlrev_b32 v[vSaved], 2, v[\index]
  v_add_u32 v[vAt], vcc, v[vAt], v[vSaved]
  v_addc_u32 v[vAt + 1], vcc, 0, v[vAt + 1], vcc
.endm

// Adds one to Data[x + sRow * y + sSlice * z] for each thread of the grid.
kernel rings_visit
  .irp i, 0, 1, 2
    s_mul_i32 s[sGroup + \i], s[sGroup + \i], s[sSize + \i]
    v_add_u32 v[vLane + \i], vcc, s[sGroup + \i], v[vLane + \i]
  .endr
  v_mul_lo_u32 v[vLane + 1], v[vLane + 1], s[sRow]
  v_mul_lo_u32 v[vLane + 2], v[vLane + 2], s[sSlice]
  v_add_u32 v[vLane], vcc, v[vLane], v[vLane + 1]
  v_add_u32 v[vLane], vcc, v[vLane], v[vLane + 2]
  data_address
  advance_address vLane
  v_mov_b32 v[vValue], 1
  flat_atomic_add v[vAt:vAt + 1], v[vValue]
end_kernel rings_visit, 7, 1

// Data[i] = s[i] for sixteen user SGPRs.
kernel rings_registers
  data_address
  .set reg, 0
  .rept 16
    v_mov_b32 v[vValue], s[reg]
    flat_store_dword v[vAt:vAt + 1], v[vValue]
    v_add_u32 v[vAt], vcc, 4, v[vAt]
    v_addc_u32 v[vAt + 1], vcc, 0, v[vAt + 1], vcc
    .set reg, reg + 1
  .endr
end_kernel rings_registers, 16

// Waits until Data[0] is not 0, then Data[1] = sValue.
kernel rings_wait
  data_address
0:
  s_sleep 1
  flat_load_dword v[vValue], v[vAt:vAt + 1] glc
  s_waitcnt vmcnt(0) & lgkmcnt(0)
  v_readfirstlane_b32 s[sTemp], v[vValue]
  s_cmp_eq_u32 s[sTemp], 0
  s_cbranch_scc1 0b
  v_mov_b32 v[vValue], s[sValue]
  v_add_u32 v[vAt], vcc, 4, v[vAt]
  v_addc_u32 v[vAt + 1], vcc, 0, v[vAt + 1], vcc
  flat_store_dword v[vAt:vAt + 1], v[vValue]
end_kernel rings_wait, 3

// Data[lane] = what the LDS at sOffset has after lane + 1 was written there by the first lane alone.
kernel rings_lds
  s_mov_b32 m0, -1
  v_mov_b32 v[vSaved], s[sOffset]
  v_add_u32 v[vValue], vcc, 1, v[vLane]
  s_mov_b64 exec, 1
  ds_write_b32 v[vSaved], v[vValue]
  s_mov_b64 exec, -1
  s_waitcnt lgkmcnt(0)
  ds_read_b32 v[vValue], v[vSaved]
  s_waitcnt lgkmcnt(0)
  data_address
  advance_address vLane
  flat_store_dword v[vAt:vAt + 1], v[vValue]
end_kernel rings_lds, 3

// Data[lane] = 1.
kernel rings_store
  data_address
  advance_address vLane
  v_mov_b32 v[vValue], 1
  flat_store_dword v[vAt:vAt + 1], v[vValue]
end_kernel rings_store, 2
