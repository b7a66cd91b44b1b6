// Kernels for test_exec_machine.cpp: what waves, groups and grids do with each other. Each reads s[sData], the address
// of a block of dwords.
.amdgcn_target "amdgcn-amd-amdhsa--gfx803"

.set sData,   0             // in: pointer
.set sGroup,  2             // in: workgroup id x, where there are more: y and z behind it
.set sTemp,   8             // four
.set sCount,  12
.set sSaved,  14            // pair
.set vLane,   0             // in: work-item id x; y and z behind it
.set vAt,     4             // pair: an address
.set vValue,  6
.set vTemp,   7

.macro kernel name
.text
.p2align 8
.globl \name
.type \name, @function
\name:
.endm

.macro end_kernel name, lds=0, all_ids=0, scratch=0
  s_endpgm
.size \name, . - \name
.rodata
.p2align 6
.amdhsa_kernel \name
  .amdhsa_user_sgpr_kernarg_segment_ptr 1
  .amdhsa_group_segment_fixed_size \lds
  .amdhsa_system_sgpr_workgroup_id_y \all_ids
  .amdhsa_system_sgpr_workgroup_id_z \all_ids
  .amdhsa_system_vgpr_workitem_id 2 * \all_ids
  .amdhsa_system_sgpr_private_segment_wavefront_offset \scratch
  .amdhsa_reserve_flat_scratch 0
  .amdhsa_next_free_sgpr 40
  .amdhsa_next_free_vgpr 16
.end_amdhsa_kernel
.endm

// vAt = sData + 4 * v[index]
.macro address_of index
  v_lshlrev_b32 v[vAt], 2, v[\index]
  v_mov_b32 v[vAt + 1], s[sData + 1]
  v_add_u32 v[vAt], vcc, s[sData], v[vAt]
  v_addc_u32 v[vAt + 1], vcc, 0, v[vAt + 1], vcc
.endm
.macro address_of_dword n
  v_mov_b32 v[vTemp], \n
  address_of vTemp
.endm
.macro memory_done
  s_waitcnt vmcnt(0) & lgkmcnt(0)
.endm

// Data[i] = 3 * (i + 64), as lane i + 64 of 256 put it into LDS.
kernel machine_neighbours
  s_mov_b32 m0, -1
  v_mul_u32_u24 v[vValue], 3, v[vLane]
  v_lshlrev_b32 v[vTemp], 2, v[vLane]
  ds_write_b32 v[vTemp], v[vValue]
  s_waitcnt lgkmcnt(0)
  s_barrier
  v_add_u32 v[vTemp], vcc, 0x100, v[vTemp]
  v_and_b32 v[vTemp], 0x3ff, v[vTemp]
  ds_read_b32 v[vValue], v[vTemp]
  address_of vLane
  s_waitcnt lgkmcnt(0)
  flat_store_dword v[vAt : vAt + 1], v[vValue]
end_kernel machine_neighbours, 1024

// Of four waves, two end before the barrier at which the others meet. Data[i] = i ^ 64.
kernel machine_leavers
  s_mov_b32 m0, -1
  v_readfirstlane_b32 s[sTemp], v[vLane]
  s_cmp_ge_u32 s[sTemp], 128
  s_cbranch_scc1 .Lleavers_end
  v_lshlrev_b32 v[vTemp], 2, v[vLane]
  ds_write_b32 v[vTemp], v[vLane]
  s_waitcnt lgkmcnt(0)
  s_barrier
  v_xor_b32 v[vTemp], 0x100, v[vTemp]
  ds_read_b32 v[vValue], v[vTemp]
  address_of vLane
  s_waitcnt lgkmcnt(0)
  flat_store_dword v[vAt : vAt + 1], v[vValue]
.Lleavers_end:
end_kernel machine_leavers, 1024

// Two groups take turns at Data[0]: group g waits for 2 * i + g and makes it one more, fifty times.
kernel machine_ping_pong
  s_mov_b64 exec, 1  // or a lane's store could follow the other group's answer to an earlier lane's
  address_of_dword 0
  s_mov_b32 s[sCount], s[sGroup]
.Lping_pong_wait:
  flat_load_dword v[vValue], v[vAt : vAt + 1] glc
  memory_done
  v_readfirstlane_b32 s[sTemp], v[vValue]
  s_cmp_eq_u32 s[sTemp], s[sCount]
  s_cbranch_scc0 .Lping_pong_wait
  v_add_u32 v[vValue], vcc, 1, v[vValue]
  flat_store_dword v[vAt : vAt + 1], v[vValue]
  memory_done
  s_add_u32 s[sCount], s[sCount], 2
  s_cmp_lt_u32 s[sCount], 100
  s_cbranch_scc1 .Lping_pong_wait
end_kernel machine_ping_pong

// A million turns of nothing.
kernel machine_spin
  s_mov_b32 s[sCount], 1000000
.Lspin:
  s_sub_u32 s[sCount], s[sCount], 1
  s_cmp_lg_u32 s[sCount], 0
  s_cbranch_scc1 .Lspin
end_kernel machine_spin

// Group g makes Data[g] turns; there is room for one on a CU.
kernel machine_turns
  s_lshl_b32 s[sTemp], s[sGroup], 2
  s_load_dword s[sCount], s[sData : sData + 1], s[sTemp]
  s_waitcnt lgkmcnt(0)
.Lturns:
  s_sub_u32 s[sCount], s[sCount], 1
  s_cmp_lg_u32 s[sCount], 0
  s_cbranch_scc1 .Lturns
end_kernel machine_turns, 65536

// Reads 2 KiB that Data[0:1] points to, a dword of each line.
kernel machine_follow
  s_load_dwordx2 s[sTemp : sTemp + 1], s[sData : sData + 1], 0
  s_waitcnt lgkmcnt(0)
  s_mov_b32 s[sCount], 0
.Lfollow:
  s_load_dword s[sSaved], s[sTemp : sTemp + 1], s[sCount]
  s_add_u32 s[sCount], s[sCount], 64
  s_cmp_lt_u32 s[sCount], 2048
  s_waitcnt lgkmcnt(0)
  s_cbranch_scc1 .Lfollow
end_kernel machine_follow

// Says in Data[1] that it runs; ends when Data[0] is not 0.
kernel machine_wait
  address_of_dword 1
  v_mov_b32 v[vValue], 1
  flat_store_dword v[vAt : vAt + 1], v[vValue]
  address_of_dword 0
.Lwait:
  flat_load_dword v[vValue], v[vAt : vAt + 1] glc
  memory_done
  v_readfirstlane_b32 s[sTemp], v[vValue]
  s_cmp_eq_u32 s[sTemp], 0
  s_cbranch_scc1 .Lwait
end_kernel machine_wait

// Lets machine_wait go.
kernel machine_release
  address_of_dword 0
  v_mov_b32 v[vValue], 1
  flat_store_dword v[vAt : vAt + 1], v[vValue]
end_kernel machine_release

// Every wave interrupts the host.
kernel machine_message
  s_sendmsg sendmsg(MSG_INTERRUPT)
end_kernel machine_message

// The bad accesses: the address is in Data[2:3].
.macro bad_address
  s_load_dwordx2 s[sTemp : sTemp + 1], s[sData : sData + 1], 0x8
  s_waitcnt lgkmcnt(0)
  v_mov_b32 v[vAt], s[sTemp]
  v_mov_b32 v[vAt + 1], s[sTemp + 1]
.endm
kernel machine_load
  bad_address
  flat_load_dwordx4 v[8:11], v[vAt : vAt + 1]
end_kernel machine_load
kernel machine_store
  bad_address
  flat_store_dwordx2 v[vAt : vAt + 1], v[8:9]
end_kernel machine_store
kernel machine_atomic
  bad_address
  flat_atomic_add v[vAt : vAt + 1], v[vLane]
end_kernel machine_atomic
kernel machine_scalar_load
  bad_address
  s_load_dwordx4 s[sTemp : sTemp + 3], s[sTemp : sTemp + 1], 0x0
end_kernel machine_scalar_load
kernel machine_buffer_load
  bad_address
  s_mov_b32 s[sTemp + 2], 0x1000
  s_mov_b32 s[sTemp + 3], 0x00024fac
  buffer_load_dword v[8], v[vLane], s[sTemp : sTemp + 3], 0 offen
end_kernel machine_buffer_load
kernel machine_jump
  bad_address
  s_setpc_b64 s[sTemp : sTemp + 1]
end_kernel machine_jump

// Reads Data[2:3] for ever, after it has said in Data[1] that it runs.
kernel machine_read_on
  address_of_dword 1
  v_mov_b32 v[vValue], 1
  flat_store_dword v[vAt : vAt + 1], v[vValue]
  bad_address
.Lread_on:
  flat_load_dword v[vValue], v[vAt : vAt + 1]
  s_branch .Lread_on
end_kernel machine_read_on

// Data[4 + ((z * sizes y) + y) * sizes x + x] += 1 for the work-item at (x, y, z) of the grid; the sizes of grid and
// group are 8-bit: Data[0] grid x, Data[1] grid y, Data[2] group x | y << 8 | z << 16.
kernel machine_grid
  s_load_dwordx4 s[sTemp : sTemp + 3], s[sData : sData + 1], 0x0
  s_waitcnt lgkmcnt(0)
  s_and_b32 s[20], s[sTemp + 2], 0xff
  s_mul_i32 s[20], s[20], s[sGroup]
  s_bfe_u32 s[21], s[sTemp + 2], 0x80008
  s_mul_i32 s[21], s[21], s[sGroup + 1]
  s_bfe_u32 s[22], s[sTemp + 2], 0x80010
  s_mul_i32 s[22], s[22], s[sGroup + 2]
  v_add_u32 v[8], vcc, s[20], v[vLane]
  v_add_u32 v[9], vcc, s[21], v[vLane + 1]
  v_add_u32 v[10], vcc, s[22], v[vLane + 2]
  v_mul_lo_u32 v[10], v[10], s[sTemp + 1]
  v_add_u32 v[9], vcc, v[9], v[10]
  v_mul_lo_u32 v[9], v[9], s[sTemp]
  v_add_u32 v[8], vcc, v[8], v[9]
  v_add_u32 v[8], vcc, 4, v[8]
  address_of 8
  v_mov_b32 v[vValue], 1
  flat_atomic_add v[vAt : vAt + 1], v[vValue]
end_kernel machine_grid, all_ids=1

// Two dwords of scratch per lane, written through the descriptor in Data[0:3] and read through the aperture, whose high
// half is Data[4]: Data[8 + 64 * group + lane] = 1000 * group + lane, and 7 more after the other way round.
kernel machine_scratch
  s_load_dwordx4 s[20:23], s[sData : sData + 1], 0x0
  s_load_dword s[24], s[sData : sData + 1], 0x10
  s_waitcnt lgkmcnt(0)
  s_mul_i32 s[25], s[sGroup], 1000
  v_add_u32 v[vValue], vcc, s[25], v[vLane]
  buffer_store_dword v[vValue], off, s[20:23], s[sGroup + 1] offset:12
  v_mov_b32 v[8], 12
  v_mov_b32 v[9], s[24]
  s_waitcnt vmcnt(0)
  flat_load_dword v[10], v[8:9]
  memory_done
  v_add_u32 v[10], vcc, 7, v[10]
  v_mov_b32 v[8], 16
  flat_store_dword v[8:9], v[10]
  memory_done
  buffer_load_dword v[10], v[8], s[20:23], s[sGroup + 1] offen
  s_lshl_b32 s[26], s[sGroup], 6
  v_add_u32 v[11], vcc, s[26], v[vLane]
  v_add_u32 v[11], vcc, 8, v[11]
  address_of 11
  s_waitcnt vmcnt(0)
  flat_store_dword v[vAt : vAt + 1], v[10]
end_kernel machine_scratch, scratch=1
