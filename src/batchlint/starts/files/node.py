"""Files of the JavaScript world that start Python: `package.json` scripts."""

from collections.abc import Iterator

from batchlint.starts.model import Launch, Script, StartKind
from batchlint.starts.nodes import Node, read_json
from batchlint.starts.places import Places, Tree, folder_of
from batchlint.starts.references import Reference


def read_package_json(path: str, tree: Tree) -> Iterator[Launch]:
    """One start per script."""
    for name, node in read_json(tree.required(path)).pairs("scripts"):
        yield Launch(StartKind.PACKAGE_JSON, f"package.json script {name!r}", path, _script(path, node))


def follow_package(reference: Reference, tree: Tree, places: Places) -> Iterator[Script]:
    """What `npm run NAME` runs, with the scripts that npm runs before and after it."""
    path = places.find("package.json", reference.directory)
    text = tree.text(path) if path else None
    if path is None or text is None:
        return
    scripts = read_json(text).get("scripts")
    for name in (f"pre{reference.name}", reference.name, f"post{reference.name}"):
        if scripts.get(name):
            yield _script(path, scripts.get(name))


def _script(path: str, node: Node) -> Script:
    folder = folder_of(path)
    return Script(node.text or "", path, (node.place,), folder, folder)
