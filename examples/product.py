"""C = A * B through libgcn.so and ctypes: prints C and the device that computed it.    python3 product.py LIBGCN.so"""
import ctypes
import sys
from ctypes import byref, c_char_p, c_float, c_int32, c_int64, c_size_t, c_uint32, c_void_p


class Gemm(ctypes.Structure):
    _fields_ = [("size", c_uint32), ("type", c_int32), ("trans_a", c_int32), ("trans_b", c_int32),
                ("alpha", c_float), ("beta", c_float)] + [(name, c_int64) for name in (
                    "m", "n", "k", "lda", "ldb", "ldc", "batch", "stride_a", "stride_b", "stride_c")]


gcn = ctypes.CDLL(sys.argv[1] if len(sys.argv) > 1 else "libgcn.so.0")
gcn.gcn_error.restype = gcn.gcn_device_name.restype = c_char_p


def call(function, *arguments):
    if status := function(*arguments):
        print(gcn.gcn_error().decode(), file=sys.stderr)
        sys.exit(status)


def buffer(values):
    made = c_void_p()
    call(gcn.gcn_buffer_alloc, device, c_size_t(ctypes.sizeof(values)), byref(made))
    call(gcn.gcn_buffer_write, made, values, c_size_t(ctypes.sizeof(values)), c_size_t(0))
    return made


# Column major: A is 2 x 3, B is 3 x 2.
device, plan, gemm, values = c_void_p(), c_void_p(), Gemm(), (c_float * 4)()
call(gcn.gcn_device_open, None, byref(device))
call(gcn.gcn_gemm_init, byref(gemm), c_size_t(ctypes.sizeof(gemm)), c_int64(2), c_int64(2), c_int64(3))
call(gcn.gcn_plan_make, device, byref(gemm), byref(plan))
a, b, c = buffer((c_float * 6)(1, 4, 2, 5, 3, 6)), buffer((c_float * 6)(7, 9, 11, 8, 10, 12)), buffer(values)
call(gcn.gcn_plan_run, plan, a, b, c, None)
call(gcn.gcn_buffer_read, c, values, c_size_t(ctypes.sizeof(values)), c_size_t(0))
print(f"{values[0]:g} {values[2]:g}\n{values[1]:g} {values[3]:g}\non {gcn.gcn_device_name(device).decode()}")
