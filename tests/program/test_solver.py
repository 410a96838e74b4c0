"""The fixpoint: what flows where, and what a node that holds too much does."""

from hypothesis import given
from hypothesis import strategies as st

from batchlint.program.objects import Container, Function
from batchlint.program.solver import CODE_MAX, CONSTANTS_MAX, CONTAINERS_MAX, Solver

NODES = 8

pairs = st.tuples(st.integers(0, NODES - 1), st.integers(0, NODES - 1))


def functions(solver: Solver, count: int) -> list[int]:
    return [solver.objects.number(Function(scope)) for scope in range(count)]


@given(st.lists(pairs, max_size=30), st.lists(pairs, max_size=12), st.randoms(use_true_random=False))
def test_a_node_holds_what_reaches_it_whatever_the_order(edges, adds, random) -> None:  # type: ignore[no-untyped-def]
    solver = Solver()
    solver.nodes(NODES)
    objects = functions(solver, NODES)
    steps = [("edge", pair) for pair in edges] + [("add", pair) for pair in adds]
    random.shuffle(steps)
    for kind, (one, other) in steps:
        if kind == "edge":
            solver.edge(one, other)
        else:
            solver.add(one, objects[other])
        if random.random() < 0.2:
            solver.run()
    solver.run()
    expected: dict[int, set[int]] = {node: set() for node in range(NODES)}
    for start, obj in adds:
        todo, seen = [start], set()
        while todo:
            node = todo.pop()
            if node not in seen:
                seen.add(node)
                expected[node].add(objects[obj])
                todo.extend(target for source, target in edges if source == node)
    assert [set(held) for held in solver.pts[:NODES]] == [expected[node] for node in range(NODES)]


def test_a_watcher_sees_every_object_once() -> None:
    solver = Solver()
    source, target = solver.node(), solver.node()
    seen: list[tuple[int, str]] = []
    solver.add(source, 0)
    objects = functions(solver, 3)
    solver.edge(source, target)
    solver.watch(target, lambda obj, name: seen.append((obj, name)), "w")
    for obj in (*objects, *objects):
        solver.add(source, obj)
    solver.run()
    assert sorted(seen) == [(obj, "w") for obj in sorted({0, *objects})]


def test_a_node_with_too_many_containers_holds_the_opaque_object_and_says_so_to_others() -> None:
    solver = Solver()
    source, target = solver.node(), solver.node()
    solver.edge(source, target)
    containers = [solver.objects.number(Container("dict", place)) for place in range(CONTAINERS_MAX + 1)]
    for obj in containers:
        solver.add(source, obj)
    assert solver.pts[source] is solver.full
    solver.add(source, containers[0])
    assert solver.pts[source] == {solver.objects.opaque}
    solver.run()
    assert solver.objects.opaque in solver.pts[target]
    assert solver.full_nodes == 1


def test_a_registry_of_many_functions_keeps_them() -> None:
    solver = Solver()
    node = solver.node()
    objects = functions(solver, CODE_MAX)
    for obj in objects:
        solver.add(node, obj)
    assert solver.pts[node] == set(objects)


def test_a_table_of_texts_is_cut_and_still_takes_a_function() -> None:
    solver = Solver()
    node = solver.node()
    for place in range(CONSTANTS_MAX * 2):
        solver.add(node, solver.objects.const(f"text {place}"))
    (function,) = functions(solver, 1)
    solver.add(node, function)
    assert len(solver.pts[node]) == CONSTANTS_MAX + 1
    assert function in solver.pts[node]
