"""Files of models: an old one is never lost, and no file can do more than be refused."""

import json
import os
import shutil
import stat
import subprocess
import sys
import zipfile
from pathlib import Path

from lessons_lib import load_model, save_model
from tests.lessons import ROOT
import keras
import numpy as np
import pytest

# With a space and umlauts, as learners name their files, where the locale knows them.
NAME = "größtes Modell.keras" if sys.getfilesystemencoding() == "utf-8" else "a model.keras"


@pytest.fixture
def saved(tmp_path, compiled):
    """A model and its file, alone in a folder."""
    model = compiled(0.25)
    model.optimizer.build(model.trainable_variables)
    save_model(model, tmp_path / NAME)
    return model, tmp_path / NAME


def kept(file):
    """Says that a file is what it was, with nothing beside it."""
    contents = file.read_bytes()
    return lambda: file.read_bytes() == contents and os.listdir(file.parent) == [file.name]


class TestSave:
    def test_a_loaded_model_goes_on_where_the_saved_one_was(self, saved, fit):
        model, file = saved
        fit(model, "run", epochs=3)
        save_model(model, file)
        loaded = load_model(file)
        assert float(loaded.optimizer.learning_rate) == 0.25
        assert int(loaded.optimizer.iterations) == 12
        for one in (model, loaded):
            fit(one, "on", epochs=1, shuffle=False)
        for here, there in zip(model.get_weights(), loaded.get_weights(), strict=True):
            np.testing.assert_allclose(here, there, rtol=1e-6)

    def test_it_replaces_an_older_file_and_leaves_nothing_beside_it(self, saved, compiled):
        _, file = saved
        save_model(compiled(0.5), str(file))
        assert float(load_model(str(file)).optimizer.learning_rate) == 0.5
        assert os.listdir(file.parent) == [file.name]

    def test_a_link_goes_on_to_lead_to_the_file(self, saved, compiled):
        _, file = saved
        link = file.with_name("link.keras")
        link.symlink_to(file)
        save_model(compiled(0.5), link)
        assert link.is_symlink()
        assert float(load_model(file).optimizer.learning_rate) == 0.5

    @pytest.mark.parametrize("name", ["model", "model.h5", "model.keras.txt"])
    def test_another_ending_is_refused(self, tmp_path, compiled, name):
        with pytest.raises(ValueError, match='must end in ".keras"'):
            save_model(compiled(), tmp_path / name)
        assert os.listdir(tmp_path) == []


class TestSaveThatFails:
    def test_on_a_full_disk_the_old_file_is_kept(self, saved):
        resource = pytest.importorskip("resource")
        model, file = saved
        is_kept = kept(file)
        allowed = resource.getrlimit(resource.RLIMIT_FSIZE)
        resource.setrlimit(resource.RLIMIT_FSIZE, (file.stat().st_size // 2, allowed[1]))
        try:
            with pytest.raises(OSError, match="is not saved .*older file .* is as it was. Make"):
                save_model(model, file)
        finally:
            resource.setrlimit(resource.RLIMIT_FSIZE, allowed)
        assert is_kept()

    @pytest.mark.skipif(not hasattr(os, "geteuid"), reason="needs the permissions of Unix")
    @pytest.mark.parametrize("protected", ["folder", "file"])
    def test_what_is_write_protected_is_kept(self, saved, monkeypatch, protected):
        model, file = saved
        is_kept = kept(file)
        what = file.parent if protected == "folder" else file
        allowed = stat.S_IMODE(what.stat().st_mode)
        root = os.geteuid() == 0
        if root:  # Root may write everywhere, so be the folder's owner without root's rights.
            try:
                os.chown(file.parent, 65534, -1)
                os.chown(file, 65534, -1)
            except OSError:
                pytest.skip("there is no other user in this namespace")
            monkeypatch.chdir(file.parent)
        what.chmod(0o555 if protected == "folder" else 0o444)
        try:
            if root:
                open_to_others(file.parent)
                os.seteuid(65534)
            with pytest.raises(PermissionError, match="is not saved .*choose a folder in which"):
                save_model(model, file)
        finally:
            if root:
                os.seteuid(0)
            what.chmod(allowed)
        assert is_kept()

    @pytest.mark.parametrize("place", ["missing/model.keras", "text/model.keras", "folder.keras"])
    def test_where_no_file_can_be_it_says_so(self, tmp_path, compiled, place):
        (tmp_path / "text").write_text("no folder")
        (tmp_path / "folder.keras").mkdir()
        with pytest.raises(OSError, match="is not saved"):
            save_model(compiled(), tmp_path / place)
        assert sorted(os.listdir(tmp_path)) == ["folder.keras", "text"]

    def test_a_kernel_killed_in_the_middle_leaves_the_old_file(self, saved, compiled):
        _, file = saved
        contents = file.read_bytes()
        run = subprocess.run([sys.executable, "-c", KILLED, file], cwd=ROOT, timeout=120)
        assert run.returncode != 0
        assert len(os.listdir(file.parent)) == 2, "what was begun is beside it"
        assert file.read_bytes() == contents
        # And the next save is not in the way of it, and clears it.
        save_model(compiled(), file)
        assert os.listdir(file.parent) == [file.name]


KILLED = """\
import os, sys
from lessons_lib import save_model
import keras
class Dying(keras.layers.Dense):
    def save_own_variables(self, store):
        os._exit(9)
save_model(keras.Sequential([keras.Input((1,)), Dying(1)]), sys.argv[1])
"""


def open_to_others(path):
    """Lets others pass through the folders above, which pytest made for us alone."""
    for above in path.parents:
        if stat.S_IMODE(above.stat().st_mode) & 0o001 == 0:
            above.chmod(0o711)


def harm():
    Path("harmed").touch()


class Own(keras.layers.Dense):
    """A layer that Keras does not know when it is asked to load it."""


def rewritten(file, config=None, *, without=""):
    """Writes a model's file with another configuration, or without one of its parts."""
    with zipfile.ZipFile(file) as archive:
        parts = {name: archive.read(name) for name in archive.namelist() if name != without}
    if config is not None:
        parts["config.json"] = config(json.loads(parts["config.json"]))
    with zipfile.ZipFile(file, "w") as archive:
        for name, content in parts.items():
            archive.writestr(name, content)


def with_layer(**changes):
    """Gives a function that changes the first layer's entry in a configuration."""

    def change(config):
        config["config"]["layers"][1].update(changes)
        return json.dumps(config)

    return change


def cut(file):
    file.write_bytes(file.read_bytes()[:-1000])


def scratched(file):
    contents = bytearray(file.read_bytes())
    middle = len(contents) // 2
    contents[middle : middle + 100] = bytes(100 * [0xAA])
    file.write_bytes(contents)


DAMAGED = {
    "cut off": cut,
    "scratched": scratched,
    "empty": lambda file: file.write_bytes(b""),
    "a text": lambda file: file.write_text("epoch,loss\n1,0.5\n"),
    "another zip": lambda file: (
        shutil.make_archive(file, "zip", ROOT / "binder") and os.replace(f"{file}.zip", file)
    ),
    "no weights": lambda file: rewritten(file, without="model.weights.h5"),
    "no configuration": lambda file: rewritten(file, without="config.json"),
}
# Each would leave a file "harmed" if it were run.
HARM = {"class_name": "eval", "config": "open('harmed', 'w')"}
REFUSED = {
    "code as the model": lambda file: rewritten(
        file, lambda _: json.dumps(HARM | {"module": "builtins", "registered_name": "eval"})
    ),
    "code as a layer": lambda file: rewritten(file, with_layer(module="builtins", **HARM)),
    "a module to import": lambda file: rewritten(file, with_layer(module="harm", class_name="H")),
    "an unknown layer": lambda file: rewritten(
        file, with_layer(module="nowhere", class_name="Strange", registered_name="Strange")
    ),
    "another shape": lambda file: rewritten(
        file, lambda config: json.dumps(config).replace('"units": 1', '"units": 2')
    ),
    "a list": lambda file: rewritten(file, lambda _: "[]"),
    "no JSON": lambda file: rewritten(file, lambda _: "{oops"),
    "a Lambda": lambda file: keras.Sequential(
        [keras.Input((1,)), keras.layers.Lambda(lambda x: harm() or x)]
    ).save(file),
    "a layer of somebody's own": lambda file: keras.Sequential([keras.Input((1,)), Own(1)]).save(
        file
    ),
}


class TestLoad:
    def test_a_file_that_is_not_there_is_named(self, tmp_path):
        with pytest.raises(FileNotFoundError, match=r"none.keras. cannot be read \(No such file"):
            load_model(tmp_path / "none.keras")

    @pytest.mark.parametrize("address", ["hf://somebody/model.keras", "https://a.b/model.keras"])
    def test_an_address_is_not_downloaded(self, address):
        with pytest.raises(FileNotFoundError, match="cannot be read"):
            load_model(address)

    def test_a_folder_is_no_model(self, tmp_path):
        (tmp_path / "folder.keras").mkdir()
        with pytest.raises(OSError, match="cannot be read"):
            load_model(tmp_path / "folder.keras")

    @pytest.mark.parametrize("name", ["model.h5", "model"])
    def test_another_ending_is_refused(self, tmp_path, name):
        with pytest.raises(ValueError, match='must end in ".keras"'):
            load_model(tmp_path / name)

    def test_an_old_format_by_another_name_is_told(self, saved, recwarn):
        model, file = saved
        model.save(file.with_suffix(".h5"))
        os.replace(file.with_suffix(".h5"), file)
        with pytest.raises(ValueError, match="because it is damaged, or it is no model of Keras"):
            load_model(file)

    @pytest.mark.parametrize("damage", DAMAGED)
    def test_a_damaged_or_foreign_file_is_told(self, saved, damage):
        _, file = saved
        DAMAGED[damage](file)
        with pytest.raises(
            ValueError, match=f"{NAME}. is not loaded, because it is damaged, or it is no"
        ):
            load_model(file)

    @pytest.mark.parametrize("content", REFUSED)
    def test_what_is_not_safe_or_unknown_is_refused(self, saved, monkeypatch, content):
        _, file = saved
        monkeypatch.chdir(file.parent)
        monkeypatch.syspath_prepend(file.parent)
        (file.parent / "harm.py").write_text("open('harmed', 'w')")
        REFUSED[content](file)
        (file.parent / "harmed").unlink(missing_ok=True)  # To build a model runs its code.
        with pytest.raises(ValueError, match=f"{NAME}. is not loaded, because it holds code"):
            load_model(file)
        assert not (file.parent / "harmed").exists()
