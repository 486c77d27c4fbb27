"""Makes the files beside it with Python's own writers (safetensors 0.8.0, numpy 2.4)."""

import numpy as np
import safetensors

ramp = np.arange(6).reshape(2, 3)
arrays = {
    "f64": ramp / 3.0,
    "f32": (ramp / 4).astype("<f4"),
    "f16": (ramp / 8).astype("<f2"),
    # bfloat16 is the upper half of a float32
    "bf16": ((ramp / 2).astype("<f4").view("<u4") >> 16).astype("<u2"),
    "i64": ramp.astype("<i8") - (1 << 62),
    "i32": ramp.astype("<i4") - (1 << 30),
    "i16": ramp.astype("<i2") - 300,
    "i8": ramp.astype("i1") - 3,
    "u8": ramp.astype("u1") + 250,
    "bool": ramp % 2 == 1,
    "scalar": np.array(2.5, "<f4"),
    "empty": np.zeros((0, 3), "<f4"),
    "poids.é": np.array([7], "u1"),
}
specs = {
    name: safetensors.TensorSpec(
        dtype="bfloat16" if name == "bf16" else a.dtype.name,
        shape=a.shape,
        data_ptr=a.ctypes.data,
        data_len=a.nbytes,
    )
    for name, a in arrays.items()
}
with open("python.safetensors", "wb") as f:
    f.write(safetensors.serialize(specs, {"made by": "Python"}))
np.save("c_order.npy", arrays["f32"])
with open("fortran_big_endian.npy", "wb") as f:
    np.lib.format.write_array(f, np.asfortranarray((ramp - 2).astype(">i4")), version=(2, 0))
