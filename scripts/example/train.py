"""Makes the shapes example: renders the pictures, trains the network, exports it, and writes examples/shapes.

    python3 scripts/example/train.py            all of it, about a quarter of an hour
    python3 scripts/example/train.py --epochs 1 --out /tmp/shapes     a quick run of the same path

Every random number comes from the seeds below. Matrix products are pinned to one thread and one kernel family, because the order of their
sums changes the last bits of the weights; a second thread gains nothing at these sizes.
"""

import argparse
import json
import os
import sys
import time
from pathlib import Path

os.environ["OPENBLAS_NUM_THREADS"] = "1"
os.environ["OPENBLAS_CORETYPE"] = "Haswell"

import numpy as np

import png
import tflite
from network import MEAN, STD, Network, count_macs, count_parameters, preprocess, run
from render import CLASSES, SIDE, render

OUT = Path(__file__).resolve().parents[2] / "examples" / "shapes"

TRAINING_STREAM, VALIDATION_STREAM, CALIBRATION_STREAM, TEST_STREAM = 1, 2, 3, 4
WEIGHTS_SEED, ORDER_SEED = 5, 6

TRAINING_IMAGES = 12000
VALIDATION_IMAGES = 1000
CALIBRATION_IMAGES = 64
HELD_OUT_IMAGES = 2000
BUNDLED_TEST_IMAGES = 250

BATCH = 32
EPOCHS = 15
PEAK_RATE = 3e-3
WARM_UP_STEPS = 100
WEIGHT_DECAY = 0.02
LABEL_SMOOTHING = 0.1


class Adam:
    """Adam with decoupled weight decay and a rate that rises linearly for `WARM_UP_STEPS` and then falls along half a cosine."""

    def __init__(self, parameters, steps):
        self.parameters = parameters
        self.steps = steps
        self.taken = 0
        self.first = [np.zeros_like(p.value) for p in parameters]
        self.second = [np.zeros_like(p.value) for p in parameters]

    def step(self):
        self.taken += 1
        rate = PEAK_RATE * min(self.taken / WARM_UP_STEPS, 0.5 + 0.5 * np.cos(np.pi * self.taken / self.steps))
        for parameter, first, second in zip(self.parameters, self.first, self.second):
            first += 0.1 * (parameter.gradient - first)
            second += 0.001 * (parameter.gradient**2 - second)
            if parameter.decays:
                parameter.value *= 1.0 - rate * WEIGHT_DECAY
            scale = rate / (1.0 - 0.9**self.taken)
            parameter.value -= scale * first / (np.sqrt(second / (1.0 - 0.999**self.taken)) + 1e-8)
            parameter.gradient[:] = 0.0


def main():
    options = parse_arguments()
    started = time.time()
    images, labels = render(TRAINING_STREAM, TRAINING_IMAGES)
    validation = render(VALIDATION_STREAM, VALIDATION_IMAGES)
    say(f"rendered {len(images)} training and {len(validation[0])} validation images in {time.time() - started:.0f} s")

    network = Network(np.random.default_rng(WEIGHTS_SEED), len(CLASSES))
    train(network, images, labels, options.epochs, validation)
    operators = network.fold()
    minutes = (time.time() - started) / 60.0

    held_out, held_out_labels = render(TEST_STREAM, HELD_OUT_IMAGES)
    logits = classify(operators, held_out)
    check_folding(network, held_out[:BATCH], logits[:, :BATCH])
    figures = export(options.out, operators, held_out, held_out_labels, logits)
    say(f"trained and exported in {minutes:.1f} minutes with numpy {np.__version__}")
    print(json.dumps(figures, indent=2))


def parse_arguments():
    parser = argparse.ArgumentParser(description="Makes the shapes example.")
    parser.add_argument("--out", type=Path, default=OUT, help="the folder to write, by default examples/shapes")
    parser.add_argument("--epochs", type=int, default=EPOCHS, help="passes over the training images")
    return parser.parse_args()


def train(network, images, labels, epochs, validation):
    rng = np.random.default_rng(ORDER_SEED)
    batches = len(images) // BATCH
    adam = Adam(network.parameters, epochs * batches)
    for epoch in range(1, epochs + 1):
        started, loss = time.time(), 0.0
        for picked in rng.permutation(len(images))[: batches * BATCH].reshape(batches, BATCH):
            logits = network.forward(preprocess(turn(rng, images[picked])), training=True)
            batch_loss, gradient = smoothed_cross_entropy(logits, labels[picked])
            network.backward(gradient)
            adam.step()
            loss += batch_loss / batches
        right = top1(classify(network.fold(), validation[0]), validation[1])
        say(f"epoch {epoch:2d}  loss {loss:.4f}  validation top-1 {right:.2f} %  {time.time() - started:.0f} s")


def turn(rng, images):
    """Mirrors and transposes pictures at random, each of the eight ways a square can lie with the same probability."""
    turned = images.copy()
    for flipped in (lambda x: x[:, ::-1], lambda x: x[:, :, ::-1], lambda x: x.transpose(0, 2, 1, 3)):
        chosen = rng.random(len(images)) < 0.5
        turned[chosen] = flipped(turned[chosen])
    return turned


def smoothed_cross_entropy(logits, labels):
    """Mean loss of a batch of logits [class, image] against smoothed labels, and its gradient."""
    shifted = logits - logits.max(axis=0)
    log_shares = shifted - np.log(np.exp(shifted).sum(axis=0))
    target = np.full_like(logits, LABEL_SMOOTHING / len(logits))
    target[labels, np.arange(len(labels))] += 1.0 - LABEL_SMOOTHING
    return -(target * log_shares).sum() / len(labels), (np.exp(log_shares) - target) / np.float32(len(labels))


def classify(operators, images):
    """Logits [class, image] of the exported operators."""
    batches = [images[start : start + BATCH] for start in range(0, len(images), BATCH)]
    return np.concatenate([run(operators, preprocess(batch))["logits"] for batch in batches], axis=1)


def top1(logits, labels):
    return round(100.0 * float(np.mean(logits.argmax(axis=0) == labels)), 2)


def check_folding(network, images, folded):
    difference = float(np.abs(network.forward(preprocess(images), training=False) - folded).max())
    say(f"largest difference between the folded and the trained network's logits: {difference:.1e}")
    if difference > 1e-3:
        sys.exit("folding the batch normalisation changed the network")


def export(folder, operators, held_out, labels, logits):
    """Writes model, data and run.json, and returns the figures that the README states."""
    (folder / "test").mkdir(parents=True, exist_ok=True)
    for old in (folder / "test").glob("*.png"):
        old.unlink()
    model = tflite.serialize(operators, (1, SIDE, SIDE, 3), f"Shapes: {len(CLASSES)} outlines, a small MobileNetV2")
    (folder / "model.tflite").write_bytes(model)
    np.save(folder / "calibration.npy", render(CALIBRATION_STREAM, CALIBRATION_IMAGES)[0])
    for index, image in enumerate(held_out[:BUNDLED_TEST_IMAGES]):
        (folder / "test" / f"{index:03d}.png").write_bytes(png.encode(image))
    np.save(folder / "test-labels.npy", labels[:BUNDLED_TEST_IMAGES])

    shares = np.exp(logits - logits.max(axis=0))
    figures = {
        "modelBytes": len(model),
        "parameters": count_parameters(operators),
        "macs": count_macs(operators, SIDE),
        "testImages": BUNDLED_TEST_IMAGES,
        "floatTop1": top1(logits[:, :BUNDLED_TEST_IMAGES], labels[:BUNDLED_TEST_IMAGES]),
        "heldOutImages": len(labels),
        "heldOutFloatTop1": top1(logits, labels),
        "meanTopProbability": round(float((shares.max(axis=0) / shares.sum(axis=0)).mean()), 4),
    }
    run_file = {
        "name": "shapes",
        "model": "model.tflite",
        "calibration": "calibration.npy",
        "data": "test",
        "labels": "test-labels.npy",
        "mean": MEAN,
        "std": STD,
        "target": "cortex-m4",
        "classes": "CLASSES",
        "expected": figures,
    }
    on_one_line = json.dumps(run_file, indent=2).replace('"CLASSES"', json.dumps(CLASSES))
    (folder / "run.json").write_text(on_one_line + "\n")
    return figures


def say(text):
    print(text, file=sys.stderr, flush=True)


if __name__ == "__main__":
    main()
