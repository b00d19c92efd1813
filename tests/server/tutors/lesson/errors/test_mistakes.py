"""Mistakes of beginners, each made in a real IPython, and what is said about them."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

import pytest

from tests.support.notebook_errors import errors_of_cells
from tutor_widget.server.tutors.lesson.errors import built_in, explain

ENTRIES = built_in()

# What is typed, the error, and a part of the explanation that belongs to this mistake only.
MISTAKES = [
    ("print(mesage)", "NameError", "`mesage` and does not know it"),
    ("print(hello)", "NameError", "If it should be text, it needs quotes"),
    ('Print("hello")', "NameError", "small letters"),
    ("done = true", "NameError", "capital letter"),
    ("print(math.sqrt(4))", "NameError", "must be imported"),
    ("np.zeros(3)", "NameError", "import numpy as np"),
    ("total += 1", "NameError", "`total`"),
    ("def f():\n    self.x = 1\nf()", "NameError", "`self` is known only inside a method"),
    ("x = 1\ndel x\nx", "NameError", "`x`"),
    ("def f():\n    print(x)\n    x = 1\nf()", "UnboundLocalError", "its own variable"),
    ("n = 0\ndef add():\n    n += 1\nadd()", "UnboundLocalError", "`return` the new value"),
    ("def a():\n    def b(): return t\n    b()\n    t = 1\na()", "NameError", "inner function"),
    ("if 1\n    pass", "SyntaxError", "expected a colon"),
    ("for i in range(3)\n    print(i)", "SyntaxError", "expected a colon"),
    ("def f()\n    return 1", "SyntaxError", "expected a colon"),
    ("x = 2\nif x > 3:\n    pass\nelseif x:\n    pass", "SyntaxError", "`elif`"),
    ("x = 2\nif x > 3:\n    pass\nelse if x:\n    pass", "SyntaxError", "`elif`"),
    ("if x => 3: pass", "SyntaxError", "comes second"),
    ("if x =< 3: pass", "SyntaxError", "comes second"),
    ("if x <> 3: pass", "SyntaxError", "`!=`"),
    ("if x > 1 && x < 5: pass", "SyntaxError", "`and`"),
    ("if x < 1 || x > 5: pass", "SyntaxError", "`or`"),
    ("x++", "SyntaxError", "`x += 1`"),
    ("print((1, 2)", "SyntaxError", "end of the cell"),
    ('d = {"a": 1', "SyntaxError", "bracket is missing"),
    ('x = """abc', "SyntaxError", "three quotes"),
    ("x = [1, 2\nprint(x)", "SyntaxError", "A `[` was opened"),
    ("print('a', 'b'\nx = 3", "SyntaxError", "A `(` was opened"),
    ("print(1))", "SyntaxError", "closes nothing"),
    ("x = [1, 2)", "SyntaxError", "must be of one kind"),
    ("print('hello)", "SyntaxError", "never ended"),
    ("x = 'it's'", "SyntaxError", "apostrophe"),
    ("print(“hello”)", "SyntaxError", "copy the code from a web page"),
    ("x = 3 – 1", "SyntaxError", "does not know the character `–`"),
    ("x =\u00a01", "SyntaxError", "cannot see"),
    ("x = 08", "SyntaxError", "cannot begin with 0"),
    ("2nd = 3", "SyntaxError", "must not begin with a digit"),
    ("x = 5a", "SyntaxError", "A number and letters"),
    ("print 'hello'", "SyntaxError", "stands in brackets"),
    ("if x = 3: pass", "SyntaxError", "write `==`"),
    ("3 = x", "SyntaxError", "the name stands on the left"),
    ("x + 1 = 2", "SyntaxError", "the name stands on the left"),
    ("my-name = 2", "SyntaxError", "`my_name`"),
    ("True = 3", "SyntaxError", "Python's own words"),
    ("f('a'=3)", "SyntaxError", "without quotes"),
    ("f(x y)", "SyntaxError", "comma missing"),
    ("x = [1 2 3]", "SyntaxError", "comma missing"),
    ('d = {"a": 1 "b": 2}', "SyntaxError", "comma missing"),
    ("class = 3", "SyntaxError", "used as a name"),
    ("hello world", "SyntaxError", "cannot read this line"),
    ("x = ", "SyntaxError", "cannot read this line"),
    ("return 3", "SyntaxError", "inside a function"),
    ("break", "SyntaxError", "inside a function or a loop"),
    ("if True:\n    continue", "SyntaxError", "inside a function or a loop"),
    ("def f: pass", "SyntaxError", "round bracket"),
    ("def f(x=1, y): pass", "SyntaxError", "must come after those without"),
    ("f(x=1, 2)", "SyntaxError", "must come after what has none"),
    ("f(x=1, x=2)", "SyntaxError", "twice"),
    ("def f(x, x): pass", "SyntaxError", "twice"),
    ("try:\n    x = 1\nx = 2", "SyntaxError", "`except …:`"),
    ("x = 1 if 2", "SyntaxError", "Add the `else`"),
    ('print(f"{}")', "SyntaxError", "f-string"),
    ("x = 10 \\ 2", "SyntaxError", "To divide"),
    ('x = "C:\\Users\\me"', "SyntaxError", "path of Windows"),
    ("def f():\n    x = 1\n    global x", "SyntaxError", "first line of the function"),
    ("def f():\n    nonlocal x", "SyntaxError", "`nonlocal`"),
    ("x = *[1]", "SyntaxError", "inside of brackets"),
    ("for x in []:\nprint(x)", "IndentationError", "four spaces"),
    ("def f(x):\nreturn x", "IndentationError", "four spaces"),
    ("x = 1\n  y = 2", "IndentationError", "left edge"),
    ("if True:\n    x = 1\n  y = 2", "IndentationError", "left edge"),
    ("if 1:\n\tx = 1\n        y = 2", "TabError", "tabs"),
    ("'I am ' + 7", "TypeError", "`str(…)`"),
    ("7 + ' apples'", "TypeError", "of type `int` and one of type `str`"),
    ("'12' - 1", "TypeError", "What `input()` gives"),
    ("None + 1", "TypeError", "`NoneType` comes from"),
    ("3 < 'a'", "TypeError", "`<` does not work"),
    ("max(1, 'a')", "TypeError", "`>` does not work"),
    ("sum(['a', 'b'])", "TypeError", "`+` does not work"),
    ("[1, 2] + 3", "TypeError", "use `append`"),
    ("(1, 2) + [3]", "TypeError", "`+` joins `tuple`"),
    ("'3' * 1.5", "TypeError", "must be whole"),
    ("'a' * 'b'", "TypeError", "must be whole"),
    ("range(1.5)", "TypeError", "use `//`"),
    ("range('3')", "TypeError", "`int(…)`"),
    ("range([1, 2])", "TypeError", "`range(len(values))`"),
    ("len(5)", "TypeError", "`len(str(number))`"),
    ("len(None)", "TypeError", "`return` gives `None`"),
    ("int([1])", "TypeError", "For a list"),
    ("int(None)", "TypeError", "returned nothing"),
    ("abs('3')", "TypeError", "needs a number"),
    ("round('3')", "TypeError", "needs a number"),
    ("import math\nmath.sqrt('4')", "TypeError", "computes with a number"),
    ("', '.join([1, 2])", "TypeError", "`join` puts texts together"),
    ("3 in '123'", "TypeError", "text inside a text"),
    ("3 in 5", "TypeError", "piece by piece"),
    ("for x in 3: pass", "TypeError", "`range(…)`"),
    ("for i in len([1]): pass", "TypeError", "`range(…)`"),
    ("list(5)", "TypeError", "`range(…)`"),
    ("a, b = 3", "TypeError", "piece by piece"),
    ("x = 3\nx()", "TypeError", "like a function"),
    ("2(3 + 1)", "TypeError", "operator missing"),
    ("str = 'a'\nstr(3)", "TypeError", "restart the kernel"),
    ("x = [1, 2]\nx(0)", "TypeError", "like a function"),
    ("import random\nrandom()", "TypeError", "inside the module"),
    ("def area(w, h): pass\narea(1)", "TypeError", "needs: `'h'`"),
    ("def area(w, h, d): pass\narea(1)", "TypeError", "`'h' and 'd'`"),
    ("def greet(): pass\ngreet(1)", "TypeError", "takes 0"),
    ("class A:\n    def f(): pass\nA().f()", "TypeError", "must begin with `self`"),
    ("class A:\n    def f(self): pass\nA.f()", "TypeError", "Make an object first"),
    ("class A: pass\nA(3)", "TypeError", "`__init__`"),
    ("def greet(a): pass\ngreet(b=1)", "TypeError", "with the name `b`"),
    ("print('a', ends='')", "TypeError", "with the name `ends`"),
    ("def greet(a): pass\ngreet(1, a=1)", "TypeError", "`a` twice"),
    ("[].append(1, 2)", "TypeError", "wrong number of values"),
    ("len()", "TypeError", "wrong number of values"),
    ("range()", "TypeError", "wrong number of values"),
    ("input('a', 'b')", "TypeError", "wrong number of values"),
    ("x = None\nx[0]", "TypeError", "`None`, which means: nothing"),
    ("x = 3\nx[0]", "TypeError", "not into the type `int`"),
    ("print['a']", "TypeError", "called with round ones"),
    ("x = {1, 2}\nx[0]", "TypeError", "Make a list of it"),
    ("x = map(str, [1])\nx[0]", "TypeError", "Make a list of it"),
    ("x = [1]\nx['0']", "TypeError", "must be a whole number"),
    ("x = 'abc'\nx[1.0]", "TypeError", "must be a whole number"),
    ("{[1]: 'a'}", "TypeError", "a tuple"),
    ("x = 'cat'\nx[0] = 'h'", "TypeError", "cannot be changed in place"),
    ("x = (1, 2)\ndel x[0]", "TypeError", "nothing can be taken out"),
    ("'a,b'.split(1)", "TypeError", "another kind of value"),
    ("isinstance(3, 'int')", "TypeError", "without quotes"),
    ("'%s %s' % 'a'", "TypeError", "`%` signs"),
    ("'12' % 5", "TypeError", "wanted to compute a rest"),
    ("raise 'error'", "TypeError", "Behind `raise`"),
    ("print(*5)", "TypeError", "its parts, one by one"),
    ("reversed(5)", "TypeError", "`reversed(range(5))`"),
    ("class A:\n    def __str__(self): return 3\nstr(A())", "TypeError", "must `return`"),
    ("import json\njson.dumps({1, 2})", "TypeError", "JSON knows"),
    ("[1][3]", "IndexError", "Counting begins at 0"),
    ("''[0]", "IndexError", "the string does not have"),
    ("x = []\nx[0] = 1", "IndexError", "the list does not have"),
    ("[].pop()", "IndexError", "takes a value out"),
    ("[1].pop(3)", "IndexError", "is a place, not a value"),
    ("'{} {}'.format(1)", "IndexError", "more `{}` in it"),
    ("import random\nrandom.choice([])", "IndexError", "one of several values"),
    ("{'Ada': 1}['ada']", "KeyError", "no key `'ada'`"),
    ("{1: 2}['1']", "KeyError", "of the same type"),
    ("set().pop()", "KeyError", "nothing left in it"),
    ("[].sort().append(1)", "AttributeError", "change a list in place"),
    ("[].push(1)", "AttributeError", "`append`"),
    ("[1, 2].length", "AttributeError", "`len(values)`"),
    ("'abc'.append('d')", "AttributeError", "A text cannot be changed"),
    ("['a', 'b'].join(',')", "AttributeError", "belongs to a text"),
    ("(5).upper()", "AttributeError", "`int` has no `.upper`"),
    ("'abc'.uppr()", "AttributeError", "`str` has no `.uppr`"),
    ("import math\nmath.squareroot(2)", "AttributeError", "`math` has no `.squareroot`"),
    ("import datetime\ndatetime.now()", "AttributeError", "`datetime.datetime.now`"),
    ("class A: pass\nA().x", "AttributeError", "`A` has no `.x`"),
    ("int('twelve')", "ValueError", "`'twelve'` does not look like one"),
    ("int('3.5')", "ValueError", "use `float(…)`"),
    ("float('3,5')", "ValueError", "with a point"),
    ("a, b = 1, 2, 3", "ValueError", "more values than that"),
    ("a, b = [1]", "ValueError", "only 1"),
    ("for k, v in {'abc': 1}: pass", "ValueError", "behind `for`"),
    ("[].remove(1)", "ValueError", "not there"),
    ("[1].index(2)", "ValueError", "not there"),
    ("max([])", "ValueError", "there are none"),
    ("import math\nmath.sqrt(-1)", "ValueError", "square root"),
    ("import random\nrandom.randint(5, 1)", "ValueError", "smaller number comes first"),
    ("range(1, 9, 0)", "ValueError", "step is 0"),
    ("'abc'.split('')", "ValueError", "`list(word)`"),
    ("dict(['abc'])", "ValueError", "is no pair"),
    ("f'{3.5:d}'", "ValueError", "behind the `:`"),
    ("from datetime import date\ndate(2026, 13, 1)", "ValueError", "no such day"),
    ("int(float('nan'))", "ValueError", "no number"),
    ("f = open('a', 'w')\nf.close()\nf.write('')", "ValueError", "closed already"),
    ("1 / 0", "ZeroDivisionError", "divided by zero"),
    ("5 % 0", "ZeroDivisionError", "divided by zero"),
    ("10.0 ** 400", "OverflowError", "too large"),
    ("import maths", "ModuleNotFoundError", "`maths`"),
    ("from math import squareroot", "ImportError", "nothing in it is called `squareroot`"),
    ("open('no such.txt')", "FileNotFoundError", "`'no such.txt'`"),
    ("f = open('a', 'w')\nf.read()", "UnsupportedOperation", "opened for reading"),
    ("b'\\xff'.decode('utf-8')", "UnicodeDecodeError", "`utf-8`"),
    ("'é'.encode('ascii')", "UnicodeEncodeError", "`ascii` does not have"),
    ("import json\njson.loads('')", "JSONDecodeError", "is no JSON"),
    ("import json\njson.loads(\"{'a': 1}\")", "JSONDecodeError", "only double quotes"),
    ("import json\njson.loads('{} {}')", "JSONDecodeError", "behind it there is more"),
    ("def f(): f()\nf()", "RecursionError", "called itself"),
    ("assert 1 == 2", "AssertionError", "must be true"),
    ("next(iter([]))", "StopIteration", "none left"),
    ("d = {1: 2}\nfor k in d: d[k + 5] = 3", "RuntimeError", "Go through a copy"),
    ("raise NotImplementedError", "NotImplementedError", "still missing"),
    ("def f(a=1): pass\nf(1, 2)", "TypeError", "takes 0 to 1 in its brackets, but was given 2"),
    ("def f(*, a): pass\nf(1, a=2)", "TypeError", "takes 0 in its brackets, but was given 1"),
    ("def f(a, *, b): pass\nf(1, 2, b=2)", "TypeError", "takes 1 in its brackets, but was given 2"),
    ("import json\njson.loads('[1,\\n2')", "JSONDecodeError", "in line 2 at column 2"),
    ("raise ExceptionGroup('two', [ValueError(1)])", "ExceptionGroup", "reported together"),
    ("name = input()", "EOFError", "`input()` waited"),
    ("%nosuchmagic", "UsageError", "command of the notebook"),
    ("import statistics\nstatistics.mean([])", "StatisticsError", "not enough values"),
    ("import signal\nsignal.default_int_handler(2, None)", "KeyboardInterrupt", "no mistake"),
    ("x = [0] * 10 ** 16", "MemoryError", "no memory left"),
]

# Recorded from Python 3.11 with numpy 2.4.6 and pandas 3.1.1, which the project does not need.
PANDAS = 'File "lib/python3.11/site-packages/pandas/core/indexes/base.py", line 3805, in get_loc'
RECORDED = [
    ("IndexError", "index 5 is out of bounds for axis 0 with size 3", "numpy or pandas"),
    (
        "IndexError",
        "too many indices for array: array is 1-dimensional, but 2 were indexed",
        "`print(values.shape)`",
    ),
    (
        "IndexError",
        (
            "only integers, slices (`:`), ellipsis (`...`), numpy.newaxis (`None`) and integer or "
            "boolean arrays are valid indices"
        ),
        "must be a whole number",
    ),
    ("IndexError", "single positional indexer is out-of-bounds", "numpy or pandas"),
    (
        "ValueError",
        "operands could not be broadcast together with shapes (3,) (2,) ",
        "sizes do not fit",
    ),
    (
        "ValueError",
        (
            "The truth value of an array with more than one element is ambiguous. Use a.any() or "
            "a.all()"
        ),
        "`&` in place of `and`",
    ),
    (
        "ValueError",
        "The truth value of a Series is ambiguous. Use a.empty, a.item(), a.any() or a.all().",
        "`&` in place of `and`",
    ),
    ("ValueError", "cannot reshape array of size 3 into shape (2,2)", "do not fill the shape"),
    (
        "ValueError",
        (
            "setting an array element with a sequence. The requested array has an inhomogeneous "
            "shape after 1 dimensions. The detected shape was (2,) + inhomogeneous part."
        ),
        "equally long",
    ),
    (
        "ValueError",
        "zero-size array to reduction operation maximum which has no identity",
        "there are none",
    ),
    ("TypeError", "Cannot interpret '3' as a data type", "`np.zeros((2, 3))`"),
    ("TypeError", "only 0-dimensional arrays can be converted to Python scalars", "One number"),
    (
        "UFuncTypeError",
        (
            "ufunc 'add' did not contain a loop with signature matching types (dtype('<U1'), "
            "dtype('int64')) -> None"
        ),
        "do not go together",
    ),
    ("LinAlgError", "Singular matrix", "no inverse"),
    ("AttributeError", "'numpy.ndarray' object has no attribute 'append'", "`numpy.ndarray`"),
    (
        "AttributeError",
        (
            "module 'numpy' has no attribute 'float'.\n`np.float` was a deprecated alias for the "
            "builtin `float`. To avoid this error in existing code, use `float` by itself."
        ),
        "any more",
    ),
    ("FileNotFoundError", "ages.txt not found.", "There is no file `ages.txt`"),
    ("KeyError", "'age'", "no column or row with the name `'age'`"),
    (
        "KeyError",
        "\"None of [Index(['age'], dtype='str')] are in the [columns]\"",
        "table.columns",
    ),
    ("KeyError", "\"['age'] not in index\"", "no such column or row"),
    ("KeyError", "\"['age'] not found in axis\"", "unless you write `columns=`"),
    ("AttributeError", "'DataFrame' object has no attribute 'age'", "neither a column nor"),
    ("AttributeError", "'DataFrame' object has no attribute 'append'", "`pd.concat"),
    ("ValueError", "All arrays must be of the same length", "equally long"),
    ("ValueError", "Length of values (3) does not match length of index (2)", "equally long"),
    (
        "ValueError",
        "Length mismatch: Expected axis has 1 elements, new values have 2 elements",
        "equally long",
    ),
    ("ValueError", "If using all scalar values, you must pass an index", "into square brackets"),
    ("ValueError", "Unable to parse string 'a' at position 0", "number or a date"),
    (
        "ParserError",
        "Error tokenizing data. C error: Expected 2 fields in line 3, saw 3\n",
        "separator",
    ),
    ("EmptyDataError", "No columns to parse from file", "the file is empty"),
    (
        "MergeError",
        (
            "No common columns to perform merge on. Merge options: left_on=None, right_on=None, "
            "left_index=False, right_index=False"
        ),
        "the same name",
    ),
    ("TypeError", "Cannot perform reduction 'mean' with string dtype", "holds texts"),
    (
        "ImportError",
        'matplotlib is required for plotting when the default backend "matplotlib" is selected.',
        "`matplotlib`, and it is not installed",
    ),
]

# Of other versions of Python than the one that runs the tests, and of Windows in other languages.
VERSIONS = [
    ("_IncompleteInputError", "incomplete input", "end of the cell"),
    ("SyntaxError", "unexpected EOF while parsing", "end of the cell"),
    ("SyntaxError", "EOL while scanning string literal, line 1", "never ended"),
    ("SyntaxError", "f-string: valid expression required before '}'", "f-string"),
    (
        "SyntaxError",
        "parameter without a default follows parameter with a default",
        "must come after those without",
    ),
    ("SyntaxError", "Expected one or more names after 'import'", "`import math`"),
    ("SyntaxError", "'in' expected after for-loop variables", "`for i in range(3):`"),
    ("SyntaxError", "invalid syntax. Did you mean 'for'?", "`for`"),
    ("SyntaxError", "'elif' block follows an 'else' block", "last branch"),
    (
        "UnboundLocalError",
        "local variable 'x' referenced before assignment",
        "its own variable",
    ),
    (
        "TypeError",
        "cannot use 'list' as a dict key (unhashable type: 'list')",
        "a tuple",
    ),
    ("TypeError", "argument of type 'int' is not a container or iterable", "piece by piece"),
    (
        "TypeError",
        "print() got an unexpected keyword argument 'ends'. Did you mean 'end'?",
        "the name `ends`",
    ),
    (
        "TypeError",
        "'module' object is not callable. Did you mean: 'random.random(...)'?",
        "inside the module",
    ),
    ("ValueError", "max() iterable argument is empty", "there are none"),
    ("ValueError", "too many values to unpack (expected 2, got 3)", "more values than that"),
    ("ValueError", "expected a nonnegative input, got -1.0", "square root"),
    ("ValueError", "month must be in 1..12, not 13", "no such day"),
    (
        "AttributeError",
        (
            "module 'random' has no attribute 'randint' (consider renaming '/home/me/random.py' "
            "since it has the same name as the standard library module named 'random' and prevents "
            "importing that standard library module)"
        ),
        "a file of yours",
    ),
    (
        "JSONDecodeError",
        "Illegal trailing comma before end of object: line 1 column 8 (char 7)",
        "none behind the last",
    ),
    ("FileNotFoundError", "[WinError 2] The system cannot find the file specified: 'a'", "`'a'`"),
    (
        "FileNotFoundError",
        "[WinError 3] Das System kann den angegebenen Pfad nicht finden: 'a'",
        "no file `'a'`",
    ),
    ("FileNotFoundError", "[WinError 2] 系统找不到指定的文件。: 'a'", "no file `'a'`"),
    (
        "FileExistsError",
        "[WinError 183] Impossible de créer un fichier déjà existant: 'a'",
        "folder `'a'` already",
    ),
    ("OSError", "[WinError 145] El directorio no está vacío: 'a'", "folder `'a'` is deleted"),
]


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Mapping[str, dict[str, Any] | None]:
    """The error of each mistake and of each example of the table, by its code."""
    cells = [code for code, _, _ in MISTAKES]
    cells += [entry.example for entry in ENTRIES if _fails(entry.example)]
    errors = errors_of_cells(cells, tmp_path_factory.mktemp("cells"))
    return dict(zip(cells, errors, strict=True))


def _fails(example: str) -> bool:
    """Whether the example says that it fails, by modules that are installed."""
    return bool(re.search(r"# \w+(?:Error|Group)", example)) and not _is_foreign(example)


def _is_foreign(example: str) -> bool:
    return "import numpy" in example or "import pandas" in example


@pytest.mark.parametrize(("code", "name", "says"), MISTAKES)
def test_a_mistake_made_in_ipython_is_explained_for_what_it_is(
    made: Mapping[str, dict[str, Any] | None], code: str, name: str, says: str
) -> None:
    """The explanation is that of this mistake, and no placeholder is left in it."""
    error = made[code]
    assert error is not None
    assert error["name"] == name or (name, error["name"]) == (
        "SyntaxError",
        "_IncompleteInputError",
    )
    told = explain(ENTRIES, error["name"], error["message"], error["traceback"])
    assert told is not None, error
    assert says in told
    assert not re.search(r"\{[a-z_]+\}", told.partition("```")[0])


def test_at_least_120_mistakes_are_made() -> None:
    """None of them twice."""
    assert len({code for code, _, _ in MISTAKES}) == len(MISTAKES) >= 120


@pytest.mark.parametrize(("name", "message", "says"), RECORDED)
def test_errors_of_numpy_and_pandas_are_explained_for_what_they_are(
    name: str, message: str, says: str
) -> None:
    """A KeyError is pandas' if its traceback says so."""
    told = explain(ENTRIES, name, message, PANDAS)
    assert told is not None
    assert says in told


def test_a_key_error_without_pandas_is_a_dictionarys() -> None:
    """Without a traceback both are mentioned."""
    told = explain(ENTRIES, "KeyError", "'age'", 'File "my.py", line 3')
    assert told is not None
    assert "dictionary has no key `'age'`" in told
    assert "no column `'age'`" in told


@pytest.mark.parametrize(("name", "message", "says"), VERSIONS)
def test_messages_of_other_versions_are_explained_too(name: str, message: str, says: str) -> None:
    """Python's messages change from version to version."""
    told = explain(ENTRIES, name, message)
    assert told is not None
    assert says in told


@pytest.mark.parametrize("entry", [e for e in ENTRIES if _fails(e.example)])
def test_each_example_raises_the_error_that_it_explains(
    made: Mapping[str, dict[str, Any] | None], entry: Any
) -> None:
    """The example fails as its comment says, and its own entry is the one that explains it."""
    error = made[entry.example]
    assert error is not None
    name, message, traceback = error["name"], error["message"], error["traceback"]
    assert f"# {name}" in entry.example or name == "_IncompleteInputError"
    own = entry.explain(name, message, traceback)
    assert own is not None, error
    assert explain(ENTRIES, name, message, traceback) == own


def test_nearly_every_entry_has_an_example() -> None:
    """The others explain what cannot be made to fail on purpose, in a notebook or at all."""
    without = [entry.meaning for entry in ENTRIES if not entry.example]
    assert len(without) <= len(ENTRIES) // 5
