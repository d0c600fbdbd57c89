"""The network of the shapes example: a small MobileNetV2, for training and folded for export.

`STAGES` is the whole architecture; a stage is one inverted bottleneck: a 1x1 convolution that widens the map, a 3x3 depthwise convolution,
and a linear 1x1 convolution that narrows it again, with the input added where stride and channels allow.
"""

from dataclasses import dataclass

import numpy as np

from layers import BatchNorm, Dense, Depthwise, Pointwise, Stem, pad_same, taps

STEM_CHANNELS = 16
HEAD_CHANNELS = 160
MEAN, STD = 127.5, 127.5


@dataclass(frozen=True)
class Stage:
    expansion: int
    channels: int
    stride: int


STAGES = (
    Stage(expansion=1, channels=8, stride=1),
    Stage(expansion=6, channels=16, stride=2),
    Stage(expansion=6, channels=16, stride=1),
    Stage(expansion=6, channels=24, stride=2),
    Stage(expansion=6, channels=24, stride=1),
    Stage(expansion=6, channels=24, stride=1),
    Stage(expansion=6, channels=40, stride=2),
    Stage(expansion=6, channels=40, stride=1),
)


@dataclass(frozen=True)
class Convolution:
    """`kind` is "full", weights [output, row, column, input], or "depthwise", weights [channel, row, column]; SAME padding."""

    name: str
    kind: str
    weights: np.ndarray
    bias: np.ndarray
    stride: int
    clamped: bool


@dataclass(frozen=True)
class Addition:
    """Adds the current map and the output of the operator named `other`."""

    name: str
    other: str


@dataclass(frozen=True)
class GlobalAverage:
    name: str


@dataclass(frozen=True)
class FullyConnected:
    name: str
    weights: np.ndarray
    bias: np.ndarray


@dataclass(frozen=True)
class Softmax:
    name: str


def preprocess(images):
    """uint8 [image, row, column, channel] to float32 [channel, row, column, image] in -1...1."""
    return np.ascontiguousarray((images.astype(np.float32) - np.float32(MEAN)).transpose(3, 1, 2, 0) / np.float32(STD))


class Normalised:
    """A convolution and its batch normalisation."""

    def __init__(self, convolution, channels, clamped):
        self.convolution = convolution
        self.norm = BatchNorm(channels, clamped)
        self.parameters = (*convolution.parameters, *self.norm.parameters)

    def forward(self, x, training):
        return self.norm.forward(self.convolution.forward(x, training), training)

    def backward(self, gradient):
        return self.convolution.backward(self.norm.backward(gradient))

    def fold(self, name):
        factor, bias = self.norm.fold()
        kernel = self.convolution.weights.value
        weights = kernel * factor.reshape(-1, *[1] * (kernel.ndim - 1))
        if isinstance(self.convolution, Pointwise):
            return Convolution(name, "full", weights[:, None, None, :], bias, 1, self.norm.clamped)
        kind = "depthwise" if isinstance(self.convolution, Depthwise) else "full"
        return Convolution(name, kind, weights, bias, self.convolution.stride, self.norm.clamped)


class Bottleneck:
    def __init__(self, rng, inputs, stage):
        wide = inputs * stage.expansion
        self.adds_input = stage.stride == 1 and inputs == stage.channels
        self.parts = {
            "depthwise": Normalised(Depthwise(rng, wide, stage.stride), wide, clamped=True),
            "project": Normalised(Pointwise(rng, wide, stage.channels), stage.channels, clamped=False),
        }
        if stage.expansion != 1:
            self.parts = {"expand": Normalised(Pointwise(rng, inputs, wide), wide, clamped=True), **self.parts}
        self.parameters = tuple(parameter for part in self.parts.values() for parameter in part.parameters)

    def forward(self, x, training):
        y = x
        for part in self.parts.values():
            y = part.forward(y, training)
        return x + y if self.adds_input else y

    def backward(self, gradient):
        skipped = gradient.copy() if self.adds_input else None
        for part in reversed(self.parts.values()):
            gradient = part.backward(gradient)
        return gradient + skipped if self.adds_input else gradient


class Network:
    """Pictures preprocessed as `preprocess` does in, logits [class, image] out."""

    def __init__(self, rng, classes):
        channels = [STEM_CHANNELS, *(stage.channels for stage in STAGES)]
        self.stem = Normalised(Stem(rng, 3, STEM_CHANNELS), STEM_CHANNELS, clamped=True)
        self.bottlenecks = [Bottleneck(rng, inputs, stage) for inputs, stage in zip(channels, STAGES)]
        self.head = Normalised(Pointwise(rng, channels[-1], HEAD_CHANNELS), HEAD_CHANNELS, clamped=True)
        self.dense = Dense(rng, HEAD_CHANNELS, classes)
        self.parameters = [p for part in (self.stem, *self.bottlenecks, self.head, self.dense) for p in part.parameters]

    def forward(self, x, training):
        for part in (self.stem, *self.bottlenecks, self.head):
            x = part.forward(x, training)
        self.head_shape = x.shape
        return self.dense.forward(x.mean(axis=(1, 2)), training)

    def backward(self, gradient):
        rows, columns = self.head_shape[1:3]
        gradient = self.dense.backward(gradient)[:, None, None, :] / np.float32(rows * columns)
        gradient = np.ascontiguousarray(np.broadcast_to(gradient, self.head_shape))
        for part in (self.head, *reversed(self.bottlenecks), self.stem):
            gradient = part.backward(gradient)

    def fold(self):
        """The operators of the exported model in order, batch normalisation folded into the convolutions."""
        operators = [self.stem.fold("stem")]
        for number, bottleneck in enumerate(self.bottlenecks, start=1):
            block_input = operators[-1].name
            operators += [part.fold(f"block{number}/{name}") for name, part in bottleneck.parts.items()]
            if bottleneck.adds_input:
                operators.append(Addition(f"block{number}/add", block_input))
        operators += [self.head.fold("head"), GlobalAverage("pool")]
        return [*operators, FullyConnected("logits", self.dense.weights.value, self.dense.bias.value), Softmax("probabilities")]


def run(operators, x):
    """Runs exported operators on preprocessed pictures and returns the output of every one, keyed by name."""
    maps = {}
    for operator in operators:
        x = _run_operator(operator, x, maps)
        maps[operator.name] = x
    return maps


def _run_operator(operator, x, maps):
    match operator:
        case Convolution(kind="depthwise"):
            y = sum(window * operator.weights[:, i, j, None, None, None] for i, j, window in _windows(operator, x))
            return _finish(operator, y)
        case Convolution(kind="full"):
            y = sum(np.tensordot(operator.weights[:, i, j], window, axes=1) for i, j, window in _windows(operator, x))
            return _finish(operator, y)
        case Addition():
            return x + maps[operator.other]
        case GlobalAverage():
            return x.mean(axis=(1, 2))
        case FullyConnected():
            return operator.weights @ x + operator.bias[:, None]
        case Softmax():
            powers = np.exp(x - x.max(axis=0))
            return powers / powers.sum(axis=0)


def _windows(operator, x):
    """Row and column of every tap of a convolution, and the part of the padded map that it meets."""
    if operator.weights.shape[1] == 1:
        return [(0, 0, x)]
    rows, columns = x.shape[1] // operator.stride, x.shape[2] // operator.stride
    padded = pad_same(x, operator.stride)
    return [(i, j, padded[:, r, c]) for i, j, r, c in taps(rows, columns, operator.stride)]


def _finish(operator, y):
    y = y + operator.bias[:, None, None, None]
    return np.clip(y, 0.0, 6.0) if operator.clamped else y


def count_macs(operators, side):
    """Multiply-accumulates of one inference on a picture of side x side."""
    macs = 0
    for operator in operators:
        if isinstance(operator, Convolution):
            side //= operator.stride
            macs += side * side * operator.weights.size
        elif isinstance(operator, FullyConnected):
            macs += operator.weights.size
    return macs


def count_parameters(operators):
    return sum(o.weights.size + o.bias.size for o in operators if isinstance(o, (Convolution, FullyConnected)))
