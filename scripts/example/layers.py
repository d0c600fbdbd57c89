"""Trainable layers on float32 maps laid out [channel, row, column, image].

With the images innermost, a 1x1 convolution is one matrix product without a transpose, a depthwise convolution is nine multiplications of
long contiguous runs, and all statistics of a channel lie side by side. `forward(x, training)` keeps what `backward(gradient)` needs;
`backward` adds to the gradient of every parameter and returns the gradient at the input. Both may overwrite the map they are given, so a
map that is needed twice is copied by whoever needs it. Rows and columns are multiples of the stride.
"""

import numpy as np

KERNEL = 3
CHUNK_VALUES = 1 << 16
"""How many values one pass of an element-wise loop handles: 256 KB of float32, which stays in the second-level cache."""


class Parameter:
    """An array to be learnt; `decays` tells whether weight decay pulls it towards zero."""

    def __init__(self, value, decays):
        self.value = value.astype(np.float32)
        self.gradient = np.zeros_like(self.value)
        self.decays = decays


def he_normal(rng, shape, inputs):
    """Normal weights whose variance keeps that of a map through a layer with this many inputs an output and a ReLU."""
    return Parameter(rng.normal(0.0, np.sqrt(2.0 / inputs), shape), decays=True)


def same_padding(extent, stride):
    """Zeros before and after an axis under TensorFlow's SAME rule; an odd zero goes after."""
    total = max((extent // stride - 1) * stride + KERNEL - extent, 0)
    return total // 2, total - total // 2


def pad_same(x, stride):
    return np.pad(x, ((0, 0), same_padding(x.shape[1], stride), same_padding(x.shape[2], stride), (0, 0)))


def taps(rows, columns, stride):
    """The nine views that a 3x3 window takes of a padded map: row and column of the tap, then the slices for [row, column]."""
    for i in range(KERNEL):
        for j in range(KERNEL):
            yield i, j, slice(i, i + (rows - 1) * stride + 1, stride), slice(j, j + (columns - 1) * stride + 1, stride)


def channel_chunks(x):
    """Slices of the channel axis with about `CHUNK_VALUES` values each."""
    step = max(1, CHUNK_VALUES // max(1, x[0].size))
    return [slice(start, start + step) for start in range(0, x.shape[0], step)]


class Pointwise:
    """A 1x1 convolution: weights [output channel, input channel]."""

    def __init__(self, rng, inputs, outputs):
        self.weights = he_normal(rng, (outputs, inputs), inputs)
        self.parameters = (self.weights,)

    def forward(self, x, training):
        self.x = x.reshape(x.shape[0], -1) if training else None
        return (self.weights.value @ x.reshape(x.shape[0], -1)).reshape(-1, *x.shape[1:])

    def backward(self, gradient):
        flat = gradient.reshape(gradient.shape[0], -1)
        self.weights.gradient += flat @ self.x.T
        return (self.weights.value.T @ flat).reshape(-1, *gradient.shape[1:])


class Stem:
    """The first layer, a 3x3 convolution of stride 2 on the picture: weights [output channel, row, column, input channel]."""

    stride = 2

    def __init__(self, rng, inputs, outputs):
        self.weights = he_normal(rng, (outputs, KERNEL, KERNEL, inputs), KERNEL * KERNEL * inputs)
        self.parameters = (self.weights,)

    def forward(self, x, training):
        rows, columns = x.shape[1] // self.stride, x.shape[2] // self.stride
        padded = pad_same(x, self.stride)
        windows = np.concatenate([padded[:, r, c] for _, _, r, c in taps(rows, columns, self.stride)])
        windows = windows.reshape(-1, rows * columns * x.shape[3])
        self.windows = windows if training else None
        return (self._matrix() @ windows).reshape(-1, rows, columns, x.shape[3])

    def backward(self, gradient):
        """Returns nothing: the picture does not learn."""
        flat = gradient.reshape(gradient.shape[0], -1)
        self.weights.gradient += (flat @ self.windows.T).reshape(self.weights.value.shape)

    def _matrix(self):
        return self.weights.value.reshape(self.weights.value.shape[0], -1)


class Depthwise:
    """A 3x3 depthwise convolution: weights [channel, row, column]."""

    def __init__(self, rng, channels, stride):
        self.stride = stride
        self.weights = he_normal(rng, (channels, KERNEL, KERNEL), KERNEL * KERNEL)
        self.parameters = (self.weights,)

    def forward(self, x, training):
        rows, columns = x.shape[1] // self.stride, x.shape[2] // self.stride
        padded = pad_same(x, self.stride)
        self.padded = padded if training else None
        y = np.empty((x.shape[0], rows, columns, x.shape[3]), np.float32)
        for chunk in channel_chunks(padded):
            source, total = padded[chunk], y[chunk]
            product = np.empty_like(total)
            total[:] = 0.0
            for i, j, r, c in taps(rows, columns, self.stride):
                total += np.multiply(source[:, r, c], self._tap(chunk, i, j), out=product)
        return y

    def backward(self, gradient):
        rows, columns = gradient.shape[1:3]
        for chunk in channel_chunks(self.padded):
            source, above = self.padded[chunk], gradient[chunk]
            below = np.zeros_like(source)
            product = np.empty_like(above)
            for i, j, r, c in taps(rows, columns, self.stride):
                np.multiply(source[:, r, c], above, out=product)
                self.weights.gradient[chunk, i, j] += product.reshape(product.shape[0], -1).sum(axis=1)
                below[:, r, c] += np.multiply(above, self._tap(chunk, i, j), out=product)
            source[:] = below  # the padded map has served, and lends its place to its gradient
        (top, _), (left, _) = (same_padding(extent * self.stride, self.stride) for extent in (rows, columns))
        return np.ascontiguousarray(self.padded[:, top : top + rows * self.stride, left : left + columns * self.stride])

    def _tap(self, chunk, i, j):
        return self.weights.value[chunk, i, j][:, None, None, None]


class BatchNorm:
    """Normalises every channel to zero mean and unit variance, scales and shifts it, and clamps it to 0...6 where `clamped`."""

    epsilon = 1e-3
    momentum = 0.97

    def __init__(self, channels, clamped):
        self.clamped = clamped
        self.scale = Parameter(np.ones(channels), decays=False)
        self.shift = Parameter(np.zeros(channels), decays=False)
        self.parameters = (self.scale, self.shift)
        self.mean = np.zeros(channels, np.float32)
        self.variance = np.ones(channels, np.float32)

    def forward(self, x, training):
        flat = x.reshape(x.shape[0], -1)
        y = np.empty_like(flat) if training else flat
        self.inverse_deviation = np.empty(x.shape[0], np.float32)
        for chunk in channel_chunks(flat):
            if training:
                self._observe(chunk, flat[chunk])
            else:
                flat[chunk] -= self.mean[chunk, None]
                self.inverse_deviation[chunk] = 1.0 / np.sqrt(self.variance[chunk] + self.epsilon)
            np.multiply(flat[chunk], (self.scale.value[chunk] * self.inverse_deviation[chunk])[:, None], out=y[chunk])
            y[chunk] += self.shift.value[chunk, None]
            if self.clamped:
                np.clip(y[chunk], 0.0, 6.0, out=y[chunk])
        self.centred, self.y = (flat, y) if training else (None, None)
        return y.reshape(x.shape)

    def _observe(self, chunk, values):
        """Centres the values of a batch in place and follows their mean and variance."""
        mean = values.mean(axis=1)
        values -= mean[:, None]
        variance = np.einsum("cv,cv->c", values, values) / values.shape[1]
        self.inverse_deviation[chunk] = 1.0 / np.sqrt(variance + self.epsilon)
        self.mean[chunk] += (1.0 - self.momentum) * (mean - self.mean[chunk])
        self.variance[chunk] += (1.0 - self.momentum) * (variance - self.variance[chunk])

    def backward(self, gradient):
        flat = gradient.reshape(gradient.shape[0], -1)
        for chunk in channel_chunks(flat):
            above, centred, inverse = flat[chunk], self.centred[chunk], self.inverse_deviation[chunk]
            if self.clamped:
                above *= (self.y[chunk] > 0.0) & (self.y[chunk] < 6.0)
            shift_gradient = above.sum(axis=1)
            scale_gradient = np.einsum("cv,cv->c", above, centred) * inverse
            self.shift.gradient[chunk] += shift_gradient
            self.scale.gradient[chunk] += scale_gradient
            centred *= (inverse * scale_gradient / flat.shape[1])[:, None]
            above -= centred
            above -= (shift_gradient / flat.shape[1])[:, None]
            above *= (self.scale.value[chunk] * inverse)[:, None]
        return gradient

    def fold(self):
        """The factor for the weights of every output channel and the bias that stand for this layer at inference."""
        factor = self.scale.value / np.sqrt(self.variance + self.epsilon)
        return factor, self.shift.value - self.mean * factor


class Dense:
    """A fully connected layer on [channel, image]: weights [output, input] and bias [output]."""

    def __init__(self, rng, inputs, outputs):
        self.weights = he_normal(rng, (outputs, inputs), 2 * inputs)
        self.bias = Parameter(np.zeros(outputs), decays=False)
        self.parameters = (self.weights, self.bias)

    def forward(self, x, training):
        self.x = x if training else None
        return self.weights.value @ x + self.bias.value[:, None]

    def backward(self, gradient):
        self.weights.gradient += gradient @ self.x.T
        self.bias.gradient += gradient.sum(axis=1)
        return self.weights.value.T @ gradient
