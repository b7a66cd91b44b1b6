// debug_sum: out[lane] = 2 + 4 + 6 + ... + 2 * turns + lane, by a loop; two waves a group. For traces and breakpoints.
//   kernarg  out 0x00
.include "gcn.inc"
sregs sKernarg, 2, 2
sregs sGroup
sregs sTurn
sregs sOut, 2, 2
vregs vLane
vregs vSum
vregs vAt, 2
vregs vOne

kernel debug_sum
  s_load_dwordx2 s[sOut : sOut + 1], s[sKernarg : sKernarg + 1], 0x0
  s_mov_b32 s[sTurn], 3
  v_mov_b32 v[vSum], v[vLane]
  v_mov_b32 v[vOne], 1.0
debug_turn:
  s_lshl_b32 s[sGroup], s[sTurn], 1
  v_add_u32 v[vSum], vcc, s[sGroup], v[vSum]
  s_sub_u32 s[sTurn], s[sTurn], 1
  s_cmp_lg_u32 s[sTurn], 0
  s_cbranch_scc1 debug_turn
  v_lshlrev_b32 v[vAt], 2, v[vLane]
  s_mov_b32 m0, -1
  ds_write_b32 v[vAt], v[vSum] offset:16
  s_waitcnt lgkmcnt(0)
  v_mov_b32 v[vAt + 1], s[sOut + 1]
  v_add_u32 v[vAt], vcc, s[sOut], v[vAt]
  v_addc_u32 v[vAt + 1], vcc, 0, v[vAt + 1], vcc
  flat_store_dword v[vAt : vAt + 1], v[vSum]
  s_endpgm
end_kernel debug_sum, 128, 1024, 8
