"""The catalog and what is derived from it, made when something asks: a run that finds nothing changed
never does."""

from collections.abc import Mapping, Sequence
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from batchlint.cache import Store, build_id, digest_of

if TYPE_CHECKING:
    from batchlint.catalog.match import Matcher
    from batchlint.catalog.model import Catalog


class World:
    """What batchlint knows of the world outside of one project: the packaged catalog, the user's `files`
    and `wrappers` rows. With a `store`, it is loaded from there. `everything` is the matcher's."""

    def __init__(
        self,
        files: Sequence[Path] = (),
        wrappers: Sequence[Mapping[str, object]] = (),
        store: Store | None = None,
        *,
        everything: bool = False,
    ) -> None:
        self._files = files
        self._wrappers = wrappers
        self._store = store
        self._everything = everything

    @classmethod
    def holding(cls, catalog: "Catalog", *, everything: bool = False) -> "World":
        """A world of a catalog that is loaded already."""
        world = cls(everything=everything)
        world.catalog = catalog
        return world

    @cached_property
    def identity(self) -> str | None:
        """What tells this catalog from others; None where a file of the user's cannot be read."""
        parts = [build_id(), repr(self._wrappers)]
        for path in self._files:
            try:
                parts += [str(path), digest_of(path.read_bytes()).hex()]
            except OSError:
                return None
        return digest_of("\n".join(parts).encode("utf-8", "surrogateescape")).hex()

    @cached_property
    def catalog(self) -> "Catalog":
        """The catalog; raises `CatalogError` where a file or row of the user's cannot be used."""
        from batchlint.catalog.load import load_catalog
        from batchlint.catalog.model import Catalog

        if self._store is None or self.identity is None:
            return load_catalog(self._files, self._wrappers)
        found = self._store.get("catalog", self.identity)
        if isinstance(found, Catalog):
            return found
        loaded = load_catalog(self._files, self._wrappers)
        self._store.put("catalog", self.identity, value=loaded)
        return loaded

    @cached_property
    def matcher(self) -> "Matcher":
        """The catalog's index of access paths."""
        from batchlint.catalog.match import Matcher

        return Matcher(self.catalog, everything=self._everything)
