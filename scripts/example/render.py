"""Renders the images of the shapes example: one shape a picture, ten classes, everything else at random.

A picture is 64x64 RGB. Its class is the outline of its largest object; colours, place, size, rotation, squash, background, clutter,
blur, brightness and noise carry no information about the class. Edges are anti-aliased by area: the coverage of a pixel is read off the
signed distance of its centre to the outline. The last step keeps 5, 6 and 5 bits of red, green and blue, which is what the
parallel-port cameras found next to microcontrollers deliver.

Picture `index` of stream `seed` depends on these two numbers alone, so a set can be grown or rendered in parts.
"""

import numpy as np

SIDE = 64
CLASSES = ("disc", "ring", "crescent", "triangle", "square", "hexagon", "star", "cross", "arrow", "heart")

_ROWS, _COLUMNS = np.meshgrid(np.arange(SIDE) + 0.5, np.arange(SIDE) + 0.5, indexing="ij")
_PIXELS = np.stack([_COLUMNS, _ROWS], axis=-1).astype(np.float32)


def render(seed, count):
    """Returns `count` pictures of a stream as uint8 [count, 64, 64, 3] and their classes as uint8 [count], the classes in turn."""
    images = np.stack([_picture(np.random.default_rng([seed, index]), index % len(CLASSES)) for index in range(count)])
    return images, (np.arange(count) % len(CLASSES)).astype(np.uint8)


def _picture(rng, label):
    image = _background(rng)
    backdrop = image.mean(axis=(0, 1))
    for _ in range(rng.integers(0, 5)):
        image = _paint(image, _clutter(rng), _colour_unlike(rng, backdrop, 0.2))
    image = _paint(image, _shape(rng, CLASSES[label]), _shading(rng, _colour_unlike(rng, backdrop, 0.4)))
    if rng.random() < 0.3:
        image = _paint(image, _clutter(rng), rng.random(3))
    for _ in range(rng.integers(0, 4)):
        image = _blur(image)
    image = image * rng.uniform(0.55, 1.2) + rng.uniform(-0.06, 0.06)
    image = image + rng.normal(0.0, rng.uniform(0.0, 0.15) ** 2, image.shape)
    return _rgb565(image)


def _background(rng):
    """A gradient between two related colours, with soft blotches and, on some pictures, stripes: float [64, 64, 3] about 0...1."""
    start = rng.random(3)
    end = np.clip(start + rng.normal(0.0, 0.2, 3), 0.0, 1.0)
    along = _PIXELS @ _direction(rng.uniform(0.0, 2.0 * np.pi))
    image = start + _unit_range(along)[..., None] * (end - start)
    image = image + rng.uniform(0.0, 0.1) * _blotches(rng, rng.integers(3, 10))[..., None]
    if rng.random() < 0.3:
        phase = _PIXELS @ _direction(rng.uniform(0.0, 2.0 * np.pi)) * rng.uniform(0.25, 1.0)
        image = image + rng.uniform(0.02, 0.08) * np.sin(phase)[..., None]
    return image


def _blotches(rng, cells):
    """Normal noise on a `cells` x `cells` grid, bilinearly enlarged to [64, 64]."""
    position = np.linspace(0.0, cells - 1.0, SIDE)
    enlarge = np.maximum(0.0, 1.0 - np.abs(position[:, None] - np.arange(cells)[None, :]))
    return enlarge @ rng.normal(0.0, 1.0, (cells, cells)) @ enlarge.T


def _clutter(rng):
    """Coverage of a short bar or, where its length is nearly 0, a dot."""
    middle = rng.uniform(0.0, SIDE, 2)
    half = _direction(rng.uniform(0.0, 2.0 * np.pi)) * rng.uniform(0.0, 14.0)
    return _coverage(_distance_to_edge(_PIXELS, middle - half, middle + half) - rng.uniform(0.7, 2.2))


def _shape(rng, name):
    """Coverage of the object the picture is of."""
    radius = rng.uniform(13.0, 27.0)
    reach = 0.9 * radius
    centre = rng.uniform(reach, SIDE - reach, 2)
    across = _direction(rng.uniform(0.0, 2.0 * np.pi))
    axes = np.stack([across, (-across[1], across[0])], axis=-1)
    squash = np.exp(rng.uniform(-0.12, 0.12, 2))
    local = ((_PIXELS - centre) @ axes) / (radius * squash)
    return _coverage(_OUTLINES[name](rng, local) * radius)


def _disc(_rng, points):
    return np.hypot(points[..., 0], points[..., 1]) - 0.9


def _ring(rng, points):
    thickness = rng.uniform(0.28, 0.5)
    return np.abs(np.hypot(points[..., 0], points[..., 1]) - (0.95 - thickness / 2.0)) - thickness / 2.0


def _crescent(rng, points):
    bite = rng.uniform(0.35, 0.6)
    return np.maximum(np.hypot(points[..., 0], points[..., 1]) - 0.95, 0.8 - np.hypot(points[..., 0] - bite, points[..., 1]))


def _triangle(_rng, points):
    return _distance_to_polygon(points, _spokes([1.05] * 3))


def _square(_rng, points):
    return _distance_to_polygon(points, _spokes([1.05] * 4))


def _hexagon(_rng, points):
    return _distance_to_polygon(points, _spokes([1.0] * 6))


def _star(rng, points):
    return _distance_to_polygon(points, _spokes([1.1, rng.uniform(0.42, 0.56)] * 5))


def _cross(rng, points):
    arm, half = 1.0, rng.uniform(0.2, 0.34)
    quarter = np.array([(arm, -half), (arm, half), (half, half)])
    turn = np.array([(0.0, 1.0), (-1.0, 0.0)])
    return _distance_to_polygon(points, np.concatenate([quarter @ np.linalg.matrix_power(turn, k) for k in range(4)]))


def _arrow(rng, points):
    neck, shaft, barb = rng.uniform(-0.1, 0.25), rng.uniform(0.14, 0.26), rng.uniform(0.55, 0.75)
    upper = np.array([(1.0, 0.0), (neck, barb), (neck, shaft), (-1.0, shaft)])
    return _distance_to_polygon(points, np.concatenate([upper, upper[:0:-1] * (1.0, -1.0)]))


def _heart(_rng, points):
    t = np.linspace(0.0, 2.0 * np.pi, 28, endpoint=False)
    lobes = 13.0 * np.cos(t) - 5.0 * np.cos(2.0 * t) - 2.0 * np.cos(3.0 * t) - np.cos(4.0 * t)
    return _distance_to_polygon(points, np.stack([np.sin(t) ** 3, (lobes + 2.0) / 16.0], axis=-1))


_OUTLINES = {
    "disc": _disc,
    "ring": _ring,
    "crescent": _crescent,
    "triangle": _triangle,
    "square": _square,
    "hexagon": _hexagon,
    "star": _star,
    "cross": _cross,
    "arrow": _arrow,
    "heart": _heart,
}


def _spokes(radii):
    """The polygon whose corners lie at these radii and at equal angles: [len(radii), 2]."""
    angle = np.arange(len(radii)) * (2.0 * np.pi / len(radii))
    return np.array(radii)[:, None] * np.stack([np.cos(angle), np.sin(angle)], axis=-1)


def _distance_to_polygon(points, corners):
    """Signed distance to a simple polygon, negative inside; the side is told by counting crossings of a ray towards +x."""
    nearest = np.full(points.shape[:-1], np.inf)
    inside = np.zeros(points.shape[:-1], bool)
    x, y = points[..., 0], points[..., 1]
    for start, end in zip(corners, np.roll(corners, -1, axis=0)):
        nearest = np.minimum(nearest, _distance_to_edge(points, start, end))
        if start[1] != end[1]:
            crossing = start[0] + (y - start[1]) * ((end[0] - start[0]) / (end[1] - start[1]))
            inside ^= ((start[1] > y) != (end[1] > y)) & (x < crossing)
    return np.where(inside, -nearest, nearest)


def _distance_to_edge(points, start, end):
    edge = end - start
    away = points - start
    along = np.clip(away @ edge / max(edge @ edge, 1e-9), 0.0, 1.0)
    return np.hypot(away[..., 0] - along * edge[0], away[..., 1] - along * edge[1])


def _coverage(distance_pixels):
    """The share of a pixel that lies inside an outline this far away, as if the outline were straight across the pixel."""
    return np.clip(0.5 - distance_pixels, 0.0, 1.0)[..., None]


def _paint(image, coverage, colour):
    return image + coverage * (colour - image)


def _shading(rng, colour):
    """A fill that gets lighter across the picture by up to a quarter: float [64, 64, 3]."""
    along = _unit_range(_PIXELS @ _direction(rng.uniform(0.0, 2.0 * np.pi)))
    return colour + rng.uniform(0.0, 0.25) * (along[..., None] - 0.5)


def _colour_unlike(rng, other, least):
    """A uniform colour at least this Euclidean distance from another one, inside the RGB cube."""
    while True:
        colour = rng.random(3)
        if np.linalg.norm(colour - other) >= least:
            return colour


def _direction(angle):
    return np.array([np.cos(angle), np.sin(angle)])


def _unit_range(values):
    return (values - values.min()) / (values.max() - values.min())


def _blur(image):
    """One pass of the binomial filter 1 2 1 along rows and columns."""
    padded = np.pad(image, ((1, 1), (1, 1), (0, 0)), mode="edge")
    columns = padded[:-2] + 2.0 * padded[1:-1] + padded[2:]
    return (columns[:, :-2] + 2.0 * columns[:, 1:-1] + columns[:, 2:]) / 16.0


def _rgb565(image):
    """Rounds 0...1 to 5, 6 and 5 bits and widens to 8 by repeating the top bits, as a camera driver does."""
    bits = np.array([5, 6, 5])
    levels = (1 << bits) - 1
    code = np.rint(np.clip(image, 0.0, 1.0) * levels).astype(np.int32)
    return ((code << (8 - bits)) | (code >> (2 * bits - 8))).astype(np.uint8)
