// The instructions that `make check` compares with LLVM beside those of the kernels. First one line per row of
// isa/insts.def, in its order; then what operands, modifiers and second dwords can be. LLVM says what the words are.

// Program flow and messages. Branch targets count dwords from the next instruction.
s_nop                      3
s_endpgm
s_branch                   3
s_wakeup
s_cbranch_scc0             3
s_cbranch_scc1             3
s_cbranch_vccz             3
s_cbranch_vccnz            3
s_cbranch_execz            3
s_cbranch_execnz           3
s_barrier
s_setkill                  3
s_waitcnt                  vmcnt(0)
s_sethalt                  3
s_sleep                    3
s_setprio                  3
s_sendmsg                  sendmsg(MSG_INTERRUPT)
s_sendmsghalt              sendmsg(MSG_INTERRUPT)
s_trap                     3
s_icache_inv
s_incperflevel             3
s_decperflevel             3
s_ttracedata
s_cbranch_cdbgsys          3
s_cbranch_cdbguser         3
s_cbranch_cdbgsys_or_user  3
s_cbranch_cdbgsys_and_user 3
s_endpgm_saved
s_set_gpr_idx_off
s_set_gpr_idx_mode         gpr_idx(SRC0,DST)

// Scalar, one source.
s_mov_b32                  s20, s24
s_mov_b64                  s[20:21], s[24:25]
s_cmov_b32                 s20, s24
s_cmov_b64                 s[20:21], s[24:25]
s_not_b32                  s20, s24
s_not_b64                  s[20:21], s[24:25]
s_wqm_b32                  s20, s24
s_wqm_b64                  s[20:21], s[24:25]
s_brev_b32                 s20, s24
s_brev_b64                 s[20:21], s[24:25]
s_bcnt0_i32_b32            s20, s24
s_bcnt0_i32_b64            s20, s[24:25]
s_bcnt1_i32_b32            s20, s24
s_bcnt1_i32_b64            s20, s[24:25]
s_ff0_i32_b32              s20, s24
s_ff0_i32_b64              s20, s[24:25]
s_ff1_i32_b32              s20, s24
s_ff1_i32_b64              s20, s[24:25]
s_flbit_i32_b32            s20, s24
s_flbit_i32_b64            s20, s[24:25]
s_flbit_i32                s20, s24
s_flbit_i32_i64            s20, s[24:25]
s_sext_i32_i8              s20, s24
s_sext_i32_i16             s20, s24
s_bitset0_b32              s20, s24
s_bitset1_b32              s20, s24
s_bitset0_b64              s[20:21], s24
s_bitset1_b64              s[20:21], s24
s_getpc_b64                s[20:21]
s_setpc_b64                s[24:25]
s_swappc_b64               s[20:21], s[24:25]
s_rfe_b64                  s[24:25]
s_and_saveexec_b64         s[20:21], s[24:25]
s_or_saveexec_b64          s[20:21], s[24:25]
s_xor_saveexec_b64         s[20:21], s[24:25]
s_andn2_saveexec_b64       s[20:21], s[24:25]
s_orn2_saveexec_b64        s[20:21], s[24:25]
s_nand_saveexec_b64        s[20:21], s[24:25]
s_nor_saveexec_b64         s[20:21], s[24:25]
s_xnor_saveexec_b64        s[20:21], s[24:25]
s_quadmask_b32             s20, s24
s_quadmask_b64             s[20:21], s[24:25]
s_movrels_b32              s20, s24
s_movrels_b64              s[20:21], s[24:25]
s_movreld_b32              s20, s24
s_movreld_b64              s[20:21], s[24:25]
s_cbranch_join             s24
s_abs_i32                  s20, s24
s_set_gpr_idx_idx          s24

// Scalar, two sources.
s_add_u32                  s20, s24, s28
s_sub_u32                  s20, s24, s28
s_add_i32                  s20, s24, s28
s_sub_i32                  s20, s24, s28
s_addc_u32                 s20, s24, s28
s_subb_u32                 s20, s24, s28
s_min_i32                  s20, s24, s28
s_min_u32                  s20, s24, s28
s_max_i32                  s20, s24, s28
s_max_u32                  s20, s24, s28
s_cselect_b32              s20, s24, s28
s_cselect_b64              s[20:21], s[24:25], s[28:29]
s_and_b32                  s20, s24, s28
s_and_b64                  s[20:21], s[24:25], s[28:29]
s_or_b32                   s20, s24, s28
s_or_b64                   s[20:21], s[24:25], s[28:29]
s_xor_b32                  s20, s24, s28
s_xor_b64                  s[20:21], s[24:25], s[28:29]
s_andn2_b32                s20, s24, s28
s_andn2_b64                s[20:21], s[24:25], s[28:29]
s_orn2_b32                 s20, s24, s28
s_orn2_b64                 s[20:21], s[24:25], s[28:29]
s_nand_b32                 s20, s24, s28
s_nand_b64                 s[20:21], s[24:25], s[28:29]
s_nor_b32                  s20, s24, s28
s_nor_b64                  s[20:21], s[24:25], s[28:29]
s_xnor_b32                 s20, s24, s28
s_xnor_b64                 s[20:21], s[24:25], s[28:29]
s_lshl_b32                 s20, s24, s28
s_lshl_b64                 s[20:21], s[24:25], s28
s_lshr_b32                 s20, s24, s28
s_lshr_b64                 s[20:21], s[24:25], s28
s_ashr_i32                 s20, s24, s28
s_ashr_i64                 s[20:21], s[24:25], s28
s_bfm_b32                  s20, s24, s28
s_bfm_b64                  s[20:21], s24, s28
s_mul_i32                  s20, s24, s28
s_bfe_u32                  s20, s24, s28
s_bfe_i32                  s20, s24, s28
s_bfe_u64                  s[20:21], s[24:25], s28
s_bfe_i64                  s[20:21], s[24:25], s28
s_cbranch_g_fork           s[24:25], s[28:29]
s_absdiff_i32              s20, s24, s28
s_rfe_restore_b64          s[24:25], s28

// Scalar with a 16-bit constant. s_cmpk and s_setreg read the register that field d names.
s_movk_i32                 s20, 0x1234
s_cmovk_i32                s20, 0x1234
s_cmpk_eq_i32              s20, 0x1234
s_cmpk_lg_i32              s20, 0x1234
s_cmpk_gt_i32              s20, 0x1234
s_cmpk_ge_i32              s20, 0x1234
s_cmpk_lt_i32              s20, 0x1234
s_cmpk_le_i32              s20, 0x1234
s_cmpk_eq_u32              s20, 0x1234
s_cmpk_lg_u32              s20, 0x1234
s_cmpk_gt_u32              s20, 0x1234
s_cmpk_ge_u32              s20, 0x1234
s_cmpk_lt_u32              s20, 0x1234
s_cmpk_le_u32              s20, 0x1234
s_addk_i32                 s20, 0x1234
s_mulk_i32                 s20, 0x1234
s_cbranch_i_fork           s[20:21], 3
s_getreg_b32               s20, hwreg(HW_REG_MODE, 0, 4)
s_setreg_b32               hwreg(HW_REG_MODE, 0, 4), s20
s_setreg_imm32_b32         hwreg(HW_REG_MODE, 4, 4), 0xf0

// Scalar comparisons.
s_cmp_eq_i32               s24, s28
s_cmp_lg_i32               s24, s28
s_cmp_gt_i32               s24, s28
s_cmp_ge_i32               s24, s28
s_cmp_lt_i32               s24, s28
s_cmp_le_i32               s24, s28
s_cmp_eq_u32               s24, s28
s_cmp_lg_u32               s24, s28
s_cmp_gt_u32               s24, s28
s_cmp_ge_u32               s24, s28
s_cmp_lt_u32               s24, s28
s_cmp_le_u32               s24, s28
s_bitcmp0_b32              s24, s28
s_bitcmp1_b32              s24, s28
s_bitcmp0_b64              s[24:25], s28
s_bitcmp1_b64              s[24:25], s28
s_setvskip                 s24, s28
s_set_gpr_idx_on           s24, gpr_idx(SRC0,SRC1)
s_cmp_eq_u64               s[24:25], s[28:29]
s_cmp_lg_u64               s[24:25], s[28:29]

// Scalar memory. s_load: the address is 64 bits; s_buffer_load: a 128-bit descriptor.
s_load_dword               s20, s[8:9], 0x10
s_load_dwordx2             s[20:21], s[8:9], 0x10
s_load_dwordx4             s[20:23], s[8:9], 0x10
s_load_dwordx8             s[20:27], s[8:9], 0x10
s_load_dwordx16            s[20:35], s[8:9], 0x10
s_buffer_load_dword        s20, s[8:11], 0x10
s_buffer_load_dwordx2      s[20:21], s[8:11], 0x10
s_buffer_load_dwordx4      s[20:23], s[8:11], 0x10
s_buffer_load_dwordx8      s[20:27], s[8:11], 0x10
s_buffer_load_dwordx16     s[20:35], s[8:11], 0x10
s_store_dword              s20, s[8:9], 0x10
s_store_dwordx2            s[20:21], s[8:9], 0x10
s_store_dwordx4            s[20:23], s[8:9], 0x10
s_buffer_store_dword       s20, s[8:11], 0x10
s_buffer_store_dwordx2     s[20:21], s[8:11], 0x10
s_buffer_store_dwordx4     s[20:23], s[8:11], 0x10
s_dcache_inv
s_dcache_wb
s_dcache_inv_vol
s_dcache_wb_vol
s_memtime                  s[20:21]
s_memrealtime              s[20:21]
s_atc_probe                3, s[8:9], 0x10
s_atc_probe_buffer         3, s[8:11], 0x10

// Vector, one source: moves, bits, lanes.
v_nop
v_clrexcp
v_mov_b32                  v20, v24
v_readfirstlane_b32        s20, v24
v_movreld_b32              v20, v24
v_movrels_b32              v20, v24
v_movrelsd_b32             v20, v24
v_not_b32                  v20, v24
v_bfrev_b32                v20, v24
v_ffbh_u32                 v20, v24
v_ffbl_b32                 v20, v24
v_ffbh_i32                 v20, v24

// Vector conversions.
v_cvt_f32_i32              v20, v24
v_cvt_f32_u32              v20, v24
v_cvt_u32_f32              v20, v24
v_cvt_i32_f32              v20, v24
v_cvt_rpi_i32_f32          v20, v24
v_cvt_flr_i32_f32          v20, v24
v_cvt_f16_f32              v20, v24
v_cvt_f32_f16              v20, v24
v_cvt_f32_ubyte0           v20, v24
v_cvt_f32_ubyte1           v20, v24
v_cvt_f32_ubyte2           v20, v24
v_cvt_f32_ubyte3           v20, v24
v_cvt_off_f32_i4           v20, v24
v_cvt_f16_u16              v20, v24
v_cvt_f16_i16              v20, v24
v_cvt_u16_f16              v20, v24
v_cvt_i16_f16              v20, v24
v_cvt_f64_f32              v[20:21], v24
v_cvt_f32_f64              v20, v[24:25]
v_cvt_f64_i32              v[20:21], v24
v_cvt_f64_u32              v[20:21], v24
v_cvt_i32_f64              v20, v[24:25]
v_cvt_u32_f64              v20, v[24:25]
v_cvt_pkrtz_f16_f32        v20, v24, v28
v_cvt_pknorm_i16_f32       v20, v24, v28
v_cvt_pknorm_u16_f32       v20, v24, v28
v_cvt_pk_u16_u32           v20, v24, v28
v_cvt_pk_i16_i32           v20, v24, v28
v_cvt_pk_u8_f32            v20, v24, v28, v32
v_cvt_pkaccum_u8_f32       v20, v24, v28

// Vector f32, one source.
v_fract_f32                v20, v24
v_trunc_f32                v20, v24
v_ceil_f32                 v20, v24
v_rndne_f32                v20, v24
v_floor_f32                v20, v24
v_exp_f32                  v20, v24
v_log_f32                  v20, v24
v_exp_legacy_f32           v20, v24
v_log_legacy_f32           v20, v24
v_rcp_f32                  v20, v24
v_rcp_iflag_f32            v20, v24
v_rsq_f32                  v20, v24
v_sqrt_f32                 v20, v24
v_sin_f32                  v20, v24
v_cos_f32                  v20, v24
v_frexp_exp_i32_f32        v20, v24
v_frexp_mant_f32           v20, v24

// Vector f32, two and three sources. mac, mad, madmk, madak round the product; fma does not.
v_add_f32                  v20, v24, v28
v_sub_f32                  v20, v24, v28
v_subrev_f32               v20, v24, v28
v_mul_legacy_f32           v20, v24, v28
v_mul_f32                  v20, v24, v28
v_min_f32                  v20, v24, v28
v_max_f32                  v20, v24, v28
v_mac_f32                  v20, v24, v28
v_madmk_f32                v20, v24, 0x11213141, v28
v_madak_f32                v20, v24, v28, 0x11213141
v_mad_legacy_f32           v20, v24, v28, v32
v_mad_f32                  v20, v24, v28, v32
v_fma_f32                  v20, v24, v28, v32
v_min3_f32                 v20, v24, v28, v32
v_max3_f32                 v20, v24, v28, v32
v_med3_f32                 v20, v24, v28, v32
v_ldexp_f32                v20, v24, v28
v_div_scale_f32            v20, vcc, v24, v28, v32
v_div_fmas_f32             v20, v24, v28, v32
v_div_fixup_f32            v20, v24, v28, v32
v_cubeid_f32               v20, v24, v28, v32
v_cubesc_f32               v20, v24, v28, v32
v_cubetc_f32               v20, v24, v28, v32
v_cubema_f32               v20, v24, v28, v32

// Vector f64.
v_fract_f64                v[20:21], v[24:25]
v_trunc_f64                v[20:21], v[24:25]
v_ceil_f64                 v[20:21], v[24:25]
v_rndne_f64                v[20:21], v[24:25]
v_floor_f64                v[20:21], v[24:25]
v_rcp_f64                  v[20:21], v[24:25]
v_rsq_f64                  v[20:21], v[24:25]
v_sqrt_f64                 v[20:21], v[24:25]
v_frexp_exp_i32_f64        v20, v[24:25]
v_frexp_mant_f64           v[20:21], v[24:25]
v_add_f64                  v[20:21], v[24:25], v[28:29]
v_mul_f64                  v[20:21], v[24:25], v[28:29]
v_min_f64                  v[20:21], v[24:25], v[28:29]
v_max_f64                  v[20:21], v[24:25], v[28:29]
v_ldexp_f64                v[20:21], v[24:25], v28
v_trig_preop_f64           v[20:21], v[24:25], v28
v_fma_f64                  v[20:21], v[24:25], v[28:29], v[32:33]
v_div_scale_f64            v[20:21], vcc, v[24:25], v[28:29], v[32:33]
v_div_fmas_f64             v[20:21], v[24:25], v[28:29], v[32:33]
v_div_fixup_f64            v[20:21], v[24:25], v[28:29], v[32:33]

// Vector f16.
v_fract_f16                v20, v24
v_trunc_f16                v20, v24
v_ceil_f16                 v20, v24
v_rndne_f16                v20, v24
v_floor_f16                v20, v24
v_rcp_f16                  v20, v24
v_sqrt_f16                 v20, v24
v_rsq_f16                  v20, v24
v_log_f16                  v20, v24
v_exp_f16                  v20, v24
v_sin_f16                  v20, v24
v_cos_f16                  v20, v24
v_frexp_exp_i16_f16        v20, v24
v_frexp_mant_f16           v20, v24
v_add_f16                  v20, v24, v28
v_sub_f16                  v20, v24, v28
v_subrev_f16               v20, v24, v28
v_mul_f16                  v20, v24, v28
v_min_f16                  v20, v24, v28
v_max_f16                  v20, v24, v28
v_mac_f16                  v20, v24, v28
v_madmk_f16                v20, v24, 0x1121, v28
v_madak_f16                v20, v24, v28, 0x1121
v_ldexp_f16                v20, v24, v28
v_mad_f16                  v20, v24, v28, v32
v_fma_f16                  v20, v24, v28, v32
v_div_fixup_f16            v20, v24, v28, v32

// Vector integers, 32 bits. add, sub, addc, subb carry: VCC in 32 bits, field q in VOP3B.
v_cndmask_b32              v20, v24, v28, vcc
v_add_u32                  v20, vcc, v24, v28
v_sub_u32                  v20, vcc, v24, v28
v_subrev_u32               v20, vcc, v24, v28
v_addc_u32                 v20, vcc, v24, v28, vcc
v_subb_u32                 v20, vcc, v24, v28, vcc
v_subbrev_u32              v20, vcc, v24, v28, vcc
v_mul_i32_i24              v20, v24, v28
v_mul_hi_i32_i24           v20, v24, v28
v_mul_u32_u24              v20, v24, v28
v_mul_hi_u32_u24           v20, v24, v28
v_min_i32                  v20, v24, v28
v_max_i32                  v20, v24, v28
v_min_u32                  v20, v24, v28
v_max_u32                  v20, v24, v28
v_lshlrev_b32              v20, v24, v28
v_lshrrev_b32              v20, v24, v28
v_ashrrev_i32              v20, v24, v28
v_and_b32                  v20, v24, v28
v_or_b32                   v20, v24, v28
v_xor_b32                  v20, v24, v28
v_mul_lo_u32               v20, v24, v28
v_mul_hi_u32               v20, v24, v28
v_mul_hi_i32               v20, v24, v28
v_mad_i32_i24              v20, v24, v28, v32
v_mad_u32_u24              v20, v24, v28, v32
v_bfe_u32                  v20, v24, v28, v32
v_bfe_i32                  v20, v24, v28, v32
v_bfi_b32                  v20, v24, v28, v32
v_alignbit_b32             v20, v24, v28, v32
v_alignbyte_b32            v20, v24, v28, v32
v_perm_b32                 v20, v24, v28, v32
v_lerp_u8                  v20, v24, v28, v32
v_sad_u32                  v20, v24, v28, v32
v_sad_u8                   v20, v24, v28, v32
v_sad_hi_u8                v20, v24, v28, v32
v_sad_u16                  v20, v24, v28, v32
v_msad_u8                  v20, v24, v28, v32
v_qsad_pk_u16_u8           v[20:21], v[24:25], v28, v[32:33]
v_mqsad_pk_u16_u8          v[20:21], v[24:25], v28, v[32:33]
v_mqsad_u32_u8             v[20:23], v[24:25], v28, v[32:35]
v_min3_i32                 v20, v24, v28, v32
v_max3_i32                 v20, v24, v28, v32
v_med3_i32                 v20, v24, v28, v32
v_min3_u32                 v20, v24, v28, v32
v_max3_u32                 v20, v24, v28, v32
v_med3_u32                 v20, v24, v28, v32
v_bfm_b32                  v20, v24, v28
v_bcnt_u32_b32             v20, v24, v28
v_mbcnt_lo_u32_b32         v20, v24, v28
v_mbcnt_hi_u32_b32         v20, v24, v28

// Vector integers, 64 bits.
v_mad_u64_u32              v[20:21], vcc, v24, v28, v[32:33]
v_mad_i64_i32              v[20:21], vcc, v24, v28, v[32:33]
v_lshlrev_b64              v[20:21], v24, v[28:29]
v_lshrrev_b64              v[20:21], v24, v[28:29]
v_ashrrev_i64              v[20:21], v24, v[28:29]

// Vector integers, 16 bits: the high half of the destination becomes 0.
v_add_u16                  v20, v24, v28
v_sub_u16                  v20, v24, v28
v_subrev_u16               v20, v24, v28
v_mul_lo_u16               v20, v24, v28
v_lshlrev_b16              v20, v24, v28
v_lshrrev_b16              v20, v24, v28
v_ashrrev_i16              v20, v24, v28
v_max_u16                  v20, v24, v28
v_min_u16                  v20, v24, v28
v_max_i16                  v20, v24, v28
v_min_i16                  v20, v24, v28
v_mad_u16                  v20, v24, v28, v32
v_mad_i16                  v20, v24, v28, v32

// Vector lanes to scalars and back; they ignore EXEC. v_readlane and v_readfirstlane write a scalar register.
v_readlane_b32             s20, v24, s28
v_writelane_b32            v20, s24, 3

// Vector comparisons. v_cmpx writes its result to EXEC as well.
v_cmp_class_f16            vcc, v24, v28
v_cmpx_class_f16           vcc, v24, v28
v_cmp_class_f32            vcc, v24, v28
v_cmpx_class_f32           vcc, v24, v28
v_cmp_class_f64            vcc, v[24:25], v28
v_cmpx_class_f64           vcc, v[24:25], v28
v_cmp_f_f16                vcc, v24, v28
v_cmp_lt_f16               vcc, v24, v28
v_cmp_eq_f16               vcc, v24, v28
v_cmp_le_f16               vcc, v24, v28
v_cmp_gt_f16               vcc, v24, v28
v_cmp_lg_f16               vcc, v24, v28
v_cmp_ge_f16               vcc, v24, v28
v_cmp_o_f16                vcc, v24, v28
v_cmp_u_f16                vcc, v24, v28
v_cmp_nge_f16              vcc, v24, v28
v_cmp_nlg_f16              vcc, v24, v28
v_cmp_ngt_f16              vcc, v24, v28
v_cmp_nle_f16              vcc, v24, v28
v_cmp_neq_f16              vcc, v24, v28
v_cmp_nlt_f16              vcc, v24, v28
v_cmp_tru_f16              vcc, v24, v28
v_cmpx_f_f16               vcc, v24, v28
v_cmpx_lt_f16              vcc, v24, v28
v_cmpx_eq_f16              vcc, v24, v28
v_cmpx_le_f16              vcc, v24, v28
v_cmpx_gt_f16              vcc, v24, v28
v_cmpx_lg_f16              vcc, v24, v28
v_cmpx_ge_f16              vcc, v24, v28
v_cmpx_o_f16               vcc, v24, v28
v_cmpx_u_f16               vcc, v24, v28
v_cmpx_nge_f16             vcc, v24, v28
v_cmpx_nlg_f16             vcc, v24, v28
v_cmpx_ngt_f16             vcc, v24, v28
v_cmpx_nle_f16             vcc, v24, v28
v_cmpx_neq_f16             vcc, v24, v28
v_cmpx_nlt_f16             vcc, v24, v28
v_cmpx_tru_f16             vcc, v24, v28
v_cmp_f_f32                vcc, v24, v28
v_cmp_lt_f32               vcc, v24, v28
v_cmp_eq_f32               vcc, v24, v28
v_cmp_le_f32               vcc, v24, v28
v_cmp_gt_f32               vcc, v24, v28
v_cmp_lg_f32               vcc, v24, v28
v_cmp_ge_f32               vcc, v24, v28
v_cmp_o_f32                vcc, v24, v28
v_cmp_u_f32                vcc, v24, v28
v_cmp_nge_f32              vcc, v24, v28
v_cmp_nlg_f32              vcc, v24, v28
v_cmp_ngt_f32              vcc, v24, v28
v_cmp_nle_f32              vcc, v24, v28
v_cmp_neq_f32              vcc, v24, v28
v_cmp_nlt_f32              vcc, v24, v28
v_cmp_tru_f32              vcc, v24, v28
v_cmpx_f_f32               vcc, v24, v28
v_cmpx_lt_f32              vcc, v24, v28
v_cmpx_eq_f32              vcc, v24, v28
v_cmpx_le_f32              vcc, v24, v28
v_cmpx_gt_f32              vcc, v24, v28
v_cmpx_lg_f32              vcc, v24, v28
v_cmpx_ge_f32              vcc, v24, v28
v_cmpx_o_f32               vcc, v24, v28
v_cmpx_u_f32               vcc, v24, v28
v_cmpx_nge_f32             vcc, v24, v28
v_cmpx_nlg_f32             vcc, v24, v28
v_cmpx_ngt_f32             vcc, v24, v28
v_cmpx_nle_f32             vcc, v24, v28
v_cmpx_neq_f32             vcc, v24, v28
v_cmpx_nlt_f32             vcc, v24, v28
v_cmpx_tru_f32             vcc, v24, v28
v_cmp_f_f64                vcc, v[24:25], v[28:29]
v_cmp_lt_f64               vcc, v[24:25], v[28:29]
v_cmp_eq_f64               vcc, v[24:25], v[28:29]
v_cmp_le_f64               vcc, v[24:25], v[28:29]
v_cmp_gt_f64               vcc, v[24:25], v[28:29]
v_cmp_lg_f64               vcc, v[24:25], v[28:29]
v_cmp_ge_f64               vcc, v[24:25], v[28:29]
v_cmp_o_f64                vcc, v[24:25], v[28:29]
v_cmp_u_f64                vcc, v[24:25], v[28:29]
v_cmp_nge_f64              vcc, v[24:25], v[28:29]
v_cmp_nlg_f64              vcc, v[24:25], v[28:29]
v_cmp_ngt_f64              vcc, v[24:25], v[28:29]
v_cmp_nle_f64              vcc, v[24:25], v[28:29]
v_cmp_neq_f64              vcc, v[24:25], v[28:29]
v_cmp_nlt_f64              vcc, v[24:25], v[28:29]
v_cmp_tru_f64              vcc, v[24:25], v[28:29]
v_cmpx_f_f64               vcc, v[24:25], v[28:29]
v_cmpx_lt_f64              vcc, v[24:25], v[28:29]
v_cmpx_eq_f64              vcc, v[24:25], v[28:29]
v_cmpx_le_f64              vcc, v[24:25], v[28:29]
v_cmpx_gt_f64              vcc, v[24:25], v[28:29]
v_cmpx_lg_f64              vcc, v[24:25], v[28:29]
v_cmpx_ge_f64              vcc, v[24:25], v[28:29]
v_cmpx_o_f64               vcc, v[24:25], v[28:29]
v_cmpx_u_f64               vcc, v[24:25], v[28:29]
v_cmpx_nge_f64             vcc, v[24:25], v[28:29]
v_cmpx_nlg_f64             vcc, v[24:25], v[28:29]
v_cmpx_ngt_f64             vcc, v[24:25], v[28:29]
v_cmpx_nle_f64             vcc, v[24:25], v[28:29]
v_cmpx_neq_f64             vcc, v[24:25], v[28:29]
v_cmpx_nlt_f64             vcc, v[24:25], v[28:29]
v_cmpx_tru_f64             vcc, v[24:25], v[28:29]
v_cmp_f_i16                vcc, v24, v28
v_cmp_lt_i16               vcc, v24, v28
v_cmp_eq_i16               vcc, v24, v28
v_cmp_le_i16               vcc, v24, v28
v_cmp_gt_i16               vcc, v24, v28
v_cmp_ne_i16               vcc, v24, v28
v_cmp_ge_i16               vcc, v24, v28
v_cmp_t_i16                vcc, v24, v28
v_cmpx_f_i16               vcc, v24, v28
v_cmpx_lt_i16              vcc, v24, v28
v_cmpx_eq_i16              vcc, v24, v28
v_cmpx_le_i16              vcc, v24, v28
v_cmpx_gt_i16              vcc, v24, v28
v_cmpx_ne_i16              vcc, v24, v28
v_cmpx_ge_i16              vcc, v24, v28
v_cmpx_t_i16               vcc, v24, v28
v_cmp_f_u16                vcc, v24, v28
v_cmp_lt_u16               vcc, v24, v28
v_cmp_eq_u16               vcc, v24, v28
v_cmp_le_u16               vcc, v24, v28
v_cmp_gt_u16               vcc, v24, v28
v_cmp_ne_u16               vcc, v24, v28
v_cmp_ge_u16               vcc, v24, v28
v_cmp_t_u16                vcc, v24, v28
v_cmpx_f_u16               vcc, v24, v28
v_cmpx_lt_u16              vcc, v24, v28
v_cmpx_eq_u16              vcc, v24, v28
v_cmpx_le_u16              vcc, v24, v28
v_cmpx_gt_u16              vcc, v24, v28
v_cmpx_ne_u16              vcc, v24, v28
v_cmpx_ge_u16              vcc, v24, v28
v_cmpx_t_u16               vcc, v24, v28
v_cmp_f_i32                vcc, v24, v28
v_cmp_lt_i32               vcc, v24, v28
v_cmp_eq_i32               vcc, v24, v28
v_cmp_le_i32               vcc, v24, v28
v_cmp_gt_i32               vcc, v24, v28
v_cmp_ne_i32               vcc, v24, v28
v_cmp_ge_i32               vcc, v24, v28
v_cmp_t_i32                vcc, v24, v28
v_cmpx_f_i32               vcc, v24, v28
v_cmpx_lt_i32              vcc, v24, v28
v_cmpx_eq_i32              vcc, v24, v28
v_cmpx_le_i32              vcc, v24, v28
v_cmpx_gt_i32              vcc, v24, v28
v_cmpx_ne_i32              vcc, v24, v28
v_cmpx_ge_i32              vcc, v24, v28
v_cmpx_t_i32               vcc, v24, v28
v_cmp_f_u32                vcc, v24, v28
v_cmp_lt_u32               vcc, v24, v28
v_cmp_eq_u32               vcc, v24, v28
v_cmp_le_u32               vcc, v24, v28
v_cmp_gt_u32               vcc, v24, v28
v_cmp_ne_u32               vcc, v24, v28
v_cmp_ge_u32               vcc, v24, v28
v_cmp_t_u32                vcc, v24, v28
v_cmpx_f_u32               vcc, v24, v28
v_cmpx_lt_u32              vcc, v24, v28
v_cmpx_eq_u32              vcc, v24, v28
v_cmpx_le_u32              vcc, v24, v28
v_cmpx_gt_u32              vcc, v24, v28
v_cmpx_ne_u32              vcc, v24, v28
v_cmpx_ge_u32              vcc, v24, v28
v_cmpx_t_u32               vcc, v24, v28
v_cmp_f_i64                vcc, v[24:25], v[28:29]
v_cmp_lt_i64               vcc, v[24:25], v[28:29]
v_cmp_eq_i64               vcc, v[24:25], v[28:29]
v_cmp_le_i64               vcc, v[24:25], v[28:29]
v_cmp_gt_i64               vcc, v[24:25], v[28:29]
v_cmp_ne_i64               vcc, v[24:25], v[28:29]
v_cmp_ge_i64               vcc, v[24:25], v[28:29]
v_cmp_t_i64                vcc, v[24:25], v[28:29]
v_cmpx_f_i64               vcc, v[24:25], v[28:29]
v_cmpx_lt_i64              vcc, v[24:25], v[28:29]
v_cmpx_eq_i64              vcc, v[24:25], v[28:29]
v_cmpx_le_i64              vcc, v[24:25], v[28:29]
v_cmpx_gt_i64              vcc, v[24:25], v[28:29]
v_cmpx_ne_i64              vcc, v[24:25], v[28:29]
v_cmpx_ge_i64              vcc, v[24:25], v[28:29]
v_cmpx_t_i64               vcc, v[24:25], v[28:29]
v_cmp_f_u64                vcc, v[24:25], v[28:29]
v_cmp_lt_u64               vcc, v[24:25], v[28:29]
v_cmp_eq_u64               vcc, v[24:25], v[28:29]
v_cmp_le_u64               vcc, v[24:25], v[28:29]
v_cmp_gt_u64               vcc, v[24:25], v[28:29]
v_cmp_ne_u64               vcc, v[24:25], v[28:29]
v_cmp_ge_u64               vcc, v[24:25], v[28:29]
v_cmp_t_u64                vcc, v[24:25], v[28:29]
v_cmpx_f_u64               vcc, v[24:25], v[28:29]
v_cmpx_lt_u64              vcc, v[24:25], v[28:29]
v_cmpx_eq_u64              vcc, v[24:25], v[28:29]
v_cmpx_le_u64              vcc, v[24:25], v[28:29]
v_cmpx_gt_u64              vcc, v[24:25], v[28:29]
v_cmpx_ne_u64              vcc, v[24:25], v[28:29]
v_cmpx_ge_u64              vcc, v[24:25], v[28:29]
v_cmpx_t_u64               vcc, v[24:25], v[28:29]

// Local memory: writes and reads. read2 and write2 address two elements.
ds_write_b8                v1, v24 offset:64
ds_write_b16               v1, v24 offset:64
ds_write_b32               v1, v24 offset:64
ds_write_b64               v1, v[24:25] offset:64
ds_write_b96               v1, v[24:26] offset:64
ds_write_b128              v1, v[24:27] offset:64
ds_write2_b32              v1, v24, v28 offset0:4 offset1:8
ds_write2st64_b32          v1, v24, v28 offset0:4 offset1:8
ds_write2_b64              v1, v[24:25], v[28:29] offset0:4 offset1:8
ds_write2st64_b64          v1, v[24:25], v[28:29] offset0:4 offset1:8
ds_read_u8                 v20, v1 offset:64
ds_read_u16                v20, v1 offset:64
ds_read_b32                v20, v1 offset:64
ds_read_i8                 v20, v1 offset:64
ds_read_i16                v20, v1 offset:64
ds_read_b64                v[20:21], v1 offset:64
ds_read_b96                v[20:22], v1 offset:64
ds_read_b128               v[20:23], v1 offset:64
ds_read2_b32               v[20:21], v1 offset0:4 offset1:8
ds_read2st64_b32           v[20:21], v1 offset0:4 offset1:8
ds_read2_b64               v[20:23], v1 offset0:4 offset1:8
ds_read2st64_b64           v[20:23], v1 offset0:4 offset1:8

// Local memory: atomics; the rtn form returns the old value. cmpst: a is compared with, b is stored.
ds_add_u32                 v1, v24 offset:64
ds_sub_u32                 v1, v24 offset:64
ds_rsub_u32                v1, v24 offset:64
ds_inc_u32                 v1, v24 offset:64
ds_dec_u32                 v1, v24 offset:64
ds_min_i32                 v1, v24 offset:64
ds_max_i32                 v1, v24 offset:64
ds_min_u32                 v1, v24 offset:64
ds_max_u32                 v1, v24 offset:64
ds_and_b32                 v1, v24 offset:64
ds_or_b32                  v1, v24 offset:64
ds_xor_b32                 v1, v24 offset:64
ds_mskor_b32               v1, v24, v28 offset:64
ds_cmpst_b32               v1, v24, v28 offset:64
ds_cmpst_f32               v1, v24, v28 offset:64
ds_min_f32                 v1, v24 offset:64
ds_max_f32                 v1, v24 offset:64
ds_add_f32                 v1, v24 offset:64
ds_add_rtn_u32             v20, v1, v24 offset:64
ds_sub_rtn_u32             v20, v1, v24 offset:64
ds_rsub_rtn_u32            v20, v1, v24 offset:64
ds_inc_rtn_u32             v20, v1, v24 offset:64
ds_dec_rtn_u32             v20, v1, v24 offset:64
ds_min_rtn_i32             v20, v1, v24 offset:64
ds_max_rtn_i32             v20, v1, v24 offset:64
ds_min_rtn_u32             v20, v1, v24 offset:64
ds_max_rtn_u32             v20, v1, v24 offset:64
ds_and_rtn_b32             v20, v1, v24 offset:64
ds_or_rtn_b32              v20, v1, v24 offset:64
ds_xor_rtn_b32             v20, v1, v24 offset:64
ds_mskor_rtn_b32           v20, v1, v24, v28 offset:64
ds_wrxchg_rtn_b32          v20, v1, v24 offset:64
ds_wrxchg2_rtn_b32         v[20:21], v1, v24, v28 offset0:4 offset1:8
ds_wrxchg2st64_rtn_b32     v[20:21], v1, v24, v28 offset0:4 offset1:8
ds_cmpst_rtn_b32           v20, v1, v24, v28 offset:64
ds_cmpst_rtn_f32           v20, v1, v24, v28 offset:64
ds_min_rtn_f32             v20, v1, v24 offset:64
ds_max_rtn_f32             v20, v1, v24 offset:64
ds_wrap_rtn_b32            v20, v1, v24, v28 offset:64
ds_add_rtn_f32             v20, v1, v24 offset:64
ds_add_u64                 v1, v[24:25] offset:64
ds_sub_u64                 v1, v[24:25] offset:64
ds_rsub_u64                v1, v[24:25] offset:64
ds_inc_u64                 v1, v[24:25] offset:64
ds_dec_u64                 v1, v[24:25] offset:64
ds_min_i64                 v1, v[24:25] offset:64
ds_max_i64                 v1, v[24:25] offset:64
ds_min_u64                 v1, v[24:25] offset:64
ds_max_u64                 v1, v[24:25] offset:64
ds_and_b64                 v1, v[24:25] offset:64
ds_or_b64                  v1, v[24:25] offset:64
ds_xor_b64                 v1, v[24:25] offset:64
ds_mskor_b64               v1, v[24:25], v[28:29] offset:64
ds_cmpst_b64               v1, v[24:25], v[28:29] offset:64
ds_cmpst_f64               v1, v[24:25], v[28:29] offset:64
ds_min_f64                 v1, v[24:25] offset:64
ds_max_f64                 v1, v[24:25] offset:64
ds_add_rtn_u64             v[20:21], v1, v[24:25] offset:64
ds_sub_rtn_u64             v[20:21], v1, v[24:25] offset:64
ds_rsub_rtn_u64            v[20:21], v1, v[24:25] offset:64
ds_inc_rtn_u64             v[20:21], v1, v[24:25] offset:64
ds_dec_rtn_u64             v[20:21], v1, v[24:25] offset:64
ds_min_rtn_i64             v[20:21], v1, v[24:25] offset:64
ds_max_rtn_i64             v[20:21], v1, v[24:25] offset:64
ds_min_rtn_u64             v[20:21], v1, v[24:25] offset:64
ds_max_rtn_u64             v[20:21], v1, v[24:25] offset:64
ds_and_rtn_b64             v[20:21], v1, v[24:25] offset:64
ds_or_rtn_b64              v[20:21], v1, v[24:25] offset:64
ds_xor_rtn_b64             v[20:21], v1, v[24:25] offset:64
ds_mskor_rtn_b64           v[20:21], v1, v[24:25], v[28:29] offset:64
ds_wrxchg_rtn_b64          v[20:21], v1, v[24:25] offset:64
ds_wrxchg2_rtn_b64         v[20:23], v1, v[24:25], v[28:29] offset0:4 offset1:8
ds_wrxchg2st64_rtn_b64     v[20:23], v1, v[24:25], v[28:29] offset0:4 offset1:8
ds_cmpst_rtn_b64           v[20:21], v1, v[24:25], v[28:29] offset:64
ds_cmpst_rtn_f64           v[20:21], v1, v[24:25], v[28:29] offset:64
ds_min_rtn_f64             v[20:21], v1, v[24:25] offset:64
ds_max_rtn_f64             v[20:21], v1, v[24:25] offset:64
ds_condxchg32_rtn_b64      v[20:21], v1, v[24:25] offset:64

// Local memory: the second operand lies in memory too, where the offset says: no data registers.
ds_add_src2_u32            v1 offset:64
ds_sub_src2_u32            v1 offset:64
ds_rsub_src2_u32           v1 offset:64
ds_inc_src2_u32            v1 offset:64
ds_dec_src2_u32            v1 offset:64
ds_min_src2_i32            v1 offset:64
ds_max_src2_i32            v1 offset:64
ds_min_src2_u32            v1 offset:64
ds_max_src2_u32            v1 offset:64
ds_and_src2_b32            v1 offset:64
ds_or_src2_b32             v1 offset:64
ds_xor_src2_b32            v1 offset:64
ds_write_src2_b32          v1 offset:64
ds_min_src2_f32            v1 offset:64
ds_max_src2_f32            v1 offset:64
ds_add_src2_f32            v1 offset:64
ds_add_src2_u64            v1 offset:64
ds_sub_src2_u64            v1 offset:64
ds_rsub_src2_u64           v1 offset:64
ds_inc_src2_u64            v1 offset:64
ds_dec_src2_u64            v1 offset:64
ds_min_src2_i64            v1 offset:64
ds_max_src2_i64            v1 offset:64
ds_min_src2_u64            v1 offset:64
ds_max_src2_u64            v1 offset:64
ds_and_src2_b64            v1 offset:64
ds_or_src2_b64             v1 offset:64
ds_xor_src2_b64            v1 offset:64
ds_write_src2_b64          v1 offset:64
ds_min_src2_f64            v1 offset:64
ds_max_src2_f64            v1 offset:64

// Counters for all lanes at once, and nothing.
ds_consume                 v20 offset:64
ds_append                  v20 offset:64
ds_nop

// Global wave sync and the ordered counter: with gds only.
ds_gws_sema_release_all     offset:64 gds
ds_gws_init                v1 offset:64 gds
ds_gws_sema_v               offset:64 gds
ds_gws_sema_br             v1 offset:64 gds
ds_gws_sema_p               offset:64 gds
ds_gws_barrier             v1 offset:64 gds
ds_ordered_count           v20, v1 offset:64 gds

// Exchange between lanes; no memory. ds_swizzle_b32 takes its data from the address field.
ds_swizzle_b32             v20, v1 offset:swizzle(BITMASK_PERM, "00p11")
ds_permute_b32             v20, v1, v24 offset:64
ds_bpermute_b32            v20, v1, v24 offset:64

// Flat memory. Atomics return the old value to dst when glc is set; cmpswap: the new value first, then the compared.
flat_load_ubyte            v20, v[2:3]
flat_load_sbyte            v20, v[2:3]
flat_load_ushort           v20, v[2:3]
flat_load_sshort           v20, v[2:3]
flat_load_dword            v20, v[2:3]
flat_load_dwordx2          v[20:21], v[2:3]
flat_load_dwordx3          v[20:22], v[2:3]
flat_load_dwordx4          v[20:23], v[2:3]
flat_store_byte            v[2:3], v24
flat_store_short           v[2:3], v24
flat_store_dword           v[2:3], v24
flat_store_dwordx2         v[2:3], v[24:25]
flat_store_dwordx3         v[2:3], v[24:26]
flat_store_dwordx4         v[2:3], v[24:27]
flat_atomic_swap           v20, v[2:3], v24 glc
flat_atomic_cmpswap        v20, v[2:3], v[24:25] glc
flat_atomic_add            v20, v[2:3], v24 glc
flat_atomic_sub            v20, v[2:3], v24 glc
flat_atomic_smin           v20, v[2:3], v24 glc
flat_atomic_umin           v20, v[2:3], v24 glc
flat_atomic_smax           v20, v[2:3], v24 glc
flat_atomic_umax           v20, v[2:3], v24 glc
flat_atomic_and            v20, v[2:3], v24 glc
flat_atomic_or             v20, v[2:3], v24 glc
flat_atomic_xor            v20, v[2:3], v24 glc
flat_atomic_inc            v20, v[2:3], v24 glc
flat_atomic_dec            v20, v[2:3], v24 glc
flat_atomic_swap_x2        v[20:21], v[2:3], v[24:25] glc
flat_atomic_cmpswap_x2     v[20:21], v[2:3], v[24:27] glc
flat_atomic_add_x2         v[20:21], v[2:3], v[24:25] glc
flat_atomic_sub_x2         v[20:21], v[2:3], v[24:25] glc
flat_atomic_smin_x2        v[20:21], v[2:3], v[24:25] glc
flat_atomic_umin_x2        v[20:21], v[2:3], v[24:25] glc
flat_atomic_smax_x2        v[20:21], v[2:3], v[24:25] glc
flat_atomic_umax_x2        v[20:21], v[2:3], v[24:25] glc
flat_atomic_and_x2         v[20:21], v[2:3], v[24:25] glc
flat_atomic_or_x2          v[20:21], v[2:3], v[24:25] glc
flat_atomic_xor_x2         v[20:21], v[2:3], v[24:25] glc
flat_atomic_inc_x2         v[20:21], v[2:3], v[24:25] glc
flat_atomic_dec_x2         v[20:21], v[2:3], v[24:25] glc
buffer_load_format_x       v24, v1, s[8:11], s3 offen offset:16
buffer_load_format_xy      v[24:25], v1, s[8:11], s3 offen offset:16
buffer_load_format_xyz     v[24:26], v1, s[8:11], s3 offen offset:16
buffer_load_format_xyzw    v[24:27], v1, s[8:11], s3 offen offset:16
buffer_store_format_x      v24, v1, s[8:11], s3 offen offset:16
buffer_store_format_xy     v[24:25], v1, s[8:11], s3 offen offset:16
buffer_store_format_xyz    v[24:26], v1, s[8:11], s3 offen offset:16
buffer_store_format_xyzw   v[24:27], v1, s[8:11], s3 offen offset:16
buffer_load_format_d16_x   v24, v1, s[8:11], s3 offen offset:16
buffer_load_format_d16_xy  v[24:25], v1, s[8:11], s3 offen offset:16
buffer_load_format_d16_xyz v[24:26], v1, s[8:11], s3 offen offset:16
buffer_load_format_d16_xyzw v[24:27], v1, s[8:11], s3 offen offset:16
buffer_store_format_d16_x  v24, v1, s[8:11], s3 offen offset:16
buffer_store_format_d16_xy v[24:25], v1, s[8:11], s3 offen offset:16
buffer_store_format_d16_xyz v[24:26], v1, s[8:11], s3 offen offset:16
buffer_store_format_d16_xyzw v[24:27], v1, s[8:11], s3 offen offset:16

// Buffer memory: the address comes from a descriptor. Stores and atomics keep their data in field d.
buffer_load_ubyte          v24, v1, s[8:11], s3 offen offset:16
buffer_load_sbyte          v24, v1, s[8:11], s3 offen offset:16
buffer_load_ushort         v24, v1, s[8:11], s3 offen offset:16
buffer_load_sshort         v24, v1, s[8:11], s3 offen offset:16
buffer_load_dword          v24, v1, s[8:11], s3 offen offset:16
buffer_load_dwordx2        v[24:25], v1, s[8:11], s3 offen offset:16
buffer_load_dwordx3        v[24:26], v1, s[8:11], s3 offen offset:16
buffer_load_dwordx4        v[24:27], v1, s[8:11], s3 offen offset:16
buffer_store_byte          v24, v1, s[8:11], s3 offen offset:16
buffer_store_short         v24, v1, s[8:11], s3 offen offset:16
buffer_store_dword         v24, v1, s[8:11], s3 offen offset:16
buffer_store_dwordx2       v[24:25], v1, s[8:11], s3 offen offset:16
buffer_store_dwordx3       v[24:26], v1, s[8:11], s3 offen offset:16
buffer_store_dwordx4       v[24:27], v1, s[8:11], s3 offen offset:16
buffer_store_lds_dword     s[8:11], s3 offset:16 lds
buffer_atomic_swap         v24, v1, s[8:11], s3 offen offset:16 glc
buffer_atomic_cmpswap      v[24:25], v1, s[8:11], s3 offen offset:16 glc
buffer_atomic_add          v24, v1, s[8:11], s3 offen offset:16 glc
buffer_atomic_sub          v24, v1, s[8:11], s3 offen offset:16 glc
buffer_atomic_smin         v24, v1, s[8:11], s3 offen offset:16 glc
buffer_atomic_umin         v24, v1, s[8:11], s3 offen offset:16 glc
buffer_atomic_smax         v24, v1, s[8:11], s3 offen offset:16 glc
buffer_atomic_umax         v24, v1, s[8:11], s3 offen offset:16 glc
buffer_atomic_and          v24, v1, s[8:11], s3 offen offset:16 glc
buffer_atomic_or           v24, v1, s[8:11], s3 offen offset:16 glc
buffer_atomic_xor          v24, v1, s[8:11], s3 offen offset:16 glc
buffer_atomic_inc          v24, v1, s[8:11], s3 offen offset:16 glc
buffer_atomic_dec          v24, v1, s[8:11], s3 offen offset:16 glc
buffer_atomic_swap_x2      v[24:25], v1, s[8:11], s3 offen offset:16 glc
buffer_atomic_cmpswap_x2   v[24:27], v1, s[8:11], s3 offen offset:16 glc
buffer_atomic_add_x2       v[24:25], v1, s[8:11], s3 offen offset:16 glc
buffer_atomic_sub_x2       v[24:25], v1, s[8:11], s3 offen offset:16 glc
buffer_atomic_smin_x2      v[24:25], v1, s[8:11], s3 offen offset:16 glc
buffer_atomic_umin_x2      v[24:25], v1, s[8:11], s3 offen offset:16 glc
buffer_atomic_smax_x2      v[24:25], v1, s[8:11], s3 offen offset:16 glc
buffer_atomic_umax_x2      v[24:25], v1, s[8:11], s3 offen offset:16 glc
buffer_atomic_and_x2       v[24:25], v1, s[8:11], s3 offen offset:16 glc
buffer_atomic_or_x2        v[24:25], v1, s[8:11], s3 offen offset:16 glc
buffer_atomic_xor_x2       v[24:25], v1, s[8:11], s3 offen offset:16 glc
buffer_atomic_inc_x2       v[24:25], v1, s[8:11], s3 offen offset:16 glc
buffer_atomic_dec_x2       v[24:25], v1, s[8:11], s3 offen offset:16 glc
buffer_wbinvl1
buffer_wbinvl1_vol

// Typed buffer memory: the format stands in the instruction. d16: a half in each register.
tbuffer_load_format_x      v24, v1, s[8:11], s3 format:[BUF_DATA_FORMAT_16_16,BUF_NUM_FORMAT_SINT] offen
tbuffer_load_format_xy     v[24:25], v1, s[8:11], s3 format:[BUF_DATA_FORMAT_16_16,BUF_NUM_FORMAT_SINT] offen
tbuffer_load_format_xyz    v[24:26], v1, s[8:11], s3 format:[BUF_DATA_FORMAT_16_16,BUF_NUM_FORMAT_SINT] offen
tbuffer_load_format_xyzw   v[24:27], v1, s[8:11], s3 format:[BUF_DATA_FORMAT_16_16,BUF_NUM_FORMAT_SINT] offen
tbuffer_store_format_x     v24, v1, s[8:11], s3 format:[BUF_DATA_FORMAT_16_16,BUF_NUM_FORMAT_SINT] offen
tbuffer_store_format_xy    v[24:25], v1, s[8:11], s3 format:[BUF_DATA_FORMAT_16_16,BUF_NUM_FORMAT_SINT] offen
tbuffer_store_format_xyz   v[24:26], v1, s[8:11], s3 format:[BUF_DATA_FORMAT_16_16,BUF_NUM_FORMAT_SINT] offen
tbuffer_store_format_xyzw  v[24:27], v1, s[8:11], s3 format:[BUF_DATA_FORMAT_16_16,BUF_NUM_FORMAT_SINT] offen
tbuffer_load_format_d16_x  v24, v1, s[8:11], s3 format:[BUF_DATA_FORMAT_16_16,BUF_NUM_FORMAT_SINT] offen
tbuffer_load_format_d16_xy v[24:25], v1, s[8:11], s3 format:[BUF_DATA_FORMAT_16_16,BUF_NUM_FORMAT_SINT] offen
tbuffer_load_format_d16_xyz v[24:26], v1, s[8:11], s3 format:[BUF_DATA_FORMAT_16_16,BUF_NUM_FORMAT_SINT] offen
tbuffer_load_format_d16_xyzw v[24:27], v1, s[8:11], s3 format:[BUF_DATA_FORMAT_16_16,BUF_NUM_FORMAT_SINT] offen
tbuffer_store_format_d16_x v24, v1, s[8:11], s3 format:[BUF_DATA_FORMAT_16_16,BUF_NUM_FORMAT_SINT] offen
tbuffer_store_format_d16_xy v[24:25], v1, s[8:11], s3 format:[BUF_DATA_FORMAT_16_16,BUF_NUM_FORMAT_SINT] offen
tbuffer_store_format_d16_xyz v[24:26], v1, s[8:11], s3 format:[BUF_DATA_FORMAT_16_16,BUF_NUM_FORMAT_SINT] offen
tbuffer_store_format_d16_xyzw v[24:27], v1, s[8:11], s3 format:[BUF_DATA_FORMAT_16_16,BUF_NUM_FORMAT_SINT] offen

// Images. A load gives as many registers as field k has bits; the address has as many as the name says.
image_load                 v[24:27], v1, s[8:15] dmask:0xf unorm
image_load_mip             v[24:27], v1, s[8:15] dmask:0xf unorm
image_load_pck             v[24:27], v1, s[8:15] dmask:0xf unorm
image_load_pck_sgn         v[24:27], v1, s[8:15] dmask:0xf unorm
image_load_mip_pck         v[24:27], v1, s[8:15] dmask:0xf unorm
image_load_mip_pck_sgn     v[24:27], v1, s[8:15] dmask:0xf unorm
image_store                v[24:27], v1, s[8:15] dmask:0xf unorm
image_store_mip            v[24:27], v1, s[8:15] dmask:0xf unorm
image_store_pck            v[24:27], v1, s[8:15] dmask:0xf unorm
image_store_mip_pck        v[24:27], v1, s[8:15] dmask:0xf unorm
image_get_resinfo          v[24:27], v1, s[8:15] dmask:0xf unorm
image_atomic_swap          v24, v1, s[8:15] dmask:0x1 unorm
image_atomic_cmpswap       v[24:25], v1, s[8:15] dmask:0x3 unorm
image_atomic_add           v24, v1, s[8:15] dmask:0x1 unorm
image_atomic_sub           v24, v1, s[8:15] dmask:0x1 unorm
image_atomic_smin          v24, v1, s[8:15] dmask:0x1 unorm
image_atomic_umin          v24, v1, s[8:15] dmask:0x1 unorm
image_atomic_smax          v24, v1, s[8:15] dmask:0x1 unorm
image_atomic_umax          v24, v1, s[8:15] dmask:0x1 unorm
image_atomic_and           v24, v1, s[8:15] dmask:0x1 unorm
image_atomic_or            v24, v1, s[8:15] dmask:0x1 unorm
image_atomic_xor           v24, v1, s[8:15] dmask:0x1 unorm
image_atomic_inc           v24, v1, s[8:15] dmask:0x1 unorm
image_atomic_dec           v24, v1, s[8:15] dmask:0x1 unorm
image_sample               v[24:27], v1, s[8:15], s[16:19] dmask:0xf unorm
image_sample_cl            v[24:27], v1, s[8:15], s[16:19] dmask:0xf unorm
image_sample_d             v[24:27], v[1:2], s[8:15], s[16:19] dmask:0xf unorm
image_sample_d_cl          v[24:27], v[1:2], s[8:15], s[16:19] dmask:0xf unorm
image_sample_l             v[24:27], v1, s[8:15], s[16:19] dmask:0xf unorm
image_sample_b             v[24:27], v[1:2], s[8:15], s[16:19] dmask:0xf unorm
image_sample_b_cl          v[24:27], v[1:2], s[8:15], s[16:19] dmask:0xf unorm
image_sample_lz            v[24:27], v1, s[8:15], s[16:19] dmask:0xf unorm
image_sample_c             v[24:27], v[1:2], s[8:15], s[16:19] dmask:0xf unorm
image_sample_c_cl          v[24:27], v[1:2], s[8:15], s[16:19] dmask:0xf unorm
image_sample_c_d           v[24:27], v[1:3], s[8:15], s[16:19] dmask:0xf unorm
image_sample_c_d_cl        v[24:27], v[1:3], s[8:15], s[16:19] dmask:0xf unorm
image_sample_c_l           v[24:27], v[1:2], s[8:15], s[16:19] dmask:0xf unorm
image_sample_c_b           v[24:27], v[1:3], s[8:15], s[16:19] dmask:0xf unorm
image_sample_c_b_cl        v[24:27], v[1:3], s[8:15], s[16:19] dmask:0xf unorm
image_sample_c_lz          v[24:27], v[1:2], s[8:15], s[16:19] dmask:0xf unorm
image_sample_o             v[24:27], v[1:2], s[8:15], s[16:19] dmask:0xf unorm
image_sample_cl_o          v[24:27], v[1:2], s[8:15], s[16:19] dmask:0xf unorm
image_sample_d_o           v[24:27], v[1:3], s[8:15], s[16:19] dmask:0xf unorm
image_sample_d_cl_o        v[24:27], v[1:3], s[8:15], s[16:19] dmask:0xf unorm
image_sample_l_o           v[24:27], v[1:2], s[8:15], s[16:19] dmask:0xf unorm
image_sample_b_o           v[24:27], v[1:3], s[8:15], s[16:19] dmask:0xf unorm
image_sample_b_cl_o        v[24:27], v[1:3], s[8:15], s[16:19] dmask:0xf unorm
image_sample_lz_o          v[24:27], v[1:2], s[8:15], s[16:19] dmask:0xf unorm
image_sample_c_o           v[24:27], v[1:3], s[8:15], s[16:19] dmask:0xf unorm
image_sample_c_cl_o        v[24:27], v[1:3], s[8:15], s[16:19] dmask:0xf unorm
image_sample_c_d_o         v[24:27], v[1:4], s[8:15], s[16:19] dmask:0xf unorm
image_sample_c_d_cl_o      v[24:27], v[1:4], s[8:15], s[16:19] dmask:0xf unorm
image_sample_c_l_o         v[24:27], v[1:3], s[8:15], s[16:19] dmask:0xf unorm
image_sample_c_b_o         v[24:27], v[1:4], s[8:15], s[16:19] dmask:0xf unorm
image_sample_c_b_cl_o      v[24:27], v[1:4], s[8:15], s[16:19] dmask:0xf unorm
image_sample_c_lz_o        v[24:27], v[1:3], s[8:15], s[16:19] dmask:0xf unorm
image_gather4              v[24:27], v1, s[8:15], s[16:19] dmask:0x1 unorm
image_gather4_cl           v[24:27], v1, s[8:15], s[16:19] dmask:0x1 unorm
image_gather4_l            v[24:27], v1, s[8:15], s[16:19] dmask:0x1 unorm
image_gather4_b            v[24:27], v[1:2], s[8:15], s[16:19] dmask:0x1 unorm
image_gather4_b_cl         v[24:27], v[1:2], s[8:15], s[16:19] dmask:0x1 unorm
image_gather4_lz           v[24:27], v1, s[8:15], s[16:19] dmask:0x1 unorm
image_gather4_c            v[24:27], v[1:2], s[8:15], s[16:19] dmask:0x1 unorm
image_gather4_c_cl         v[24:27], v[1:2], s[8:15], s[16:19] dmask:0x1 unorm
image_gather4_c_l          v[24:27], v[1:2], s[8:15], s[16:19] dmask:0x1 unorm
image_gather4_c_b          v[24:27], v[1:3], s[8:15], s[16:19] dmask:0x1 unorm
image_gather4_c_b_cl       v[24:27], v[1:3], s[8:15], s[16:19] dmask:0x1 unorm
image_gather4_c_lz         v[24:27], v[1:2], s[8:15], s[16:19] dmask:0x1 unorm
image_gather4_o            v[24:27], v[1:2], s[8:15], s[16:19] dmask:0x1 unorm
image_gather4_cl_o         v[24:27], v[1:2], s[8:15], s[16:19] dmask:0x1 unorm
image_gather4_l_o          v[24:27], v[1:2], s[8:15], s[16:19] dmask:0x1 unorm
image_gather4_b_o          v[24:27], v[1:3], s[8:15], s[16:19] dmask:0x1 unorm
image_gather4_b_cl_o       v[24:27], v[1:3], s[8:15], s[16:19] dmask:0x1 unorm
image_gather4_lz_o         v[24:27], v[1:2], s[8:15], s[16:19] dmask:0x1 unorm
image_gather4_c_o          v[24:27], v[1:3], s[8:15], s[16:19] dmask:0x1 unorm
image_gather4_c_cl_o       v[24:27], v[1:3], s[8:15], s[16:19] dmask:0x1 unorm
image_gather4_c_l_o        v[24:27], v[1:3], s[8:15], s[16:19] dmask:0x1 unorm
image_gather4_c_b_o        v[24:27], v[1:4], s[8:15], s[16:19] dmask:0x1 unorm
image_gather4_c_b_cl_o     v[24:27], v[1:4], s[8:15], s[16:19] dmask:0x1 unorm
image_gather4_c_lz_o       v[24:27], v[1:3], s[8:15], s[16:19] dmask:0x1 unorm
image_get_lod              v[24:27], v1, s[8:15], s[16:19] dmask:0xf unorm
image_sample_cd            v[24:27], v[1:2], s[8:15], s[16:19] dmask:0xf unorm
image_sample_cd_cl         v[24:27], v[1:2], s[8:15], s[16:19] dmask:0xf unorm
image_sample_c_cd          v[24:27], v[1:3], s[8:15], s[16:19] dmask:0xf unorm
image_sample_c_cd_cl       v[24:27], v[1:3], s[8:15], s[16:19] dmask:0xf unorm
image_sample_cd_o          v[24:27], v[1:3], s[8:15], s[16:19] dmask:0xf unorm
image_sample_cd_cl_o       v[24:27], v[1:3], s[8:15], s[16:19] dmask:0xf unorm
image_sample_c_cd_o        v[24:27], v[1:4], s[8:15], s[16:19] dmask:0xf unorm
image_sample_c_cd_cl_o     v[24:27], v[1:4], s[8:15], s[16:19] dmask:0xf unorm

// Exports to the graphics pipeline: up to four registers, those that field k names.
exp                        mrt0 v1, v2, v3, v4 done vm

// Interpolation in pixel shaders: the attribute stands in the fields t and h, in VOP3 in place of src0.
v_interp_p1_f32            v20, v24, attr3.y
v_interp_p2_f32            v20, v24, attr3.y
v_interp_mov_f32           v20, p10, attr3.y
v_interp_p1ll_f16          v20, v24, attr3.y
v_interp_p1lv_f16          v20, v24, attr3.y, v28
v_interp_p2_f16            v20, v24, attr3.y, v28

// ---- what an operand can be ----

// Inline constants, by operand code.
s_mov_b32                  s0, 0
s_mov_b32                  s0, 64
s_mov_b32                  s0, -1
s_mov_b32                  s0, -16
s_mov_b32                  s0, 0.5
s_mov_b32                  s0, -0.5
s_mov_b32                  s0, 1.0
s_mov_b32                  s0, -1.0
s_mov_b32                  s0, 2.0
s_mov_b32                  s0, -2.0
s_mov_b32                  s0, 4.0
s_mov_b32                  s0, -4.0
s_mov_b32                  s0, 0.15915494
s_mov_b64                  s[0:1], -1
s_mov_b64                  s[0:1], 1.0
v_mov_b32                  v0, -4.0
v_add_f16                  v0, 0.5, v1
v_add_f16                  v0, 0.15915494, v1
v_add_u16                  v0, 64, v1
v_add_f64                  v[0:1], 0.15915494309189532, v[2:3]
v_add_f64                  v[0:1], -4.0, v[2:3]
v_lshlrev_b64              v[0:1], 3, -1

// Literals: a second dword.
s_mov_b32                  s3, 0x12345678
s_mov_b64                  s[4:5], 0x12345678
s_mov_b64                  exec, 0x80000000
s_add_u32                  s1, s2, 0x12345678
s_add_u32                  s1, 0x12345678, s2
s_add_u32                  s1, 0x12345678, 0x12345678
s_cmp_eq_u32               s1, 0x1000
s_and_b64                  s[2:3], s[4:5], 0xffff0000
v_mov_b32                  v1, 0x3fc00000
v_add_f32                  v1, 0x3fc00000, v2
v_add_u32                  v1, vcc, 0xffffff00, v2
v_and_b32                  v1, 0xff00ff, v2
v_add_f16                  v1, 0x3e00, v2
v_add_u16                  v1, 0x1234, v2
v_cmp_lt_f32               vcc, 0x3fc00000, v2
v_cmp_eq_u64               vcc, 0x12345678, v[2:3]
v_cmp_lt_f64               vcc, 0x40280000, v[2:3]
v_cvt_f32_f64              v1, 0x40280000
v_cvt_f64_f32              v[2:3], 0x40280000
v_madmk_f32                v1, 0x3fc00000, 0x3fc00000, v3
v_madak_f32                v1, v2, v3, 0x3fc00000
v_madak_f16                v1, 1.0, v3, 0x3e00

// Registers with a name.

s_mov_b32                  vcc_lo, vcc_hi
s_mov_b32                  exec_lo, exec_hi
s_mov_b32                  m0, s1
s_mov_b32                  s1, m0
s_mov_b32                  flat_scratch_lo, s1
s_mov_b32                  s1, flat_scratch_hi
s_mov_b32                  ttmp11, ttmp0
s_mov_b32                  s101, s100
s_mov_b32                  tba_lo, tma_hi
s_mov_b64                  vcc, exec
s_mov_b64                  exec, vcc
s_mov_b64                  flat_scratch, s[2:3]
s_mov_b64                  ttmp[4:5], ttmp[10:11]
s_mov_b64                  tba, tma
s_mov_b64                  s[100:101], tba
s_mov_b32                  s1, src_vccz
s_mov_b32                  s1, src_execz
s_mov_b32                  s1, src_scc
s_load_dwordx4             ttmp[4:7], s[2:3], 0x0
s_load_dwordx2             vcc, s[100:101], 0x0
s_load_dwordx2             flat_scratch, s[0:1], 0x0
s_load_dwordx16            s[84:99], s[0:1], 0xfffff
s_load_dword               s5, vcc, 0x0
s_load_dword               s5, ttmp[2:3], 0x0
s_load_dword               s5, s[0:1], s6
s_load_dword               s5, s[0:1], m0
s_load_dword               s5, s[0:1], 0x4 glc
s_buffer_load_dword        s5, s[0:3], s6
s_buffer_load_dwordx2      s[6:7], ttmp[4:7], vcc_lo
v_mov_b32                  v255, vcc_hi
v_mov_b32                  v1, exec_lo
v_mov_b32                  v1, m0
v_mov_b32                  v1, flat_scratch_lo
v_mov_b32                  v1, ttmp3
v_mov_b32                  v1, src_scc
v_mov_b32                  v1, src_vccz
v_add_f32                  v1, vcc_lo, v255
v_readfirstlane_b32        m0, v1
v_readfirstlane_b32        vcc_lo, v255
v_readlane_b32             s5, v6, m0
v_readlane_b32             vcc_lo, v6, 63
v_readlane_b32             exec_hi, v6, s3
v_writelane_b32            v1, m0, m0
v_writelane_b32            v1, 7, m0

// ---- program flow ----
s_branch                   -1
s_branch                   32767
s_cbranch_scc0             -32768
s_waitcnt                  vmcnt(0)
s_waitcnt                  lgkmcnt(0)
s_waitcnt                  expcnt(0)
s_waitcnt                  vmcnt(3) lgkmcnt(2)
s_waitcnt                  vmcnt(15) expcnt(7) lgkmcnt(15)
s_waitcnt                  vmcnt(0) expcnt(0) lgkmcnt(0)
s_waitcnt                  0xffff
s_nop                      0
s_nop                      15
s_sleep                    127
s_setprio                  0
s_sethalt                  1
s_trap                     2
s_sendmsg                  sendmsg(MSG_INTERRUPT)
s_sendmsg                  sendmsg(MSG_GS, GS_OP_EMIT, 1)
s_sendmsg                  sendmsg(MSG_GS_DONE, GS_OP_NOP)
s_sendmsg                  sendmsg(MSG_SYSMSG, SYSMSG_OP_ECC_ERR_INTERRUPT)
s_sendmsg                  0x1234
s_sendmsghalt              sendmsg(MSG_GS_DONE, GS_OP_CUT, 3)
s_getreg_b32               s0, hwreg(HW_REG_STATUS)
s_getreg_b32               s0, hwreg(HW_REG_HW_ID, 8, 4)
s_getreg_b32               s0, hwreg(HW_REG_TRAPSTS, 31, 1)
s_getreg_b32               s0, hwreg(HW_REG_GPR_ALLOC)
s_getreg_b32               s0, hwreg(HW_REG_LDS_ALLOC, 12, 9)
s_getreg_b32               s0, hwreg(HW_REG_IB_STS)
s_getreg_b32               s0, hwreg(20)
s_setreg_b32               hwreg(HW_REG_MODE), s5
s_setreg_imm32_b32         hwreg(HW_REG_MODE, 0, 32), 0x12345678
s_setreg_imm32_b32         hwreg(HW_REG_MODE, 4, 2), 3
s_movk_i32                 s1, -1
s_movk_i32                 vcc_lo, 0x7fff
s_addk_i32                 s1, -32768
s_cmpk_lt_u32              s1, 0xffff
s_cmpk_lt_i32              s1, -5

// ---- VOP3: the promoted forms and the modifiers ----
v_mov_b32_e64              v1, s2
v_mov_b32_e64              v1, -1
v_nop_e64
v_cvt_f32_u32_e64          v1, s2 clamp
v_rcp_f32_e64              v1, -v2
v_rcp_f32_e64              v1, |v2| mul:2
v_sqrt_f64_e64             v[2:3], -|v[4:5]|
v_floor_f16_e64            v1, -|s2| clamp
v_add_f32_e64              v1, -v2, |s3|
v_add_f32_e64              v1, v2, v3 clamp
v_add_f32_e64              v1, v2, v3 mul:4
v_add_f32_e64              v1, v2, v3 div:2
v_add_f32_e64              v1, -|v2|, -|v3| clamp mul:2
v_add_f32_e64              v1, 0.5, v3
v_add_f32_e64              v1, |0.5|, -1.0
v_mac_f32_e64              v1, s2, s2
v_mac_f32_e64              v1, -v2, v3 mul:2
v_mac_f16_e64              v1, v2, |v3|
v_ldexp_f16_e64            v1, -v2, s3
v_and_b32_e64              v1, s2, s2
v_lshlrev_b32_e64          v1, s2, v3
v_cndmask_b32_e64          v1, v2, v3, s[4:5]
v_cndmask_b32_e64          v1, 0, -1, vcc
v_cndmask_b32_e64          v1, 0, 1.0, s[0:1]
v_add_u32_e64              v1, s[2:3], v4, v5
v_add_u32_e64              v1, vcc, s4, v5
v_add_u32_e64              v1, s[2:3], v4, v5 clamp
v_sub_u32_e64              v1, s[100:101], 64, v5
v_addc_u32_e64             v1, s[2:3], v4, v5, s[6:7]
v_addc_u32_e64             v1, vcc, 0, v5, vcc
v_subb_u32_e64             v1, vcc, v4, v5, s[6:7]
v_subbrev_u32_e64          v1, s[2:3], v4, 0, vcc
v_mad_f32                  v1, -v2, |v3|, -|v4| clamp
v_mad_f32                  v1, s2, v3, s2 div:2
v_mad_f16                  v1, -v2, |v3|, -|v4| clamp
v_fma_f32                  v1, -1.0, s3, 0.5
v_fma_f64                  v[0:1], -v[2:3], s[4:5], |v[6:7]| mul:4
v_fma_f16                  v1, -v2, v3, 1.0
v_ldexp_f32                v1, |v2|, -8
v_ldexp_f64                v[0:1], -v[2:3], v4
v_mad_u32_u24              v1, v2, s3, v4
v_mad_u16                  v1, v2, 64, -1
v_mad_u64_u32              v[0:1], s[4:5], v2, v3, v[4:5]
v_mad_u64_u32              v[0:1], vcc, s2, 5, 0
v_mad_i64_i32              v[0:1], s[10:11], v2, s2, v[4:5] clamp
v_div_scale_f32            v1, s[2:3], v2, v3, v2
v_div_scale_f64            v[0:1], s[2:3], v[2:3], v[4:5], 1.0
v_div_fmas_f32             v1, -v2, v3, |v4|
v_div_fixup_f64            v[0:1], -v[2:3], v[4:5], |v[6:7]|
v_min3_f32                 v1, v2, |v3|, -s4
v_med3_i32                 v1, v2, -16, s3
v_cvt_pkrtz_f16_f32        v1, -v2, |v3|
v_cvt_pkrtz_f16_f32        v1, v2, v3 clamp
v_mbcnt_lo_u32_b32         v1, -1, 0
v_mbcnt_hi_u32_b32         v1, exec_hi, v2
v_bfe_i32                  v1, s2, 0, 16
v_perm_b32                 v1, v2, v3, s4
v_cmp_eq_u32_e64           s[2:3], v4, s5
v_cmp_eq_u32_e64           vcc, 0, v5
v_cmp_lt_u64_e64           s[100:101], v[4:5], s[6:7]
v_cmp_lt_f32_e64           s[2:3], -v4, |v5|
v_cmp_lt_f32_e64           s[2:3], -|s4|, 1.0 clamp
v_cmp_nge_f64_e64          flat_scratch, v[2:3], -v[4:5]
v_cmp_class_f32_e64        s[2:3], -v4, v5
v_cmp_class_f32_e64        s[2:3], |s4|, 3
v_cmp_class_f64_e64        s[2:3], v[4:5], s6
v_cmp_class_f16_e64        vcc, v4, 64
v_cmpx_gt_i32_e64          exec, 1, v2
v_cmpx_class_f32_e64       s[2:3], v2, v3
v_cmp_ne_i16_e64           s[2:3], v4, -16

// ---- SDWA: a byte or half of each operand ----
v_mov_b32_sdwa             v1, v2 dst_sel:BYTE_0 dst_unused:UNUSED_PAD src0_sel:BYTE_3
v_mov_b32_sdwa             v1, v2 dst_sel:WORD_1 dst_unused:UNUSED_PRESERVE src0_sel:WORD_0
v_mov_b32_sdwa             v1, sext(v2) dst_sel:DWORD dst_unused:UNUSED_SEXT src0_sel:BYTE_1
v_cvt_f32_u32_sdwa         v1, v2 dst_sel:DWORD dst_unused:UNUSED_PAD src0_sel:WORD_1
v_cvt_f16_f32_sdwa         v1, -v2 dst_sel:WORD_1 dst_unused:UNUSED_PRESERVE src0_sel:DWORD
v_cvt_f32_f16_sdwa         v1, |v2| dst_sel:DWORD dst_unused:UNUSED_PAD src0_sel:WORD_1
v_cvt_f32_f16_sdwa         v1, -|v2| clamp dst_sel:DWORD dst_unused:UNUSED_PAD src0_sel:WORD_1
v_mul_u32_u24_sdwa         v1, v2, v3 dst_sel:DWORD dst_unused:UNUSED_PAD src0_sel:BYTE_1 src1_sel:BYTE_2
v_mul_lo_u16_sdwa          v1, v2, v3 dst_sel:DWORD dst_unused:UNUSED_PAD src0_sel:BYTE_0 src1_sel:DWORD
v_xor_b32_sdwa             v1, v2, sext(v3) dst_sel:BYTE_2 dst_unused:UNUSED_PRESERVE src0_sel:WORD_0 src1_sel:BYTE_3
v_or_b32_sdwa              v1, v2, v3 dst_sel:DWORD dst_unused:UNUSED_PAD src0_sel:WORD_1 src1_sel:DWORD
v_add_f32_sdwa             v1, -v2, |v3| dst_sel:DWORD dst_unused:UNUSED_PAD src0_sel:DWORD src1_sel:DWORD
v_add_f32_sdwa             v1, |v2|, -v3 clamp dst_sel:DWORD dst_unused:UNUSED_PAD src0_sel:DWORD src1_sel:DWORD
v_mac_f32_sdwa             v1, v2, v3 dst_sel:DWORD dst_unused:UNUSED_PAD src0_sel:DWORD src1_sel:DWORD
v_add_f16_sdwa             v1, v2, v3 dst_sel:WORD_1 dst_unused:UNUSED_PRESERVE src0_sel:WORD_1 src1_sel:WORD_0
v_add_u32_sdwa             v1, vcc, v2, v3 dst_sel:DWORD dst_unused:UNUSED_PAD src0_sel:WORD_0 src1_sel:WORD_1
v_addc_u32_sdwa            v1, vcc, v2, v3, vcc dst_sel:DWORD dst_unused:UNUSED_PAD src0_sel:BYTE_0 src1_sel:BYTE_0
v_cndmask_b32_sdwa         v1, v2, v3, vcc dst_sel:DWORD dst_unused:UNUSED_PAD src0_sel:WORD_0 src1_sel:WORD_1
v_cmp_eq_u32_sdwa          vcc, v2, v3 src0_sel:BYTE_0 src1_sel:WORD_1
v_cmp_lt_f32_sdwa          vcc, -v2, |v3| src0_sel:DWORD src1_sel:DWORD
v_cmp_eq_i16_sdwa          vcc, sext(v2), v3 src0_sel:BYTE_0 src1_sel:WORD_1
v_cmp_class_f32_sdwa       vcc, v2, v3 src0_sel:DWORD src1_sel:DWORD
v_cmpx_gt_i32_sdwa         vcc, v2, sext(v3) src0_sel:DWORD src1_sel:BYTE_0

// ---- DPP: another lane's value ----
v_mov_b32_dpp              v1, v2 quad_perm:[3,2,1,0] row_mask:0xf bank_mask:0xf
v_mov_b32_dpp              v1, v2 quad_perm:[0,1,2,3] row_mask:0x1 bank_mask:0x2 bound_ctrl:0
v_mov_b32_dpp              v1, v2 row_shl:1 row_mask:0xf bank_mask:0xf
v_mov_b32_dpp              v1, v2 row_shr:15 row_mask:0xf bank_mask:0xf
v_mov_b32_dpp              v1, v2 row_ror:8 row_mask:0xa bank_mask:0x5
v_mov_b32_dpp              v1, v2 wave_shl:1 row_mask:0xf bank_mask:0xf
v_mov_b32_dpp              v1, v2 wave_rol:1 row_mask:0xf bank_mask:0xf
v_mov_b32_dpp              v1, v2 wave_shr:1 row_mask:0xf bank_mask:0xf
v_mov_b32_dpp              v1, v2 wave_ror:1 row_mask:0xf bank_mask:0xf
v_mov_b32_dpp              v1, v2 row_mirror row_mask:0xf bank_mask:0xf
v_mov_b32_dpp              v1, v2 row_half_mirror row_mask:0xf bank_mask:0xf
v_mov_b32_dpp              v1, v2 row_bcast:15 row_mask:0xa bank_mask:0xf
v_mov_b32_dpp              v1, v2 row_bcast:31 row_mask:0xc bank_mask:0xf bound_ctrl:0
v_add_f32_dpp              v1, -v2, |v3| row_shl:1 row_mask:0xf bank_mask:0xf
v_add_f32_dpp              v1, |v2|, -v3 row_shr:1 row_mask:0xf bank_mask:0xf bound_ctrl:0
v_mac_f32_dpp              v1, v2, v3 row_shr:1 row_mask:0xf bank_mask:0xf
v_max_i32_dpp              v1, v2, v3 row_shr:2 row_mask:0xf bank_mask:0xf
v_add_u32_dpp              v1, vcc, v2, v3 row_shr:1 row_mask:0xf bank_mask:0xf
v_addc_u32_dpp             v1, vcc, v2, v3, vcc row_shr:1 row_mask:0xf bank_mask:0xf
v_cndmask_b32_dpp          v1, v2, v3, vcc row_shl:1 row_mask:0xf bank_mask:0xf
v_cvt_f32_u32_dpp          v1, v2 row_mirror row_mask:0xf bank_mask:0xf

// ---- memory: modifiers ----
ds_read_b32                v1, v2
ds_read_b32                v1, v2 offset:65535
ds_read_b32                v1, v2 offset:4 gds
ds_write_b32               v1, v2 offset:4 gds
ds_read2_b32               v[1:2], v3 offset1:1
ds_read2_b32               v[1:2], v3 offset0:255 offset1:254
ds_read2_b64               v[4:7], v3
ds_write2st64_b32          v3, v1, v2 offset0:1
ds_read_b128               v[252:255], v8 offset:16
ds_swizzle_b32             v8, v2 offset:swizzle(QUAD_PERM, 0, 1, 2, 3)
ds_swizzle_b32             v8, v2 offset:swizzle(SWAP, 16)
ds_swizzle_b32             v8, v2 offset:swizzle(REVERSE, 8)
ds_swizzle_b32             v8, v2 offset:swizzle(BROADCAST, 4, 1)
ds_swizzle_b32             v8, v2 offset:swizzle(BITMASK_PERM, "01pi0")
ds_swizzle_b32             v8, v2 offset:0xc123
ds_swizzle_b32             v8, v2
ds_bpermute_b32            v1, v2, v3
ds_permute_b32             v1, v2, v3 offset:8
flat_load_dword            v1, v[2:3] glc
flat_load_dword            v1, v[2:3] slc
flat_load_dword            v1, v[2:3] glc slc
flat_store_dwordx4         v[254:255], v[4:7] slc
flat_atomic_add            v[2:3], v4
flat_atomic_cmpswap        v[2:3], v[4:5]
flat_atomic_cmpswap_x2     v[2:3], v[4:7] slc
buffer_load_dword          v1, off, s[8:11], 0
buffer_load_dword          v1, off, s[8:11], s3 offset:4095
buffer_load_dword          v1, v2, s[8:11], 0 idxen
buffer_load_dword          v1, v[2:3], s[8:11], s3 idxen offen offset:4
buffer_load_dword          v1, v2, s[8:11], 0 offen glc
buffer_load_dword          v1, v2, s[8:11], 0 offen slc
buffer_load_dword          v1, v2, s[8:11], 0 offen glc slc
buffer_load_dword          v[1:2], v3, s[8:11], 0 offen tfe
buffer_load_dword          off, s[8:11], s3 offset:4 lds
buffer_load_dword          v2, s[8:11], s3 offen lds
buffer_load_dword          v1, v2, ttmp[4:7], m0 offen
buffer_load_dword          v1, off, s[96:99], -1
buffer_load_dword          v1, off, s[96:99], vcc_lo
buffer_load_dwordx4        v[4:7], v1, s[8:11], 0 offen offset:16
buffer_store_dwordx4       v[4:7], v1, s[8:11], s3 offen glc slc
buffer_store_dword         v255, off, s[0:3], s101 offset:4
buffer_atomic_add          v1, v2, s[8:11], 0 offen
buffer_atomic_add          v1, off, s[8:11], 0 offset:8 glc
buffer_atomic_cmpswap      v[2:3], off, s[8:11], 0 glc slc
