"""Files of models: saved so that an old one is never lost, loaded so that no code in it runs."""

import os
import zipfile
from pathlib import Path

import keras


def save_model(model: keras.Model, file: str | Path) -> None:
    """Saves a model with its optimizer, in the place of an older file of that name.

    `model.save` empties an older file first. This writes beside it (`.NAME.part.keras`) and
    replaces it at the end: if the disk is full or the kernel dies, it is there as before.

    Args:
        model: The model; its file can be loaded to train on.
        file: Where to; the name must end in `.keras`.

    Raises:
        ValueError: The name ends otherwise.
        OSError: Nothing is saved and nothing left behind: the disk is full, or the folder is
            missing, or it or the older file is read-only.
    """
    file = real_path(file)
    beside = file.with_name(f".{file.stem}.part.keras")
    try:
        if file.exists():
            open(file, "r+b").close()  # One that is write-protected must not be replaced.
        try:
            model.save(beside)
            os.replace(beside, file)
        finally:
            beside.unlink(missing_ok=True)
    except OSError as problem:
        raise type(problem)(
            f'"{file}" is not saved ({problem.strerror}); an older file of that name is as it was. '
            "Make room on the disk or choose a folder in which you may write, and save again."
        ) from problem


def load_model(file: str | Path) -> keras.Model:
    """Loads a model, ready to train on, in Keras' safe mode: code in the file does not run.

    Only `keras.config.enable_unsafe_deserialization()` switches safe mode off, for all files.

    Args:
        file: A file on this machine that `save_model` or `model.save` wrote.

    Returns:
        The model, with its optimizer as it was when it was saved.

    Raises:
        OSError: There is no such file, or it cannot be read.
        ValueError: Its name does not end in `.keras`; or it is damaged, or no model; or it
            holds what safe mode does not load: code, or layers that Keras does not know.
    """
    file, reason = real_path(file), "it is damaged, or it is no model of Keras"
    try:
        # Of a file that is no zip, Keras says "not found". To read a part checks its sum.
        with zipfile.ZipFile(file) as parts:
            [parts.read(name) for name in ("config.json", "model.weights.h5")]
        reason = "it holds code, or layers that Keras does not know, or parts that do not fit"
        return keras.models.load_model(file, safe_mode=True)
    except OSError as problem:
        raise type(problem)(
            f'"{file}" cannot be read ({problem.strerror or problem}): look at its name and '
            "folder, or save the model again."
        ) from problem
    except Exception as problem:  # Keras lets through whatever the content raises.
        raise ValueError(
            f'"{file}" is not loaded, because {reason}: take a file that you trust, or build '
            "the model in Python and train it again."
        ) from problem


def real_path(file: str | Path) -> Path:
    """Gives the path with which a model's file is opened: `~` and links are followed."""
    file = Path(os.path.realpath(os.path.expanduser(file)))
    if file.suffix != ".keras":
        raise ValueError(f'The file is named "{file.name}", but its name must end in ".keras".')
    return file
