"""Makes the .pt files beside it with torch.save (torch 2.13); expected.safetensors has the tensors of state_dict.pt."""

import os
from collections import OrderedDict

import torch
from safetensors.torch import save_file

torch.manual_seed(1)
ramp = torch.arange(6).reshape(2, 3)
state = OrderedDict(
    f64=ramp.double() / 3,
    f32=ramp.float() / 4,
    f16=(ramp / 8).half(),
    bf16=(ramp / 2).bfloat16(),
    i64=ramp - (1 << 62),
    i32=(ramp - (1 << 30)).int(),
    i16=(ramp - 300).short(),
    i8=(ramp - 3).char(),
    u8=(ramp + 250).to(torch.uint8),
    bool=ramp % 2 == 1,
    scalar=torch.tensor(2.5),
    empty=torch.zeros(0, 3),
)
big = torch.randn(5, 4)
state["transposed"] = big.t()
state["slice"] = big[1:4, ::2]
state["parameter"] = torch.nn.Parameter(torch.randn(3))
state["tied.a"] = torch.randn(2, 2)
state["tied.b"] = state["tied.a"]
state._metadata = OrderedDict({"": {"version": 1}})
torch.save(state, "state_dict.pt")
save_file({k: v.detach().clone().contiguous() for k, v in state.items()}, "expected.safetensors")


class Net(torch.nn.Module):
    def __init__(self):
        super().__init__()
        self.fc1 = torch.nn.Linear(3, 4)
        self.bn = torch.nn.BatchNorm1d(4)
        self.fc2 = torch.nn.Linear(4, 2)


net = Net()
torch.save({"model": net.bfloat16().state_dict(), "epoch": 3, "lr": 0.1, "optimizer": {"state": {0: {"step": torch.tensor(5.0)}}, "param_groups": [{"betas": (0.9, 0.999), "fused": None, "params": [0, 1]}]}}, "checkpoint.pth")
torch.save(net, "module.pt")


class Evil:
    def __reduce__(self):
        return os.system, ("touch /tmp/nngeometry-was-here",)


torch.save({"a": Evil()}, "evil.pt")
torch.save({"a": torch.ones(2)}, "legacy.pt", _use_new_zipfile_serialization=False)
torch.save(torch.ones(2, dtype=torch.complex64), "complex.pt")
torch.jit.save(torch.jit.script(torch.nn.Linear(2, 2)), "script.pt")
