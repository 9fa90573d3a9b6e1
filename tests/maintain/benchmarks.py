"""Measures speed and memory, also of other ways to fit. An error if a limit is missed:

python -m tests.maintain.benchmarks                 everything
python -m tests.maintain.benchmarks 03 solutions    notebooks with one of these in their path
"""

import math
import statistics
import sys
import time

import lessons_lib as lib
from tests.maintain.store import is_named
from tests.notebooks import NOTEBOOKS, ROOT, code_cells, read_notebook
import keras
import nbformat
import tensorflow as tf
from nbclient import NotebookClient

EPOCHS, ROUNDS, LEARNING_RATE, MEGABYTES_ALLOWED = 200, 3, 0.03, 1000
# The first three lessons are for everybody; 5 to 7 and 9 to 11 train many networks.
SECONDS_ALLOWED = {"01": 20, "02": 20, "03": 20, "05": 40, "06": 40, "07": 40}
SECONDS_ALLOWED |= {"09": 60, "10": 60, "11": 60}
# Only a notebook draws the growing curve.
IN_A_NOTEBOOK = """from tests.maintain import benchmarks
print(*benchmarks.medians_of([benchmarks.growing_curve, benchmarks.lessons_way]))"""


def quick_fit(model, loss, batches, **options):
    """Gives a function that fits as lessons do: all steps of an epoch in one execution."""
    optimizer = keras.optimizers.Adam(LEARNING_RATE)
    model.compile(optimizer=optimizer, loss=loss, steps_per_execution=len(batches))
    return lambda epochs: model.fit(batches, epochs=epochs, verbose=0, **options)


def lessons_way(live=False):
    """`fit` on tf.data, with all steps of an epoch in one execution."""
    training, validation = lib.load_diamonds()
    options = {"validation_data": validation, "callbacks": [lib.TrainingRecord("run", live=live)]}
    return quick_fit(lib.build_model(), "mse", training, **options)


def growing_curve():
    """The same, with the curve that grows."""
    return lessons_way(live=True)


def tutorial_way():
    """`fit` on NumPy arrays, and otherwise Keras as it comes."""
    training, validation = lib.load_diamonds()
    model, validation = lib.build_model(), next(validation.as_numpy_iterator())
    features, target = next(training.unbatch().batch(1600).as_numpy_iterator())
    model.compile(optimizer=keras.optimizers.Adam(LEARNING_RATE), loss="mse")
    options = {"batch_size": 64, "validation_data": validation, "verbose": 0}
    return lambda epochs: model.fit(features, target, epochs=epochs, **options)


def hand_written_way():
    """The same steps on the same data, without `fit`."""
    training, validation = lib.load_diamonds()
    model, optimizer = lib.build_model(), keras.optimizers.Adam(LEARNING_RATE)
    optimizer.build(model.trainable_variables)

    def loss_of(features, target):
        return tf.reduce_mean(tf.square(model(features) - target))

    @tf.function
    def train(iterator):
        total = tf.constant(0.0)
        for _ in tf.range(len(training)):
            with tf.GradientTape() as tape:
                loss = loss_of(*next(iterator))
            optimizer.apply(tape.gradient(loss, model.trainable_variables))
            total += loss
        return total

    validate = tf.function(loss_of)

    def run(epochs):
        for _ in range(epochs):
            float(train(iter(training)))
            [float(validate(*batch)) for batch in validation]

    return run


def one_network():
    """One network the lessons' way, without validation."""
    return quick_fit(lib.build_model(), "mse", lib.load_diamonds()[0])


def twenty_networks():
    """Twenty networks in one model, as in lesson 9, without validation."""
    batches, *_ = lib.load_many_diamonds(range(20), epochs=50)
    fit = quick_fit(lib.build_many_models(range(20)), lib.sum_of_losses, batches)
    return lambda epochs: fit(max(1, epochs // 50))


def seconds_of(way):
    run = way()
    run(1)  # TensorFlow builds the steps in the first epoch.
    start = time.perf_counter()
    run(EPOCHS)
    return time.perf_counter() - start


def medians_of(ways):
    # One round after the other, so that a slow spell of the machine hits all alike.
    rounds = [[seconds_of(way) for way in ways] for _ in range(ROUNDS)]
    return list(map(statistics.median, zip(*rounds, strict=True)))


def compare_ways():
    ways = [tutorial_way, lessons_way, hand_written_way, one_network, twenty_networks]
    medians = medians_of(ways)
    print(f"\n{EPOCHS} epochs, median of {ROUNDS}, in seconds; the first three with validation")
    for way, seconds in zip(ways, medians, strict=True):
        print(f"  {way.__name__:20}{seconds:8.2f}   {way.__doc__}")
    tutorial, lessons, hand_written, one, twenty = medians
    curve, line = map(float, printed_by(IN_A_NOTEBOOK)[-2:])
    ratios = {
        "tutorial / lessons": (tutorial / lessons, 7, math.inf),
        "lessons / hand-written": (lessons / hand_written, 0, 1.8),
        "twenty networks / one network": (twenty / one, 0, 2.2),
        "growing curve / line of text": (curve / line, 0, 1.15),
    }
    for name, (ratio, least, most) in ratios.items():
        print(f"  {name}: {ratio:.2f} ({f'at least {least}' if least else f'at most {most}'})")
    return [name for name, (ratio, least, most) in ratios.items() if not least <= ratio <= most]


def printed_by(*cells, folder=ROOT):
    """Runs cells in a new kernel; gives the words that the last one prints."""
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(cell) for cell in cells])
    NotebookClient(notebook, resources={"metadata": {"path": str(folder)}}).execute()
    texts = (output.text for output in notebook.cells[-1].outputs if output.get("name") == "stdout")
    return "".join(texts).split()


def measure_notebooks(wanted):
    print("\nEach notebook in a new kernel: seconds after the imports, peak memory in MB")
    started = "import time as _time; _start = _time.perf_counter()"
    # Linux keeps a process's own peak, in kB, in VmHWM.
    peak = "int(open('/proc/self/status').read().split('VmHWM:')[1].split()[0]) / 1024"
    ended = f"print(_time.perf_counter() - _start, {peak})"
    missed = []
    for path in NOTEBOOKS:
        if wanted and not is_named(path, wanted):
            continue
        # The store tool says why it leaves out widgets.
        cells = code_cells(read_notebook(path), without=["colab", "widget"])
        imports, *cells = (cell.source for cell in cells)
        words = printed_by(imports, started, *cells, ended, folder=path.parent)
        (seconds, megabytes), allowed = map(float, words), SECONDS_ALLOWED.get(path.stem[:2], 30)
        over = seconds > allowed or megabytes > MEGABYTES_ALLOWED
        limits = f"at most {allowed} s, {MEGABYTES_ALLOWED} MB{' MISSED' * over}"
        print(f"  {path.stem:38}{seconds:6.1f} s {megabytes:5.0f} MB  {limits}", flush=True)
        missed += [path.stem] * over
    return missed


if __name__ == "__main__":
    wanted = sys.argv[1:]
    missed = ([] if wanted else compare_ways()) + measure_notebooks(wanted)
    sys.exit(f"missed: {', '.join(missed)}" if missed else 0)
