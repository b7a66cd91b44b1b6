// Launches, and how many waves fit at once.
.include "tests/timing/timing.inc"

// empty: nothing at all.
.set sNext, 4
.set vNext, 1
kernel empty
leave empty

// sleep_NAME: eight s_sleep 7 a turn, which use no unit: the time of a launch says how many waves slept at once.
// VGPRS vector registers, SGPRS scalar registers and LDS bytes are asked for. out = 0.
.macro sleeper name, vgprs=24, sgprs=32, lds=0
  begin \name
  turn \name
  .rept 8
    s_sleep 7
  .endr
  again \name
  .set sNext, \sgprs
  .set vNext, \vgprs
  finish \name, \lds
.endm
sleeper sleep_waves
sleeper sleep_vgpr36,  36
sleeper sleep_vgpr64,  64
sleeper sleep_vgpr128, 128
sleeper sleep_sgpr102, 24, 102
sleeper sleep_lds16k,  24, 32, 16384
