// For test_counters.cpp, which says what of it is counted, by hand. s[sData]: the address of 1 KiB of its memory.
.amdgcn_target "amdgcn-amd-amdhsa--gfx803"

.set sData,   0             // in: pair
.set sCount,  4
.set sBuffer, 8             // buffer resource
.set sLoaded, 12
.set vLane,   0             // in
.set vAt,     2             // pair: an address
.set vValue,  4
.set vLds,    5

.text
.p2align 8
.globl counted
.type counted, @function
counted:
  s_mov_b32 s[sBuffer], s[sData]                      // SALU 5
  s_mov_b32 s[sBuffer + 1], s[sData + 1]
  s_mov_b32 s[sBuffer + 2], 1024
  s_mov_b32 s[sBuffer + 3], 0x00027fac
  s_mov_b32 m0, -1
  s_load_dword s[sLoaded], s[sData:sData + 1], 0x0    // SMEM 2
  s_buffer_load_dword s[sLoaded + 1], s[sBuffer:sBuffer + 3], 0x4
  v_lshlrev_b32 v[vLds], 2, v[vLane]                  // VALU 5
  v_mov_b32 v[vAt + 1], s[sData + 1]
  v_add_u32 v[vAt], vcc, s[sData], v[vLds]
  v_addc_u32 v[vAt + 1], vcc, 0, v[vAt + 1], vcc
  v_mov_b32 v[vValue], 1.0
  s_mov_b32 s[sCount], 3                              // SALU 1
counted_loop:                                         // three times: VALU 2, SALU 2, branches 1
  v_rcp_f32 v[vValue], v[vValue]
  v_mac_f32 v[vValue], v[vValue], v[vValue]
  s_sub_u32 s[sCount], s[sCount], 1
  s_cmp_lg_u32 s[sCount], 0
  s_cbranch_scc1 counted_loop
  flat_load_dword v[vValue], v[vAt:vAt + 1]           // FLAT 5: load, load, store, atomic, atomic that returns
  flat_load_dwordx2 v[vValue + 4:vValue + 5], v[vAt:vAt + 1]
  s_waitcnt vmcnt(0) lgkmcnt(0)
  flat_store_dword v[vAt:vAt + 1], v[vValue]
  flat_atomic_add v[vAt:vAt + 1], v[vLane]
  flat_atomic_add v[vValue + 6], v[vAt:vAt + 1], v[vLane] glc
  buffer_load_dword v[vValue], v[vLds], s[sBuffer:sBuffer + 3], 0 offen    // buffers 3: load, store, atomic
  s_waitcnt vmcnt(0) lgkmcnt(0)
  buffer_store_dword v[vValue], v[vLds], s[sBuffer:sBuffer + 3], 0 offen
  buffer_atomic_umax v[vLane], v[vLds], s[sBuffer:sBuffer + 3], 0 offen
  ds_write_b32 v[vLds], v[vLane]                      // LDS 3 without conflict
  s_waitcnt lgkmcnt(0)
  ds_read_b32 v[vValue], v[vLds]
  ds_read2_b32 v[vValue + 4:vValue + 5], v[vLds] offset0:1 offset1:2
  v_lshlrev_b32 v[vValue + 1 + 8], 1, v[vLds]         // VALU 2
  v_lshlrev_b32 v[vValue + 2 + 8], 5, v[vLds]
  ds_read_b32 v[vValue], v[vValue + 1 + 8]            // LDS 2: two words in each bank of a half wave, 32 words in one
  ds_read_b32 v[vValue], v[vValue + 2 + 8]
  s_waitcnt vmcnt(0) lgkmcnt(0)
  s_cmp_eq_u32 s[sCount], 0                           // SALU 1
  s_cbranch_scc1 counted_end                          // branches 1
  v_mov_b32 v[vValue], 0                              // never
counted_end:
  s_sendmsg sendmsg(MSG_INTERRUPT)                    // messages 1
  s_endpgm
.size counted, . - counted

.rodata
.p2align 6
.amdhsa_kernel counted
  .amdhsa_user_sgpr_count 2
  .amdhsa_system_sgpr_workgroup_id_x 0
  .amdhsa_reserve_flat_scratch 0
  .amdhsa_group_segment_fixed_size 16384
  .amdhsa_next_free_sgpr 20
  .amdhsa_next_free_vgpr 16
.end_amdhsa_kernel
