#!/usr/bin/env python3
"""Exports networks of the usual kinds from PyTorch, with what PyTorch says of them, so that a test can hold the library
against it:

    python3 benchmarks/peers/export_nets.py FOLDER [--width W] [--only NAME ...]
    mvn -pl verification -am test -Dtest=ExportedFolderTest -Dsurefire.failIfNoSpecifiedTests=false \
        -Dnngeometry.exports=$PWD/FOLDER

Each NET makes NET.pt2, NET-decomposed.pt2 (run_decompositions) and NET-fixed.pt2 (the number of examples fixed), each
with a .safetensors file beside it, in float64: inputs x0, x1, ...; the outputs f (n, ...); a cotangent s of their shape; for
every parameter, g.NAME, the gradient of sum(f * s). --width scales the networks: 8 takes seconds, 64 gives a ResNet-50 of
23 M parameters. Made with torch 2.13 and safetensors 0.8.
"""
import argparse
import pathlib

import torch
import torch.nn as nn
import torch.nn.functional as F
from safetensors.torch import save_file
from torch.export import Dim, export, save
from torch.nn.utils.parametrizations import weight_norm

N = 3
CLASSES = 7
TOKENS = 11
NETS = {}


def net(make):
    """A function of the width that gives a network and its inputs."""
    NETS[make.__name__] = make
    return make


def batch(c):
    return nn.BatchNorm2d(c)


def group(c):
    return nn.GroupNorm(min(4, c), c)


def none(c):
    return nn.Identity()


class Basic(nn.Module):
    def __init__(self, i, o, stride, norm):
        super().__init__()
        self.conv1, self.norm1 = nn.Conv2d(i, o, 3, stride, 1, bias=norm is none), norm(o)
        self.conv2, self.norm2 = nn.Conv2d(o, o, 3, 1, 1, bias=norm is none), norm(o)
        self.relu = nn.ReLU(inplace=True)
        self.down = nn.Identity() if stride == 1 and i == o else nn.Sequential(nn.Conv2d(i, o, 1, stride), norm(o))

    def forward(self, x):
        y = self.norm2(self.conv2(self.relu(self.norm1(self.conv1(x)))))
        y += self.down(x)
        return self.relu(y)


class Bottleneck(nn.Module):
    def __init__(self, i, m, stride, norm):
        super().__init__()
        self.layers = nn.Sequential(
            nn.Conv2d(i, m, 1), norm(m), nn.ReLU(inplace=True),
            nn.Conv2d(m, m, 3, stride, 1), norm(m), nn.ReLU(inplace=True),
            nn.Conv2d(m, 4 * m, 1), norm(4 * m),
        )
        self.down = nn.Identity() if i == 4 * m else nn.Sequential(nn.Conv2d(i, 4 * m, 1, stride), norm(4 * m))

    def forward(self, x):
        return F.relu(self.layers(x) + self.down(x))


class ResNet(nn.Module):
    def __init__(self, block, counts, width, norm):
        super().__init__()
        self.stem = nn.Sequential(nn.Conv2d(3, width, 7, 2, 3), norm(width), nn.ReLU(inplace=True), nn.MaxPool2d(3, 2, 1))
        blocks, i = [], width
        for k, count in enumerate(counts):
            for j in range(count):
                blocks.append(block(i, width << k, 2 if j == 0 and k > 0 else 1, norm))
                i = (4 if block is Bottleneck else 1) * (width << k)
        self.blocks = nn.Sequential(*blocks)
        self.fc = nn.Linear(i, CLASSES)

    def forward(self, x):
        return self.fc(F.adaptive_avg_pool2d(self.blocks(self.stem(x)), 1).flatten(1))


def images(size=32):
    return (torch.randn(N, 3, size, size),)


@net
def resnet18(w):
    return ResNet(Basic, [2, 2, 2, 2], w, batch), images()


@net
def resnet18_group_norm(w):
    return ResNet(Basic, [2, 2, 2, 2], w, group), images()


@net
def resnet50(w):
    return ResNet(Bottleneck, [3, 4, 6, 3], w, batch), images(64)


@net
def resnet50_no_norm(w):
    return ResNet(Bottleneck, [3, 4, 6, 3], w, none), images(64)


class Attention(nn.Module):
    def __init__(self, dim, heads, causal):
        super().__init__()
        self.heads, self.causal = heads, causal
        self.qkv, self.out = nn.Linear(dim, 3 * dim), nn.Linear(dim, dim)

    def forward(self, x):
        b, t, d = x.shape
        q, k, v = self.qkv(x).view(b, t, 3, self.heads, d // self.heads).permute(2, 0, 3, 1, 4)
        y = F.scaled_dot_product_attention(q, k, v, is_causal=self.causal)
        return self.out(y.transpose(1, 2).reshape(b, t, d))


class PreNorm(nn.Module):
    def __init__(self, dim, causal):
        super().__init__()
        self.norm1, self.attention = nn.LayerNorm(dim), Attention(dim, 2, causal)
        self.norm2, self.mlp = nn.LayerNorm(dim), nn.Sequential(nn.Linear(dim, 4 * dim), nn.GELU(), nn.Linear(4 * dim, dim))

    def forward(self, x):
        x = x + self.attention(self.norm1(x))
        return x + self.mlp(self.norm2(x))


class Gpt(nn.Module):
    """Pre-norm blocks; the last layer is tied to the embedding."""

    def __init__(self, dim):
        super().__init__()
        self.tokens, self.places = nn.Embedding(TOKENS, dim), nn.Embedding(16, dim)
        self.blocks = nn.Sequential(*(PreNorm(dim, True) for _ in range(3)))
        self.norm, self.head = nn.LayerNorm(dim), nn.Linear(dim, TOKENS, bias=False)
        self.head.weight = self.tokens.weight

    def forward(self, x):
        h = self.tokens(x) + self.places(torch.arange(x.shape[1]))
        return self.head(self.norm(self.blocks(h)))


@net
def gpt(w):
    return Gpt(4 * w), (torch.randint(0, TOKENS, (N, 6)),)


class Vit(nn.Module):
    def __init__(self, dim):
        super().__init__()
        self.patches = nn.Conv2d(3, dim, 8, 8)
        self.token = nn.Parameter(torch.randn(1, 1, dim))
        self.places = nn.Parameter(torch.randn(1, 17, dim))
        self.blocks = nn.Sequential(*(PreNorm(dim, False) for _ in range(2)))
        self.norm, self.head = nn.LayerNorm(dim), nn.Linear(dim, CLASSES)

    def forward(self, x):
        h = self.patches(x).flatten(2).transpose(1, 2)
        h = torch.cat([self.token.expand(x.shape[0], -1, -1), h], 1) + self.places
        return self.head(self.norm(self.blocks(h))[:, 0])


@net
def vit(w):
    return Vit(4 * w), images()


@net
def encoder(w):
    layer = nn.TransformerEncoderLayer(4 * w, 2, 8 * w, batch_first=True, norm_first=True)
    return nn.Sequential(nn.TransformerEncoder(layer, 2, enable_nested_tensor=False), nn.Flatten(), nn.Linear(20 * w, CLASSES)), (
        torch.randn(N, 5, 4 * w),
    )


class Gated(nn.Module):
    """RMS norms and a gated linear unit, as decoders of language have them."""

    def __init__(self, dim):
        super().__init__()
        self.tokens = nn.Embedding(TOKENS, dim, padding_idx=0)
        self.norm1, self.attention = nn.RMSNorm(dim), Attention(dim, 2, True)
        self.norm2, self.gate, self.up = nn.RMSNorm(dim), nn.Linear(dim, 2 * dim, False), nn.Linear(dim, 2 * dim, False)
        self.down, self.norm3, self.head = nn.Linear(2 * dim, dim, False), nn.RMSNorm(dim), nn.Linear(dim, TOKENS)

    def forward(self, x):
        h = self.tokens(x)
        h = h + self.attention(self.norm1(h))
        y = self.norm2(h)
        h = h + self.down(F.silu(self.gate(y)) * self.up(y))
        return self.head(self.norm3(h))


@net
def gated(w):
    return Gated(4 * w), (torch.randint(0, TOKENS, (N, 6)),)


class UNet(nn.Module):
    def __init__(self, w):
        super().__init__()
        self.down1 = nn.Sequential(nn.Conv2d(3, w, 3, padding="same"), nn.GroupNorm(2, w), nn.SiLU())
        self.down2 = nn.Sequential(nn.Conv2d(w, 2 * w, 3, 2, 1), nn.InstanceNorm2d(2 * w, affine=True), nn.SiLU())
        self.middle = nn.Sequential(nn.Conv2d(2 * w, 2 * w, 3, padding=2, dilation=2), nn.PReLU(2 * w))
        self.up = nn.ConvTranspose2d(2 * w, w, 4, 2, 1)
        self.out = nn.Sequential(nn.Conv2d(2 * w, w, 3, padding=1, padding_mode="reflect"), nn.LeakyReLU(0.1), nn.Conv2d(w, 2, 1))

    def forward(self, x):
        a = self.down1(x)
        return self.out(torch.cat([self.up(self.middle(self.down2(a))), a], 1))


@net
def unet(w):
    return UNet(w), images(8)


@net
def wave(w):
    return nn.Sequential(
        weight_norm(nn.Conv1d(2, w, 5, stride=2)), nn.ReLU(),
        nn.Conv1d(w, w, 3, groups=w), nn.Conv1d(w, 2 * w, 1), nn.BatchNorm1d(2 * w), nn.GELU(),
        nn.AdaptiveAvgPool1d(1), nn.Flatten(), nn.Linear(2 * w, CLASSES),
    ), (torch.randn(N, 2, 40),)


class Modulated(nn.Module):
    """Two inputs: an image, and a vector that scales and shifts its channels."""

    def __init__(self, w):
        super().__init__()
        self.conv1, self.conv2 = nn.Conv2d(3, w, 3, padding=1), nn.Conv2d(w, w, 3, padding=1)
        self.film, self.fc = nn.Linear(5, 2 * w), nn.Linear(w, CLASSES)

    def forward(self, x, z):
        scale, shift = self.film(z)[:, :, None, None].chunk(2, 1)
        y = torch.tanh(self.conv1(x)) * (1 + scale) + shift
        return self.fc(torch.relu(self.conv2(y)).mean((2, 3)))


@net
def two_inputs(w):
    return Modulated(w), (torch.randn(N, 3, 8, 8), torch.randn(N, 5))


class Siamese(nn.Module):
    """One network on two inputs: every layer is used twice."""

    def __init__(self, w):
        super().__init__()
        self.body = nn.Sequential(nn.Linear(6, 4 * w), nn.Tanh(), nn.Linear(4 * w, 4 * w), nn.Tanh())
        self.head = nn.Linear(4 * w, CLASSES)

    def forward(self, a, b):
        return self.head((self.body(a) - self.body(b)) ** 2)


@net
def siamese(w):
    return Siamese(w), (torch.randn(N, 6), torch.randn(N, 6))


class ConvNext(nn.Module):
    """Depthwise convolutions, layer norms over the last axis, layer scales."""

    def __init__(self, w):
        super().__init__()
        self.stem, self.deep = nn.Conv2d(3, w, 4, 4), nn.Conv2d(w, w, 7, padding=3, groups=w)
        self.norm, self.up, self.down = nn.LayerNorm(w, 1e-6), nn.Linear(w, 4 * w), nn.Linear(4 * w, w)
        self.scale, self.head = nn.Parameter(torch.randn(w)), nn.Linear(w, CLASSES)

    def forward(self, x):
        h = self.stem(x)
        y = self.norm(self.deep(h).permute(0, 2, 3, 1))
        y = self.scale * self.down(F.gelu(self.up(y)))
        return self.head((h + y.permute(0, 3, 1, 2)).mean((2, 3)))


@net
def convnext(w):
    return ConvNext(w), images(16)


class Squeezed(nn.Module):
    """Inverted bottlenecks with squeeze and excitation, as in efficient networks."""

    def __init__(self, w):
        super().__init__()
        self.stem = nn.Sequential(nn.Conv2d(3, w, 3, 2, 1, bias=False), nn.BatchNorm2d(w), nn.SiLU())
        self.up = nn.Sequential(nn.Conv2d(w, 4 * w, 1, bias=False), nn.BatchNorm2d(4 * w), nn.SiLU())
        self.deep = nn.Sequential(nn.Conv2d(4 * w, 4 * w, 3, 1, 1, groups=4 * w, bias=False), nn.BatchNorm2d(4 * w), nn.Hardswish())
        self.squeeze = nn.Sequential(nn.AdaptiveAvgPool2d(1), nn.Conv2d(4 * w, w, 1), nn.ReLU(), nn.Conv2d(w, 4 * w, 1), nn.Sigmoid())
        self.down, self.head = nn.Sequential(nn.Conv2d(4 * w, w, 1, bias=False), nn.BatchNorm2d(w)), nn.Linear(w, CLASSES)

    def forward(self, x):
        h = self.stem(x)
        y = self.deep(self.up(h))
        return self.head((h + self.down(y * self.squeeze(y))).mean((2, 3)))


@net
def squeezed(w):
    return Squeezed(w), images(16)


class Mixer(nn.Module):
    def __init__(self, w):
        super().__init__()
        self.patches, self.norm1, self.norm2 = nn.Conv2d(3, 4 * w, 4, 4), nn.LayerNorm(4 * w), nn.LayerNorm(4 * w)
        self.tokens = nn.Sequential(nn.Linear(16, 2 * w), nn.GELU(), nn.Linear(2 * w, 16))
        self.channels = nn.Sequential(nn.Linear(4 * w, 8 * w), nn.GELU(), nn.Linear(8 * w, 4 * w))
        self.head = nn.Linear(4 * w, CLASSES)

    def forward(self, x):
        h = self.patches(x).flatten(2).transpose(1, 2)
        h = h + self.tokens(self.norm1(h).transpose(1, 2)).transpose(1, 2)
        return self.head((h + self.channels(self.norm2(h))).mean(1))


@net
def mixer(w):
    return Mixer(w), images(16)


class Dense(nn.Module):
    def __init__(self, w):
        super().__init__()
        self.stem = nn.Conv2d(3, w, 3, padding=1)
        self.layers = nn.ModuleList(
            nn.Sequential(nn.BatchNorm2d((k + 1) * w), nn.ReLU(), nn.Conv2d((k + 1) * w, w, 3, padding=1)) for k in range(3)
        )
        self.head = nn.Linear(4 * w, CLASSES)

    def forward(self, x):
        h = self.stem(x)
        for layer in self.layers:
            h = torch.cat([h, layer(h)], 1)
        return self.head(F.avg_pool2d(h, 4).mean((2, 3)))


@net
def dense(w):
    return Dense(w), images(8)


def write(folder, name, program, tensors):
    save(program, str(folder / (name + ".pt2")))
    save_file(tensors, str(folder / (name + ".safetensors")))
    print(name, sum(t.numel() for k, t in tensors.items() if k.startswith("g.")), "parameters", flush=True)


def make(folder, name, width):
    torch.manual_seed(1)
    model, inputs = NETS[name](width)
    for module in model.modules():
        if isinstance(module, nn.modules.batchnorm._BatchNorm):
            module.running_mean.normal_()
            module.running_var.uniform_(0.5, 2)
    model.eval()
    f = model(*inputs)
    s = torch.randn_like(f)
    named = dict(model.named_parameters())
    gradients = torch.autograd.grad((f * s).sum(), list(named.values()))
    tensors = {f"x{k}": x.contiguous() for k, x in enumerate(inputs)}
    tensors |= {"f": f.detach().contiguous(), "s": s.contiguous()}
    tensors |= {"g." + key: g.contiguous() for key, g in zip(named, gradients)}
    shapes = tuple({0: Dim("batch", min=1, max=4096)} for _ in inputs)
    program = export(model, inputs, dynamic_shapes=shapes)
    write(folder, name, program, tensors)
    write(folder, name + "-decomposed", program.run_decompositions(), tensors)
    write(folder, name + "-fixed", export(model, inputs), tensors)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=pathlib.Path)
    parser.add_argument("--width", type=int, default=8)
    parser.add_argument("--only", nargs="+", choices=NETS, metavar="NAME", help=", ".join(NETS))
    given = parser.parse_args()
    torch.set_default_dtype(torch.float64)
    given.folder.mkdir(parents=True, exist_ok=True)
    for name in given.only or NETS:
        make(given.folder, name, given.width)


if __name__ == "__main__":
    main()
