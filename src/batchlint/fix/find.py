"""The second finder: libcst looks for the call by its shape and by what its own scopes say of the names.

It knows nothing of the index. Only where it comes to a call at the same place, and the names it sees do not
mean something else, may a line of the user's code change.
"""

from collections.abc import Collection, Mapping

from batchlint.fix.surfaces import surfaces


def contradictions(text: bytes, calls: Mapping[tuple[int, int], tuple[str, str]]) -> list[str]:
    """Why libcst does not agree with the index; empty where it does.

    `calls` gives for the (line, column) of a call, 1-based and 0-based in characters, its provider and the
    last step of its method.
    """
    import libcst
    from libcst import metadata

    try:
        wrapper = metadata.MetadataWrapper(libcst.parse_module(text))
    except libcst.ParserSyntaxError as error:
        return [f"libcst cannot read the file: {error.message}"]
    positions = wrapper.resolve(metadata.PositionProvider)
    scopes = wrapper.resolve(metadata.ScopeProvider)
    left = dict(calls)
    found: list[str] = []
    for node, position in positions.items():
        if not isinstance(node, libcst.Call) or not isinstance(node.func, libcst.Attribute):
            continue
        key = (position.start.line, position.start.column)
        known = left.get(key)
        if known is None or node.func.attr.value != known[1]:
            continue
        del left[key]
        root: libcst.BaseExpression = node
        while isinstance(root, libcst.Attribute | libcst.Call | libcst.Subscript):
            root = root.func if isinstance(root, libcst.Call) else root.value
        scope = scopes.get(node)
        if isinstance(root, libcst.Name) and isinstance(scope, metadata.Scope):
            found += _judge(scope, root.value, known[0])
    return [
        *found,
        *(f"libcst sees no call of .{method} at line {line}" for (line, _), (_, method) in left.items()),
    ]


def _judge(scope: object, name: str, provider: str) -> list[str]:
    """Whether libcst's scopes show a name to be something else than the provider's."""
    from libcst import metadata

    assert isinstance(scope, metadata.Scope)
    packages = surfaces()[provider].packages
    assignments = list(scope[name])
    if not assignments:
        return [f"nothing in the file binds {name!r}"]
    for assignment in assignments:
        if isinstance(assignment, metadata.BuiltinAssignment):
            return [f"{name!r} is a built-in"]
        if isinstance(assignment, metadata.ImportAssignment):
            qualified = {q.name.split(".")[0] for q in scope.get_qualified_names_for(name)}
            if len(assignments) == 1 and qualified and not _may_be(qualified, packages, assignment):
                return [f"{name!r} is imported from {sorted(qualified)[0]!r}"]
    return []


def _may_be(qualified: set[str], packages: Collection[str], assignment: object) -> bool:
    """Whether an imported name may hold the provider's client: it comes from there or from other code that
    is not one of the other providers."""
    others = {package for surface in surfaces().values() for package in surface.packages} - set(packages)
    return not qualified & (others | {"twilio"})
