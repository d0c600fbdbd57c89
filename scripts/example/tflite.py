"""Writes a float32 TFLite model (schema version 3) from the exported operators of `network.py`.

The file is a FlatBuffer: tables whose fields lie at offsets listed in a vtable, vectors with a length in front, and references that count
forwards from where they stand. Field numbers and enumeration values below are those of TensorFlow Lite's schema.fbs.
"""

import struct
from dataclasses import dataclass

import numpy as np

from network import Addition, Convolution, FullyConnected, GlobalAverage, Softmax

SCHEMA_VERSION = 3
BUFFER_ALIGNMENT = 16

FLOAT32, INT32 = 0, 2
SAME_PADDING = 0
NO_ACTIVATION, RELU6 = 0, 3


@dataclass(frozen=True)
class Builtin:
    """An operator's number in BuiltinOperator and its options' number in the union BuiltinOptions."""

    code: int
    options: int


ADD = Builtin(code=0, options=11)
CONV_2D = Builtin(code=3, options=1)
DEPTHWISE_CONV_2D = Builtin(code=4, options=2)
FULLY_CONNECTED = Builtin(code=9, options=8)
SOFTMAX = Builtin(code=25, options=9)
MEAN = Builtin(code=40, options=27)


@dataclass(frozen=True)
class Scalar:
    """`format` is a character of the struct module: b int8, B uint8, i int32, I uint32, f float32."""

    format: str
    value: float


@dataclass(frozen=True)
class Table:
    """Field number to Scalar, Table, Vector, list of Tables or str; a field that is absent has its default."""

    fields: dict


@dataclass(frozen=True)
class Vector:
    data: bytes
    length: int
    alignment: int


def int_vector(values):
    return Vector(np.asarray(values, "<i4").tobytes(), len(values), 4)


class Writer:
    """Lays values out one behind the other; every `_place…` returns the position that a reference to the value must name."""

    def __init__(self):
        self.bytes = bytearray()

    def write(self, root, identifier):
        self.bytes += bytes(4) + identifier
        self._refer(0, self._place(root))
        return bytes(self.bytes)

    def _place(self, value):
        if isinstance(value, Table):
            return self._place_table(value)
        if isinstance(value, Vector):
            return self._place_vector(value)
        if isinstance(value, str):
            return self._place_string(value.encode())
        return self._place_tables(value)

    def _place_table(self, table):
        fields = dict(sorted(table.fields.items(), key=lambda field: -_inline_bytes(field[1])))
        offsets, table_bytes = {}, 4
        for number, value in fields.items():
            offsets[number] = table_bytes
            table_bytes += _inline_bytes(value)
        slots = [offsets.get(number, 0) for number in range(max(fields, default=-1) + 1)]
        vtable = struct.pack(f"<{2 + len(slots)}H", 4 + 2 * len(slots), table_bytes, *slots)

        self._pad(4, after=len(vtable))
        self.bytes += vtable
        position = len(self.bytes)
        self.bytes += struct.pack("<i", len(vtable)) + bytes(table_bytes - 4)
        for number, value in fields.items():
            if isinstance(value, Scalar):
                struct.pack_into("<" + value.format, self.bytes, position + offsets[number], value.value)
            else:
                self._refer(position + offsets[number], self._place(value))
        return position

    def _place_vector(self, vector):
        self._pad(max(4, vector.alignment), after=4)
        position = len(self.bytes)
        self.bytes += struct.pack("<I", vector.length) + vector.data
        return position

    def _place_string(self, text):
        position = self._place_vector(Vector(text, len(text), 1))
        self.bytes += b"\0"
        return position

    def _place_tables(self, tables):
        position = self._place_vector(Vector(bytes(4 * len(tables)), len(tables), 4))
        for index, table in enumerate(tables):
            self._refer(position + 4 + 4 * index, self._place(table))
        return position

    def _refer(self, position, target):
        struct.pack_into("<I", self.bytes, position, target - position)

    def _pad(self, alignment, after):
        """Pads so that what comes `after` bytes behind the end is aligned."""
        self.bytes += bytes(-(len(self.bytes) + after) % alignment)


def _inline_bytes(value):
    return struct.calcsize(value.format) if isinstance(value, Scalar) else 4


class _Model:
    """The growing lists of a model with one subgraph: tensors are numbered in the order in which they are added."""

    def __init__(self):
        self.buffers = [Table({})]
        self.tensors = []
        self.codes = []
        self.operators = []

    def add_map(self, name, shape):
        """A tensor that is computed: buffer 0, which is empty by rule."""
        return self._add_tensor(name, shape, FLOAT32, 0)

    def add_constant(self, name, values, element_type=FLOAT32):
        data = np.ascontiguousarray(values, "<f4" if element_type == FLOAT32 else "<i4").tobytes()
        self.buffers.append(Table({0: Vector(data, len(data), BUFFER_ALIGNMENT)}))
        return self._add_tensor(name, values.shape, element_type, len(self.buffers) - 1)

    def add_operator(self, builtin, inputs, output, options):
        if builtin not in self.codes:
            self.codes.append(builtin)
        fields = {
            0: Scalar("I", self.codes.index(builtin)),
            1: int_vector(inputs),
            2: int_vector([output]),
            3: Scalar("B", builtin.options),
            4: Table(options),
        }
        self.operators.append(Table(fields))

    def finish(self, description, model_input, model_output):
        codes = [Table({0: Scalar("b", code.code), 2: Scalar("i", 1), 3: Scalar("i", code.code)}) for code in self.codes]
        subgraph = Table(
            {0: self.tensors, 1: int_vector([model_input]), 2: int_vector([model_output]), 3: self.operators, 4: "main"}
        )
        root = Table({0: Scalar("I", SCHEMA_VERSION), 1: codes, 2: [subgraph], 3: description, 4: self.buffers})
        return Writer().write(root, b"TFL3")

    def _add_tensor(self, name, shape, element_type, buffer):
        self.tensors.append(
            Table({0: int_vector(shape), 1: Scalar("b", element_type), 2: Scalar("I", buffer), 3: name})
        )
        return len(self.tensors) - 1


def serialize(operators, input_shape, description):
    """The bytes of a .tflite file for one input [1, height, width, channels] and the operators in order."""
    model = _Model()
    model_input = model.add_map("image", input_shape)
    shapes, outputs = {model_input: input_shape}, {}
    current = model_input
    for operator in operators:
        shape = _output_shape(operator, shapes[current])
        output = model.add_map(operator.name, shape)
        _add(model, operator, current, output, outputs)
        shapes[output], outputs[operator.name], current = shape, output, output
    return model.finish(description, model_input, current)


def _output_shape(operator, shape):
    match operator:
        case Convolution(stride=stride):
            return (1, shape[1] // stride, shape[2] // stride, operator.weights.shape[0])
        case GlobalAverage():
            return (1, shape[3])
        case FullyConnected():
            return (1, operator.weights.shape[0])
        case Addition() | Softmax():
            return shape


def _add(model, operator, current, output, outputs):
    """Adds one operator that reads tensor `current` and writes tensor `output`; `outputs` finds the tensor of a named operator."""
    match operator:
        case Convolution(stride=stride):
            activation = RELU6 if operator.clamped else NO_ACTIVATION
            strides = {0: Scalar("b", SAME_PADDING), 1: Scalar("i", stride), 2: Scalar("i", stride)}
            if operator.kind == "depthwise":
                weights = model.add_constant(f"{operator.name}/weights", operator.weights.transpose(1, 2, 0)[None])
                builtin, options = DEPTHWISE_CONV_2D, {3: Scalar("i", 1), 4: Scalar("b", activation)}
            else:
                weights = model.add_constant(f"{operator.name}/weights", operator.weights)
                builtin, options = CONV_2D, {3: Scalar("b", activation)}
            bias = model.add_constant(f"{operator.name}/bias", operator.bias)
            model.add_operator(builtin, [current, weights, bias], output, strides | options)
        case Addition(other=other):
            model.add_operator(ADD, [outputs[other], current], output, {0: Scalar("b", NO_ACTIVATION)})
        case GlobalAverage():
            axes = model.add_constant(f"{operator.name}/axes", np.array([1, 2]), INT32)
            model.add_operator(MEAN, [current, axes], output, {0: Scalar("B", 0)})
        case FullyConnected():
            weights = model.add_constant(f"{operator.name}/weights", operator.weights)
            bias = model.add_constant(f"{operator.name}/bias", operator.bias)
            model.add_operator(FULLY_CONNECTED, [current, weights, bias], output, {0: Scalar("b", NO_ACTIVATION)})
        case Softmax():
            model.add_operator(SOFTMAX, [current], output, {0: Scalar("f", 1.0)})
