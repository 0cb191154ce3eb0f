"""The five published heavy networks in plain PyTorch (1.13 suffices).

Every parameter has the name and shape it has in the published checkpoints, so that a checkpoint loads
strictly. What follows the last layer of a checkpoint (sigmoid, tanh, scale) is part of forward() where the
published class has it there. Inputs are float32, batch first; image axes are (x, y), (z, x, y) or as said below.
"""
from collections import OrderedDict

import torch
from torch import nn
from torch.nn import functional as F


# ---- BM: DenseNet with 64 slices as channels ----

class DenseLayer(nn.Module):
    def __init__(self, channels, growth=32, bottleneck=4, dropout=0.1):
        super().__init__()
        self.layers = nn.Sequential(OrderedDict(
            norm1=nn.BatchNorm2d(channels), relu1=nn.ReLU(),
            conv1=nn.Conv2d(channels, bottleneck * growth, 1, bias=False),
            norm2=nn.BatchNorm2d(bottleneck * growth), relu2=nn.ReLU(),
            conv2=nn.Conv2d(bottleneck * growth, growth, 3, padding=1, bias=False),
            dropout=nn.Dropout2d(dropout)))

    def forward(self, x):
        return torch.cat([x, self.layers(x)], 1)


class BM(nn.Module):
    """[n, 64, 224, 224] -> [n, 1], the logit of P(distance)."""

    def __init__(self, blocks=5, layers=4, first=64, growth=32):
        super().__init__()
        features = OrderedDict(conv0=nn.Conv2d(64, first, 7, 2, 3, bias=False), norm0=nn.BatchNorm2d(first),
                               relu0=nn.ReLU(), pool0=nn.MaxPool2d(3, 2, 1))
        channels = first
        for b in range(1, blocks + 1):
            features[f"denseblock{b}"] = nn.Sequential(OrderedDict(
                (f"denselayer{k + 1}", DenseLayer(channels + k * growth, growth)) for k in range(layers)))
            channels += layers * growth
            if b < blocks:
                features[f"transition{b}"] = nn.Sequential(OrderedDict(
                    norm=nn.BatchNorm2d(channels), relu=nn.ReLU(),
                    conv=nn.Conv2d(channels, channels // 2, 1, bias=False), pool=nn.AvgPool2d(2, 2)))
                channels //= 2
        features["norm5"] = nn.BatchNorm2d(channels)
        self.features = nn.Sequential(features)
        self.class_layers = nn.Sequential(OrderedDict(
            relu=nn.ReLU(), pool=nn.AdaptiveAvgPool2d(1), flatten=nn.Flatten(1), out=nn.Linear(channels, 1)))

    def forward(self, x):
        return self.class_layers(self.features(x))


# ---- residual networks: CW in the plane, SN in space ----

class Basic(nn.Module):
    def __init__(self, conv, norm, cin, cout, stride=1, dilation=1):
        super().__init__()
        self.conv1 = conv(cin, cout, 3, stride, dilation, dilation, bias=False)
        self.bn1 = norm(cout)
        self.conv2 = conv(cout, cout, 3, 1, dilation, dilation, bias=False)
        self.bn2 = norm(cout)
        self.downsample = None
        if stride != 1 or cin != cout:
            self.downsample = nn.Sequential(conv(cin, cout, 1, stride, bias=False), norm(cout))

    def forward(self, x):
        y = self.bn2(self.conv2(F.relu(self.bn1(self.conv1(x)))))
        return F.relu(y + (x if self.downsample is None else self.downsample(x)))


def stage(conv, norm, cin, cout, count, stride=1, dilation=1):
    return nn.Sequential(*[Basic(conv, norm, cout if i else cin, cout, 1 if i else stride, dilation)
                           for i in range(count)])


class CW(nn.Module):
    """ResNet-18; [n, 1, x, y] in HU -> [n, 2], logits of after and before the plane."""

    def __init__(self):
        super().__init__()
        make = lambda *a: stage(nn.Conv2d, nn.BatchNorm2d, *a)
        self.conv1 = nn.Conv2d(1, 64, 7, 2, 3, bias=False)
        self.bn1 = nn.BatchNorm2d(64)
        self.layer1, self.layer2 = make(64, 64, 2), make(64, 128, 2, 2)
        self.layer3, self.layer4 = make(128, 256, 2, 2), make(256, 512, 2, 2)
        self.fc = nn.Linear(512, 2)

    def forward(self, x):
        x = F.max_pool2d(F.relu(self.bn1(self.conv1(x))), 3, 2, 1)
        x = self.layer4(self.layer3(self.layer2(self.layer1(x))))
        return self.fc(x.mean((2, 3)))


class SN(nn.Module):
    """3-D ResNet-34, dilated; [n, 1, 32, 224, 224] (z, x, y) -> [n] logit of "plane inside", [n] its place 0..1."""

    def __init__(self):
        super().__init__()
        make = lambda *a: stage(nn.Conv3d, nn.BatchNorm3d, *a)
        self.backbone = nn.Sequential(OrderedDict(
            conv1=nn.Conv3d(1, 64, 7, 2, 3, bias=False), bn1=nn.BatchNorm3d(64), relu=nn.ReLU(),
            maxpool=nn.MaxPool3d(3, 2, 1), layer1=make(64, 64, 3), layer2=make(64, 128, 4, 2),
            layer3=make(128, 256, 6, 1, 2), layer4=make(256, 512, 3, 1, 4)))
        self.fc11, self.fc12 = nn.Linear(2048, 256), nn.Linear(256, 1)
        self.fc21, self.fc22 = nn.Linear(2048, 256), nn.Linear(256, 1)
        self.dropout = nn.Dropout(0.5)

    def forward(self, x):
        x = F.max_pool3d(self.backbone(x), (1, 28, 28))
        x = self.dropout(x.flatten(1))
        inside = self.fc12(F.relu(self.fc11(x)))
        place = torch.sigmoid(self.fc22(F.relu(self.fc21(x))))
        return inside.squeeze(-1), place.squeeze(-1)


# ---- MH: EfficientNet-B3 ----

class SamePad(nn.Conv2d):
    """A convolution padded as for an image of `size` rows and columns, more on the right, whatever comes in."""

    def __init__(self, cin, cout, kernel, stride, size, **more):
        super().__init__(cin, cout, kernel, stride, bias=more.pop("bias", False), **more)
        pad = max((-(-size // stride) - 1) * stride + kernel - size, 0)
        self.around = (pad // 2, pad - pad // 2) * 2

    def forward(self, x):
        return super().forward(F.pad(x, self.around) if self.around[1] else x)

    def plain(self):
        """The same as an ordinary convolution: where more is padded on the right, a kernel with a row and a column of
        zeros in front, padded alike on both sides. ONNX needs no operator for padding then."""
        before, after = self.around[0], self.around[1]
        kernel = self.kernel_size[0] + after - before
        conv = nn.Conv2d(self.in_channels, self.out_channels, kernel, self.stride, after, groups=self.groups,
                         bias=self.bias is not None)
        with torch.no_grad():
            conv.weight.copy_(F.pad(self.weight, (after - before, 0) * 2))
            if self.bias is not None:
                conv.bias.copy_(self.bias)
        return conv


def norm_b3(channels):
    return nn.BatchNorm2d(channels, eps=1e-3, momentum=0.01)


class MobileBlock(nn.Module):
    def __init__(self, cin, cout, kernel, stride, expand, size):
        super().__init__()
        mid, squeezed = cin * expand, max(1, cin // 4)
        if expand != 1:
            self._expand_conv = SamePad(cin, mid, 1, 1, size)
            self._bn0 = norm_b3(mid)
        self._depthwise_conv = SamePad(mid, mid, kernel, stride, size, groups=mid)
        self._bn1 = norm_b3(mid)
        self._se_reduce = nn.Conv2d(mid, squeezed, 1)
        self._se_expand = nn.Conv2d(squeezed, mid, 1)
        self._project_conv = SamePad(mid, cout, 1, 1, size)
        self._bn2 = norm_b3(cout)
        self.expand, self.skip = expand != 1, stride == 1 and cin == cout

    def forward(self, x):
        y = F.silu(self._bn0(self._expand_conv(x))) if self.expand else x
        y = F.silu(self._bn1(self._depthwise_conv(y)))
        s = self._se_expand(F.silu(self._se_reduce(y.mean((2, 3), keepdim=True))))
        y = self._bn2(self._project_conv(torch.sigmoid(s) * y))
        return x + y if self.skip else y


class EfficientNetB3(nn.Module):
    STAGES = [(1, 3, 1, 1, 24, 2), (2, 3, 2, 6, 32, 3), (2, 5, 2, 6, 48, 3), (2, 3, 2, 6, 96, 5),
              (1, 5, 1, 6, 136, 5), (2, 5, 2, 6, 232, 6), (1, 3, 1, 6, 384, 2)]

    def __init__(self, channels=9):
        super().__init__()
        # The published stem, replaced for nine channels, is not padded.
        self._conv_stem = nn.Conv2d(channels, 40, 3, 2, bias=False)
        self._bn0 = norm_b3(40)
        size, cin, blocks = 150, 40, []
        for _, kernel, stride, expand, cout, count in self.STAGES:
            for i in range(count):
                blocks.append(MobileBlock(cin, cout, kernel, 1 if i else stride, expand, size))
                size, cin = -(-size // (1 if i else stride)), cout
        self._blocks = nn.ModuleList(blocks)
        self._conv_head = nn.Conv2d(cin, 1536, 1, bias=False)
        self._bn1 = norm_b3(1536)
        self._dropout = nn.Dropout(0.3)
        self._fc = nn.Linear(1536, 1)

    def forward(self, x):
        x = F.silu(self._bn0(self._conv_stem(x)))
        for block in self._blocks:
            x = block(x)
        x = F.silu(self._bn1(self._conv_head(x)))
        return self._fc(self._dropout(x.mean((2, 3))))


class MH(nn.Module):
    """[n, 9, 300, 300] (plane, across, z) in 0..1 -> [n, 1], the row of z in 0..300."""

    def __init__(self):
        super().__init__()
        self.efficientnet = EfficientNetB3()

    def forward(self, x):
        return 150 * (torch.tanh(self.efficientnet(x)) + 1)


# ---- EK: EfficientNet-es, pruned ----

class EdgeBlock(nn.Module):
    def __init__(self, cin, mid, cout, stride):
        super().__init__()
        self.conv_exp = nn.Conv2d(cin, mid, 3, stride, 1, bias=False)
        self.bn1 = nn.BatchNorm2d(mid)
        self.conv_pwl = nn.Conv2d(mid, cout, 1, bias=False)
        self.bn2 = nn.BatchNorm2d(cout)
        self.skip = stride == 1 and cin == cout

    def forward(self, x):
        y = self.bn2(self.conv_pwl(F.relu(self.bn1(self.conv_exp(x)))))
        return x + y if self.skip else y


class DepthBlock(nn.Module):
    def __init__(self, cin, mid, cout, stride):
        super().__init__()
        self.conv_pw = nn.Conv2d(cin, mid, 1, bias=False)
        self.bn1 = nn.BatchNorm2d(mid)
        self.conv_dw = nn.Conv2d(mid, mid, 5, stride, 2, groups=mid, bias=False)
        self.bn2 = nn.BatchNorm2d(mid)
        self.conv_pwl = nn.Conv2d(mid, cout, 1, bias=False)
        self.bn3 = nn.BatchNorm2d(cout)
        self.skip = stride == 1 and cin == cout

    def forward(self, x):
        y = F.relu(self.bn2(self.conv_dw(F.relu(self.bn1(self.conv_pw(x))))))
        y = self.bn3(self.conv_pwl(y))
        return x + y if self.skip else y


class EfficientNetES(nn.Module):
    # block, widths of the first and the later ones in the middle, width, stride, count
    STAGES = [(EdgeBlock, 96, 96, 24, 1, 1), (EdgeBlock, 192, 256, 32, 2, 2), (EdgeBlock, 256, 384, 48, 2, 4),
              (DepthBlock, 384, 768, 96, 2, 5), (DepthBlock, 768, 1152, 144, 1, 4), (DepthBlock, 1152, 1536, 192, 2, 2)]

    def __init__(self):
        super().__init__()
        self.conv_stem = nn.Conv2d(3, 32, 3, 2, 1, bias=False)
        self.bn1 = nn.BatchNorm2d(32)
        cin, stages = 32, []
        for block, first, later, cout, stride, count in self.STAGES:
            stages.append(nn.Sequential(*[block(cout if i else cin, later if i else first, cout, 1 if i else stride)
                                          for i in range(count)]))
            cin = cout
        self.blocks = nn.Sequential(*stages)
        self.conv_head = nn.Conv2d(cin, 1280, 1, bias=False)
        self.bn2 = nn.BatchNorm2d(1280)
        self.classifier = nn.Sequential(nn.Linear(1280, 1), nn.Sigmoid())

    def forward(self, x):
        x = self.blocks(F.relu(self.bn1(self.conv_stem(x))))
        return self.classifier(F.relu(self.bn2(self.conv_head(x))).mean((2, 3)))


class EK(nn.Module):
    """[n, 3, 512, 512] (channel, z, across), normalised as for ImageNet -> [n, 1], the row of z as a share of 512."""

    def __init__(self):
        super().__init__()
        self.model = EfficientNetES()

    def forward(self, x):
        return self.model(x)


class Solution:
    def __init__(self, network, shape, outputs, inner=None, drop=()):
        self.network = network  # class
        self.shape = shape      # of one input, without the batch
        self.outputs = outputs  # names
        self.inner = inner      # where a checkpoint keeps its state dict; None: it is one
        self.drop = drop        # beginnings of names that belong to training only


SOLUTIONS = {
    "sn": Solution(SN, (1, 32, 224, 224), ("inside", "place"), "state_dict"),
    "mh": Solution(MH, (9, 300, 300), ("row",)),
    "ek": Solution(EK, (3, 512, 512), ("share",), "state_dict", ("val_sf_score.",)),
    "bm": Solution(BM, (64, 224, 224), ("logit",), "model_state_dict"),
    "cw": Solution(CW, (1, 322, 307), ("logits",)),
}
