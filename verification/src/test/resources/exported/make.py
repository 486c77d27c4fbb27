"""Makes the files beside it: small networks of the usual kinds, exported by PyTorch.

NAME.pt2 is the program; NAME.safetensors holds its inputs x0, x1, ... (n examples), its outputs f (n, c)
and their Jacobian j (c, n, d) in the order of named_parameters, by one backward per output and example.
Made with torch 2.13 and safetensors, in float64: python make.py [NAME ...]
"""

import sys

import torch
import torch.nn as nn
import torch.nn.functional as F
from safetensors.torch import save_file
from torch.export import Dim, export, save
from torch.nn.utils.parametrizations import weight_norm

N = 4
NETS = {}


def net(make):
    NETS[make.__name__] = make
    return make


class BasicBlock(nn.Module):
    def __init__(self, i, o, stride):
        super().__init__()
        self.conv1 = nn.Conv2d(i, o, 3, stride, 1, bias=False)
        self.bn1 = nn.BatchNorm2d(o)
        self.relu = nn.ReLU(inplace=True)
        self.conv2 = nn.Conv2d(o, o, 3, 1, 1, bias=False)
        self.bn2 = nn.BatchNorm2d(o)
        self.downsample = None
        if stride != 1 or i != o:
            self.downsample = nn.Sequential(nn.Conv2d(i, o, 1, stride, bias=False), nn.BatchNorm2d(o))

    def forward(self, x):
        skip = x if self.downsample is None else self.downsample(x)
        y = self.relu(self.bn1(self.conv1(x)))
        y = self.bn2(self.conv2(y))
        y += skip
        return self.relu(y)


class ResNet(nn.Module):
    def __init__(self, width=2):
        super().__init__()
        self.conv1 = nn.Conv2d(1, width, 3, 1, 1, bias=False)
        self.bn1 = nn.BatchNorm2d(width)
        self.relu = nn.ReLU(inplace=True)
        self.maxpool = nn.MaxPool2d(3, 2, 1)
        self.layer1 = nn.Sequential(BasicBlock(width, width, 1))
        self.layer2 = nn.Sequential(BasicBlock(width, 2 * width, 2))
        self.avgpool = nn.AdaptiveAvgPool2d((1, 1))
        self.fc = nn.Linear(2 * width, 3)

    def forward(self, x):
        x = self.maxpool(self.relu(self.bn1(self.conv1(x))))
        x = self.layer2(self.layer1(x))
        return self.fc(torch.flatten(self.avgpool(x), 1))


@net
def resnet():
    return ResNet(), (torch.randn(N, 1, 8, 8),), {}


@net
def resnet_fixed():
    return ResNet(), (torch.randn(N, 1, 8, 8),), {"dynamic": False}


@net
def resnet_decomposed():
    return ResNet(), (torch.randn(N, 1, 8, 8),), {"decompose": True}


class ViT(nn.Module):
    def __init__(self, e=4, heads=2):
        super().__init__()
        self.patch = nn.Conv2d(1, e, 4, 4)
        self.cls = nn.Parameter(torch.randn(1, 1, e))
        self.pos = nn.Parameter(torch.randn(1, 5, e))
        layer = nn.TransformerEncoderLayer(e, heads, 6, 0.1, F.gelu, batch_first=True, norm_first=True)
        self.encoder = nn.TransformerEncoder(layer, 1, enable_nested_tensor=False)
        self.norm = nn.LayerNorm(e)
        self.head = nn.Linear(e, 3)

    def forward(self, x):
        x = self.patch(x).flatten(2).transpose(1, 2)
        x = torch.cat([self.cls.expand(x.shape[0], -1, -1), x], 1) + self.pos
        return self.head(self.norm(self.encoder(x))[:, 0])


@net
def vit():
    return ViT(), (torch.randn(N, 1, 8, 8),), {}


@net
def vit_fixed():
    return ViT(), (torch.randn(N, 1, 8, 8),), {"dynamic": False}


@net
def vit_decomposed():
    return ViT(), (torch.randn(N, 1, 8, 8),), {"decompose": True}


class Attention(nn.Module):
    def __init__(self, e, heads):
        super().__init__()
        self.heads = heads
        self.qkv = nn.Linear(e, 3 * e)
        self.proj = nn.Linear(e, e)

    def forward(self, x):
        b, t, e = x.size()
        q, k, v = self.qkv(x).split(e, dim=2)
        q, k, v = (s.view(b, t, self.heads, e // self.heads).transpose(1, 2) for s in (q, k, v))
        y = F.scaled_dot_product_attention(q, k, v, is_causal=True)
        return self.proj(y.transpose(1, 2).contiguous().view(b, t, e))


class Block(nn.Module):
    def __init__(self, e, heads):
        super().__init__()
        self.ln1 = nn.LayerNorm(e)
        self.attn = Attention(e, heads)
        self.ln2 = nn.LayerNorm(e, bias=False)
        self.mlp = nn.Sequential(nn.Linear(e, 6), nn.GELU(approximate="tanh"), nn.Linear(6, e), nn.Dropout(0.1))

    def forward(self, x):
        x = x + self.attn(self.ln1(x))
        return x + self.mlp(self.ln2(x))


class Gpt(nn.Module):
    def __init__(self, vocabulary=5, context=6, e=4):
        super().__init__()
        self.wte = nn.Embedding(vocabulary, e)
        self.wpe = nn.Embedding(context, e)
        self.drop = nn.Dropout(0.1)
        self.h = nn.ModuleList([Block(e, 2)])
        self.ln_f = nn.LayerNorm(e)
        self.lm_head = nn.Linear(e, vocabulary, bias=False)
        self.lm_head.weight = self.wte.weight

    def forward(self, idx):
        positions = torch.arange(idx.size(1), device=idx.device)
        x = self.drop(self.wte(idx) + self.wpe(positions))
        for block in self.h:
            x = block(x)
        return self.lm_head(self.ln_f(x))[:, -1]


@net
def gpt():
    return Gpt(), (torch.randint(0, 5, (N, 5)),), {}


@net
def gpt_any_length():
    return Gpt(), (torch.randint(0, 5, (N, 5)),), {"shapes": ({0: Dim("b", min=1, max=64), 1: Dim("t", min=2, max=6)},)}


@net
def gpt_training():
    return Gpt(), (torch.randint(0, 5, (N, 5)),), {"train": True}


class UNet(nn.Module):
    def __init__(self):
        super().__init__()
        self.down1 = nn.Sequential(nn.Conv2d(1, 2, 3, padding="same"), nn.GroupNorm(1, 2), nn.SiLU())
        self.down2 = nn.Sequential(nn.Conv2d(2, 3, 3, padding=1), nn.InstanceNorm2d(3, affine=True), nn.SiLU())
        self.up = nn.ConvTranspose2d(3, 2, 2, stride=2)
        self.out = nn.Sequential(nn.Conv2d(4, 2, 3, padding=1), nn.LeakyReLU(0.1), nn.Conv2d(2, 1, 1))

    def forward(self, x):
        a = self.down1(x)
        b = self.down2(F.max_pool2d(a, 2))
        return F.avg_pool2d(self.out(torch.cat([self.up(b), a], 1)), 2).flatten(1)


@net
def unet():
    return UNet(), (torch.randn(N, 1, 4, 4),), {}


@net
def unet_decomposed():
    return UNet(), (torch.randn(N, 1, 4, 4),), {"decompose": True}


class Wave(nn.Module):
    """A 1-d convolutional net; the linear layers in between see (batch, time, channels)."""

    def __init__(self):
        super().__init__()
        self.net = nn.Sequential(nn.Conv1d(2, 4, 3, padding=1, groups=2), nn.BatchNorm1d(4), nn.PReLU(4))
        self.mix = nn.Linear(4, 3)
        self.pool = nn.AdaptiveAvgPool1d(2)
        self.fc = nn.Linear(6, 3)

    def forward(self, x):
        y = torch.tanh(self.mix(self.net(x).transpose(1, 2)))
        return self.fc(self.pool(y.transpose(1, 2)).reshape(x.shape[0], -1))


@net
def wave():
    return Wave(), (torch.randn(N, 2, 6),), {}


@net
def training():
    """Batch normalisation with the minibatch's statistics: refused."""
    return Wave(), (torch.randn(N, 2, 6),), {"train": True}


@net
def wave_decomposed():
    return Wave(), (torch.randn(N, 2, 6),), {"decompose": True}


class TwoInputs(nn.Module):
    """Several inputs, a lifted constant, a buffer, a scale of a layer's own, and a bare one."""

    def __init__(self):
        super().__init__()
        self.a = nn.Linear(3, 4)
        self.b = nn.Bilinear(4, 2, 3)
        self.c = nn.Linear(2, 4, bias=False)
        self.gain = nn.Parameter(torch.randn(4))
        self.register_buffer("mask", torch.tensor([1.0, 0.0, 2.0, 1.0]))

    def forward(self, x, y):
        h = torch.tanh(self.a(x)) * self.mask * self.gain + self.c(y) * torch.tensor([2.0, 1.0, 0.5, 1.0])
        return h[:, :3] * h[:, 1:] - h.pow(2).mean(1, keepdim=True) / self.gain.exp().sum()


@net
def two_inputs():
    net = TwoInputs()
    del net.b
    return net, (torch.randn(N, 3), torch.randn(N, 2)), {}


class Conv1D(nn.Module):
    """The linear layer of GPT-2, whose weight is (in, out)."""

    def __init__(self, i, o):
        super().__init__()
        self.weight = nn.Parameter(torch.randn(i, o))
        self.bias = nn.Parameter(torch.randn(o))

    def forward(self, x):
        size = x.size()[:-1] + (self.bias.shape[0],)
        return torch.addmm(self.bias, x.view(-1, x.size(-1)), self.weight).view(size)


class Scale(nn.Module):
    def __init__(self, e):
        super().__init__()
        self.gamma = nn.Parameter(torch.randn(e))

    def forward(self, x):
        return x * self.gamma


class Odd(nn.Module):
    """Products with (in, out), a scale, weight normalisation, a low-rank update, a slice of a table."""

    def __init__(self):
        super().__init__()
        self.first = Conv1D(3, 4)
        self.scale = Scale(4)
        self.w = nn.Parameter(torch.randn(4, 4))
        self.wn = weight_norm(nn.Linear(4, 3))
        self.frozen = nn.Linear(3, 3)
        self.down = nn.Parameter(torch.randn(1, 3))
        self.up = nn.Parameter(torch.randn(3, 1))
        self.table = nn.Parameter(torch.randn(7, 4))

    def forward(self, x):
        x = self.scale(torch.tanh(self.first(x))) + self.table[1:6]
        x = self.wn(torch.tanh(x @ self.w))
        return (F.linear(x, self.frozen.weight + self.up @ self.down, self.frozen.bias)).mean(1)


@net
def odd():
    return Odd(), (torch.randn(N, 5, 3),), {}


class Mixed(nn.Module):
    """A use of a parameter that no rule covers."""

    def __init__(self):
        super().__init__()
        self.fc = nn.Linear(3, 3)
        self.m = nn.Parameter(torch.randn(3, 3))

    def forward(self, x):
        h = torch.tanh(self.fc(x))
        return torch.einsum("ni,ij,nj->n", h, self.m, h).unsqueeze(1)


@net
def uncovered():
    return Mixed(), (torch.randn(N, 3),), {}


class Perceiver(nn.Module):
    """Learned queries that attend to the inputs."""

    def __init__(self, e=4):
        super().__init__()
        self.queries = nn.Parameter(torch.randn(2, e))
        self.embed = nn.Linear(3, e)
        self.attn = nn.MultiheadAttention(e, 2, batch_first=True)
        self.norm = nn.RMSNorm(e)
        self.fc = nn.Linear(2 * e, 3)

    def forward(self, x):
        x = self.embed(x)
        q = self.queries.unsqueeze(0).repeat(x.size(0), 1, 1)
        y, _ = self.attn(q, x, x, need_weights=False)
        return self.fc(self.norm(y).flatten(1))


@net
def perceiver():
    return Perceiver(), (torch.randn(N, 3, 3),), {}


@net
def perceiver_decomposed():
    return Perceiver(), (torch.randn(N, 3, 3),), {"decompose": True}


class InPlace(nn.Module):
    """Overwrites a slice, which is a view of what is used later: refused."""

    def __init__(self):
        super().__init__()
        self.fc = nn.Linear(3, 3)

    def forward(self, x):
        h = self.fc(x)
        h[:, 0] = 1
        return h


@net
def in_place():
    return InPlace(), (torch.randn(N, 3),), {}


@net
def in_place_decomposed():
    return InPlace(), (torch.randn(N, 3),), {"decompose": True}


class Detached(nn.Module):
    """A weight whose second use gets no gradient."""

    def __init__(self):
        super().__init__()
        self.fc = nn.Linear(3, 3)

    def forward(self, x):
        h = torch.tanh(self.fc(x))
        return F.linear(h, self.fc.weight.detach()) * self.fc.bias.detach() + h.detach()


@net
def detached():
    return Detached(), (torch.randn(N, 3),), {}


class Frames(nn.Module):
    """A convolution over the frames of a film, which are folded into the batch."""

    def __init__(self):
        super().__init__()
        self.conv = nn.Conv2d(1, 2, 3)
        self.bn = nn.BatchNorm2d(2)
        self.fc = nn.Linear(8, 3)

    def forward(self, x):
        b, t, c, h, w = x.shape
        y = torch.tanh(self.bn(self.conv(x.reshape(b * t, c, h, w)))).reshape(b, t, -1)
        return self.fc(y).sum(1)


@net
def frames():
    return Frames(), (torch.randn(N, 2, 1, 4, 4),), {}


class Packed(nn.Module):
    """Causal attention whose queries, keys and values come from one layer."""

    def __init__(self):
        super().__init__()
        self.qkv = nn.Linear(4, 12)
        self.out = nn.Linear(4, 3)

    def forward(self, x):
        b, t, d = x.shape
        q, k, v = self.qkv(x).view(b, t, 3, 2, 2).permute(2, 0, 3, 1, 4)
        y = F.scaled_dot_product_attention(q, k, v, is_causal=True)
        return self.out(y.transpose(1, 2).reshape(b, t, d)).sum(1)


@net
def packed():
    return Packed(), (torch.randn(N, 3, 4),), {}


@net
def packed_fixed():
    return Packed(), (torch.randn(N, 3, 4),), {"dynamic": False}


@net
def packed_decomposed():
    return Packed(), (torch.randn(N, 3, 4),), {"decompose": True}


class Norms(nn.Module):
    """Every normalisation by statistics of the input, with and without parameters, and a softmax."""

    def __init__(self):
        super().__init__()
        self.conv = nn.Conv2d(1, 4, 3, padding=1)
        self.group = nn.GroupNorm(2, 4)
        self.bare_group = nn.GroupNorm(2, 4, affine=False)
        self.mix = nn.Conv2d(4, 4, 1)
        self.instance = nn.InstanceNorm2d(4, affine=True)
        self.bare_instance = nn.InstanceNorm2d(4)
        self.fc = nn.Linear(36, 6)
        self.layer = nn.LayerNorm(6)
        self.rms = nn.RMSNorm(6)
        self.bare_layer = nn.LayerNorm(6, elementwise_affine=False)
        self.bare_rms = nn.RMSNorm(6, elementwise_affine=False)
        self.out = nn.Linear(6, 3)

    def forward(self, x):
        y = torch.tanh(self.group(self.conv(x)))
        y = y + self.bare_group(self.mix(y))
        y = self.instance(torch.tanh(y)) + self.bare_instance(y)
        y = self.fc(y.flatten(1))
        y = self.layer(y) + self.bare_layer(y * y)
        y = self.rms(y * torch.sigmoid(y)) + self.bare_rms(y)
        return self.out(y * torch.softmax(y, 1) + torch.log_softmax(y, 1))


@net
def norms():
    return Norms(), (torch.randn(N, 1, 3, 3),), {}


@net
def norms_decomposed():
    return Norms(), (torch.randn(N, 1, 3, 3),), {"decompose": True}


def jacobian(model, inputs):
    parameters = list(model.parameters())
    rows = []
    for i in range(N):
        out = model(*(x[i : i + 1] for x in inputs)).flatten()
        rows.append(
            torch.stack(
                [
                    torch.cat(
                        [
                            torch.zeros_like(p).flatten() if g is None else g.flatten()
                            for p, g in zip(
                                parameters, torch.autograd.grad(o, parameters, retain_graph=True, allow_unused=True)
                            )
                        ]
                    )
                    for o in out
                ]
            )
        )
    return torch.stack(rows, 1)


def main(names):
    torch.set_num_threads(1)
    torch.set_default_dtype(torch.float64)
    for name in names or NETS:
        torch.manual_seed(1)
        model, inputs, options = NETS[name]()
        for module in model.modules():
            if isinstance(module, nn.modules.batchnorm._BatchNorm):
                module.running_mean.normal_()
                module.running_var.uniform_(0.5, 2)
            if isinstance(module, (nn.modules.batchnorm._BatchNorm, nn.LayerNorm, nn.GroupNorm, nn.InstanceNorm2d, nn.RMSNorm)):
                with torch.no_grad():
                    for p in module.parameters():
                        p.normal_()
        model.eval()
        f = model(*inputs).detach()
        j = jacobian(model, inputs).detach()
        if options.get("train"):
            model.train()
        shapes = options.get("shapes", tuple({0: Dim("batch", min=1, max=4096)} for _ in inputs))
        program = export(model, inputs, dynamic_shapes=shapes if options.get("dynamic", True) else None)
        if options.get("decompose"):
            program = program.run_decompositions()
        save(program, name + ".pt2")
        tensors = {f"x{k}": x.contiguous() for k, x in enumerate(inputs)}
        save_file({**tensors, "f": f.contiguous(), "j": j.contiguous()}, name + ".safetensors")
        print(name, tuple(f.shape), tuple(j.shape))


if __name__ == "__main__":
    main(sys.argv[1:])
