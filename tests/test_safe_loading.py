"""Nothing that is read is run: no pickle, no eval, no unpacking, no text put into a page as HTML; see docs/security.md.

That files with code in them are refused is shown by tests/trainer/model/test_hostile_models.py.
"""

import ast
import re

import pytest

from tests.test_rooms import ROOMS, ROOT, list_imports, list_modules, name_module, parse

HTML_FROM_TEXT = re.compile(
    r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|\beval\(|\|\s*safe\b|autoescape false"
)
UNPICKLERS = {"pickle", "cPickle", "_pickle", "marshal", "shelve", "joblib", "dill", "cloudpickle", "imp"}
RUNS_TEXT = {"eval", "exec", "compile", "__import__"}
# Function -> the argument that has to be there with this value. An unsafe default, or one that a process can change.
SAFE_ARGUMENTS = {"load_model": ("safe_mode", True)}
UNSAFE_ATTRIBUTES = {
    "yaml.load": "yaml.safe_load",
    "yaml.unsafe_load": "yaml.safe_load",
    "os.system": "subprocess.run with a list",
    "os.popen": "subprocess.run with a list",
    "keras.config.enable_unsafe_deserialization": "safe mode",
    "torch.load": "safetensors",
}
WRITERS = {"extractall", "extract", "unpack_archive"}  # of archives: members are read, never unpacked


def list_dangers(tree: ast.AST) -> list[str]:
    """What in a module could run what a file says, or write where it says."""
    found = []
    for call in (node for node in ast.walk(tree) if isinstance(node, ast.Call)):
        name, given = ast.unparse(call.func), {each.arg: ast.unparse(each.value) for each in call.keywords}
        last = name.rpartition(".")[2]
        if name in RUNS_TEXT or name in UNSAFE_ATTRIBUTES or (last in WRITERS and "." in name):
            found.append(name)
        if given.get("allow_pickle", "False") != "False" or given.get("shell", "False") != "False":
            found.append(f"{name} with {given}")
        argument, value = SAFE_ARGUMENTS.get(last, ("", None))
        if argument and given.get(argument) != str(value):
            found.append(f"{name} without {argument}={value}")
    return found


def test_the_check_sees_what_is_dangerous():
    text = """
np.load(path, allow_pickle=True); eval(text); yaml.load(text); archive.extractall(folder)
subprocess.run(line, shell=True); keras.saving.load_model(path, safe_mode=False); keras.saving.load_model(path)
np.load(path, allow_pickle=False); re.compile(text); keras.saving.load_model(path, safe_mode=True)
"""
    assert len(list_dangers(ast.parse(text))) == 7


@pytest.mark.parametrize("room", ROOMS)
def test_no_module_runs_what_a_file_says(room):
    for path in list_modules(room):
        assert not list_dangers(parse(path)), name_module(path)
        assert not list_imports(path) & UNPICKLERS, name_module(path)


def test_no_page_puts_text_in_as_html():
    for path in [path for room in ROOMS for path in (ROOT / room).rglob("*")]:
        if path.suffix in (".js", ".html", ".jinja"):
            assert not HTML_FROM_TEXT.search(path.read_text(encoding="utf-8")), path
