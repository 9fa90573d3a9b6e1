"""Measures speed and memory:

    python -m tests.benchmarks                 everything
    python -m tests.benchmarks 03 solutions    notebooks with "03" or "solutions" in their path

Prints how long the lessons' way of fitting takes beside others, and what each notebook
takes in time and memory. Ends with an error if a limit is missed.
"""

import statistics
import sys
import time

from lessons_lib import (
    TrainingRecord,
    build_many_models,
    build_model,
    load_diamonds,
    load_many_diamonds,
    sum_of_losses,
)
from tests.notebooks import NOTEBOOKS, ROOT, code_cells, is_named, read_notebook
import keras
import nbformat
import numpy as np
import tensorflow as tf
from nbclient import NotebookClient

EPOCHS = 200
ROUNDS = 3
LEARNING_RATE = 0.03
MEGABYTES_ALLOWED = 750
SLOWER_AT_LEAST, OVERHEAD_AT_MOST, PRICE_AT_MOST, LIVE_AT_MOST = 7, 1.5, 2.2, 1.15
# Only a notebook draws the growing curve, so this runs in a kernel.
LIVE = """\
import statistics, time
from lessons_lib import TrainingRecord
from tests.benchmarks import EPOCHS, ROUNDS, lessons_model
import keras
def seconds(live):
    model, data = lessons_model()
    model.fit(**data, epochs=1, verbose=0)
    start = time.perf_counter()
    record = TrainingRecord("run", live=live)
    model.fit(**data, epochs=EPOCHS, verbose=0, callbacks=[record])
    return time.perf_counter() - start
rounds = [(seconds(True), seconds(False)) for _ in range(ROUNDS)]
live, line = (statistics.median(each) for each in zip(*rounds, strict=True))
print(live / line)
"""


def seconds_allowed(path):
    """The first three lessons are for everybody; 8 has many opponents, 10 starts processes."""
    return {"01": 20, "02": 20, "03": 20, "08": 60, "10": 60}.get(path.stem[:2], 30)


def lessons_model():
    training, validation = load_diamonds()
    model = build_model()
    model.compile(
        optimizer=keras.optimizers.Adam(LEARNING_RATE),
        loss="mse",
        steps_per_execution=len(training),
    )
    return model, {"x": training, "validation_data": validation}


def lessons_way():
    """`fit` on tf.data, with all steps of an epoch in one execution."""
    model, data = lessons_model()
    record = TrainingRecord("run")
    return lambda epochs: model.fit(**data, epochs=epochs, verbose=0, callbacks=[record])


def tutorial_way():
    """`fit` on NumPy arrays, and otherwise Keras as it comes."""
    training, validation = (
        [np.concatenate(part) for part in zip(*dataset.as_numpy_iterator(), strict=True)]
        for dataset in load_diamonds()
    )
    model = build_model()
    model.compile(optimizer=keras.optimizers.Adam(LEARNING_RATE), loss="mse")
    options = {"batch_size": 64, "validation_data": validation, "verbose": 0}
    return lambda epochs: model.fit(*training, epochs=epochs, **options)


def hand_written_way():
    """The same steps on the same data, without `fit`."""
    training, validation = load_diamonds()
    steps = len(training)
    model = build_model()
    optimizer = keras.optimizers.Adam(LEARNING_RATE)
    optimizer.build(model.trainable_variables)

    def loss_of(features, target):
        return tf.reduce_mean(tf.square(model(features) - target))

    @tf.function
    def train(iterator):
        total = tf.constant(0.0)
        for _ in tf.range(steps):
            features, target = next(iterator)
            with tf.GradientTape() as tape:
                loss = loss_of(features, target)
            gradients = tape.gradient(loss, model.trainable_variables)
            optimizer.apply(gradients)
            total += loss
        return total / steps

    validate = tf.function(loss_of)

    def run(epochs):
        history = []
        for _ in range(epochs):
            loss = float(train(iter(training)))
            history.append((loss, [float(validate(*batch)) for batch in validation]))
        return history

    return run


def training_alone_way():
    """One network the lessons' way, without validation."""
    training, _ = load_diamonds()
    model = build_model()
    optimizer = keras.optimizers.Adam(LEARNING_RATE)
    model.compile(optimizer=optimizer, loss="mse", steps_per_execution=len(training))
    return lambda epochs: model.fit(training, epochs=epochs, verbose=0)


def twenty_way():
    """Twenty networks in one model, as in lesson 8, without validation."""
    batches, *_ = load_many_diamonds(range(20), epochs=50)
    model = build_many_models(range(20))
    optimizer = keras.optimizers.Adam(LEARNING_RATE)
    model.compile(optimizer=optimizer, loss=sum_of_losses, steps_per_execution=len(batches))
    return lambda epochs: model.fit(batches, epochs=max(1, epochs // 50), verbose=0)


def seconds_of(way):
    run = way()
    run(1)  # TensorFlow builds the steps in the first epoch.
    start = time.perf_counter()
    run(EPOCHS)
    return time.perf_counter() - start


def compare_ways():
    ways = {
        "tutorial": tutorial_way,
        "lessons": lessons_way,
        "hand-written": hand_written_way,
        "one network": training_alone_way,
        "twenty networks": twenty_way,
    }
    # One round after the other, so that a slow spell of the machine hits all alike.
    rounds = [{name: seconds_of(way) for name, way in ways.items()} for _ in range(ROUNDS)]
    medians = {name: statistics.median(each[name] for each in rounds) for name in ways}
    print(f"\n{EPOCHS} epochs, median of {ROUNDS}, in seconds; the first three with validation")
    for name, seconds in medians.items():
        print(f"  {name:24}{seconds:8.2f}   {ways[name].__doc__}")
    slower = medians["tutorial"] / medians["lessons"]
    print(f"  tutorial / lessons: {slower:.1f} (at least {SLOWER_AT_LEAST})")
    overhead = medians["lessons"] / medians["hand-written"]
    print(f"  lessons / hand-written: {overhead:.2f} (at most {OVERHEAD_AT_MOST})")
    price = medians["twenty networks"] / medians["one network"]
    print(f"  twenty networks / one network: {price:.2f} (at most {PRICE_AT_MOST})")
    live = price_of_the_growing_curve()
    print(f"  with the growing curve / with a line of text: {live:.2f} (at most {LIVE_AT_MOST})")
    missed = slower < SLOWER_AT_LEAST or overhead > OVERHEAD_AT_MOST or price > PRICE_AT_MOST
    missed = missed or live > LIVE_AT_MOST
    return ["speed"] if missed else []


def price_of_the_growing_curve():
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(LIVE)])
    NotebookClient(notebook, resources={"metadata": {"path": str(ROOT)}}).execute()
    printed = (output.get("text", "") for output in notebook.cells[0].outputs)
    return float("".join(printed).split()[-1])


def measure_notebook(path):
    """Runs a notebook in a new kernel: seconds after the imports, peak memory in MB."""
    notebook = read_notebook(path)
    cells = code_cells(notebook)
    # The imports are the first cell. Linux keeps a process's own peak, in kB, in VmHWM.
    cells[0].source += "\nimport time as _time; _start = _time.perf_counter()"
    cells[-1].source += (
        "\nimport pathlib as _pathlib"
        "\n_status = _pathlib.Path('/proc/self/status').read_text()"
        "\n_peak = int(_status.split('VmHWM:')[1].split()[0]) / 1024"
        "\nprint(_time.perf_counter() - _start, _peak)"
    )
    NotebookClient(notebook, resources={"metadata": {"path": str(path.parent)}}).execute()
    printed = [output["text"] for output in cells[-1].outputs if output.get("name") == "stdout"]
    return map(float, "".join(printed).split()[-2:])


def measure_notebooks(wanted):
    print("\nEach notebook in a new kernel: seconds after the imports, peak memory in MB")
    missed = []
    for path in NOTEBOOKS:
        if wanted and not is_named(path, wanted):
            continue
        seconds, megabytes = measure_notebook(path)
        allowed = seconds_allowed(path)
        limits = f"at most {allowed} s, {MEGABYTES_ALLOWED} MB"
        over = seconds > allowed or megabytes > MEGABYTES_ALLOWED
        print(
            f"  {path.stem:38}{seconds:6.1f} s {megabytes:5.0f} MB  {limits}{' MISSED' * over}",
            flush=True,
        )
        missed += [path.stem] * over
    return missed


if __name__ == "__main__":
    wanted = sys.argv[1:]
    missed = ([] if wanted else compare_ways()) + measure_notebooks(wanted)
    sys.exit(f"missed: {', '.join(missed)}" if missed else 0)
