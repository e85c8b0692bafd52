"""Small changes to the code that decides: each is one wrong operator, constant or operand, or one line left out."""

import ast
import copy
from collections import Counter
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType

from ownwords.policy import gate

COMPARED = {ast.Gt: ast.GtE, ast.GtE: ast.Gt, ast.Lt: ast.LtE, ast.LtE: ast.Lt, ast.Eq: ast.NotEq, ast.NotEq: ast.Eq}
COMPARED |= {ast.Is: ast.IsNot, ast.IsNot: ast.Is, ast.In: ast.NotIn, ast.NotIn: ast.In}
COMBINED = {ast.BitAnd: ast.BitOr, ast.BitOr: ast.BitAnd, ast.Add: ast.Sub, ast.Sub: ast.Add, ast.And: ast.Or, ast.Or: ast.And}
CALLED = {"any": "all", "any_horizontal": "all_horizontal", "is_null": "is_not_null", "max": "min"}
CALLED |= {other: one for one, other in CALLED.items()}
KINDS = {"prohibition": "basis", "basis": "prohibition"}


@dataclass(frozen=True)
class Mutant:
    """One change to one module.

    name      MODULE.FUNCTION: as it stands -> as it is changed
    place, k  which node of its syntax tree, in the order of `ast.walk`, and which change of it
    """

    module: ModuleType
    name: str
    place: int
    k: int

    @contextmanager
    def applied(self):
        """The change is in force: in the functions as they are, wherever they were imported, and in the module's constants."""
        tree = ast.parse(Path(self.module.__file__).read_text())
        at = list(ast.walk(tree))[self.place]
        changed = {"__name__": self.module.__name__, "__file__": self.module.__file__}
        exec(compile(put_in(tree, at, list(changes(at))[self.k]), self.module.__file__, "exec"), changed)
        undo = list(swapped(self.module, changed))
        gate.rules.cache_clear()
        try:
            yield
        finally:
            for put, what in undo:
                put(what)
            gate.rules.cache_clear()


def swapped(module, changed):
    """Put what is `changed` into the module; (setter, former value) of each."""
    for node in ast.parse(Path(module.__file__).read_text()).body:
        if isinstance(node, ast.FunctionDef):
            yield swap_code(getattr(module, node.name), changed[node.name])
        elif isinstance(node, ast.ClassDef):
            for inner in node.body:
                if isinstance(inner, ast.FunctionDef):
                    yield swap_code(*(plain(vars(made)[inner.name]) for made in (getattr(module, node.name), changed[node.name])))
        elif isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name):
            name = node.targets[0].id
            former = getattr(module, name)
            setattr(module, name, changed[name])
            yield (lambda value, name=name: setattr(module, name, value)), former


def plain(method):
    """The function of a class method, property or cached property."""
    return next((found for name in ("__func__", "fget", "func") if (found := getattr(method, name, None))), method)


def swap_code(live, changed):
    former = live.__code__
    live.__code__ = changed.__code__
    return (lambda code: setattr(live, "__code__", code)), former


def mutants_of(module, only=None):
    """Every mutant of a module, or of its functions and methods called `only`."""
    tree = ast.parse(Path(module.__file__).read_text())
    above = {id(child): node for node in ast.walk(tree) for child in ast.iter_child_nodes(node)}
    tops = [inner for top in tree.body for inner in (top.body if isinstance(top, ast.ClassDef) else [top])]
    inside = {id(node): top for top in tops for node in ast.walk(top)}
    beside = {id(node) for one in left_alone(tree) for node in ast.walk(one)}
    found, seen = [], Counter()
    for place, at in enumerate(ast.walk(tree)):
        name = getattr(inside.get(id(at)), "name", "")
        if not isinstance(at, ast.expr | ast.stmt) or id(at) in beside or (only and name not in only):
            continue
        shown = above[id(at)] if isinstance(at, ast.Constant) else at
        for k, new in enumerate(changes(at)):
            said = f"{module.__name__.rpartition('.')[2]}.{name}: {one_line(shown)} -> {one_line(shown, at, new)}"
            seen[said] += 1
            found.append(Mutant(module, said if seen[said] == 1 else f"{said} ({seen[said]})", place, k))
    return found


def left_alone(tree):
    """Annotations, docstrings, decorators, imports and the sentences for people."""
    for node in ast.walk(tree):
        yield from (one for name in ("annotation", "returns") if (one := getattr(node, name, None)) is not None)
        if isinstance(node, ast.FunctionDef | ast.ClassDef):
            yield from node.decorator_list
        is_docstring = isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
        if is_docstring or (isinstance(node, ast.Assign) and getattr(node.targets[0], "id", "") == "SAYS"):
            yield node


def one_line(node, at=None, new=None):
    return " ".join(ast.unparse(node if at is None else put_in(node, at, new)).split())


def put_in(tree, at, new):
    """A copy of the tree with `new` where `at` is."""
    if tree is at:
        return new
    copied = copy.deepcopy(tree, {id(at): new})
    return ast.fix_missing_locations(copied)


def changes(at):
    def but(**fields):
        new = copy.copy(at)
        for name, value in fields.items():
            setattr(new, name, value)
        return new

    if isinstance(at, ast.BinOp) and type(at.op) in COMBINED:
        yield but(op=COMBINED[type(at.op)]())
        if isinstance(at.op, ast.BitAnd | ast.BitOr):
            yield at.left
            yield at.right
    elif isinstance(at, ast.BoolOp):
        yield but(op=COMBINED[type(at.op)]())
        for k in range(len(at.values)):
            kept = at.values[:k] + at.values[k + 1 :]
            yield but(values=kept) if len(kept) > 1 else kept[0]
    elif isinstance(at, ast.UnaryOp) and isinstance(at.op, ast.Invert | ast.Not):
        yield at.operand
    elif isinstance(at, ast.Compare) and type(at.ops[0]) in COMPARED:
        yield but(ops=[COMPARED[type(at.ops[0])]()])
    elif isinstance(at, ast.Constant) and isinstance(at.value, bool):
        yield but(value=not at.value)
    elif isinstance(at, ast.Constant) and isinstance(at.value, int):
        yield but(value=at.value + 1)
    elif isinstance(at, ast.Constant) and at.value in KINDS:
        yield but(value=KINDS[at.value])
    elif isinstance(at, ast.List | ast.Tuple | ast.Set) and (not hasattr(at, "ctx") or isinstance(at.ctx, ast.Load)):
        yield from (but(elts=at.elts[:k] + at.elts[k + 1 :]) for k in range(len(at.elts)))
    elif isinstance(at, ast.IfExp):
        yield but(body=at.orelse, orelse=at.body)
    elif isinstance(at, ast.If):
        yield but(test=ast.UnaryOp(ast.Not(), at.test))
    elif isinstance(at, ast.AugAssign | ast.Expr):
        yield ast.Pass()
    elif isinstance(at, ast.Call):
        yield from calls(at, but)


def calls(at, but):
    name = at.func.attr if isinstance(at.func, ast.Attribute) else getattr(at.func, "id", "")
    if name in CALLED:
        func = copy.copy(at.func)
        setattr(func, "attr" if isinstance(func, ast.Attribute) else "id", CALLED[name])
        yield but(func=func)
    if name == "filter" and isinstance(at.func, ast.Attribute):
        yield at.func.value
    if name in {"coalesce", "any_horizontal", "all_horizontal", "max_horizontal"}:
        yield from (but(args=at.args[:k] + at.args[k + 1 :]) for k in range(len(at.args)) if len(at.args) > 1)
