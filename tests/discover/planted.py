"""Small trees on disk."""

from pathlib import Path


def plant(root: Path, *paths: str) -> Path:
    """Create empty files at `paths` (a trailing `/` makes a folder) under `root`."""
    for path in paths:
        place = root / path
        if path.endswith("/"):
            place.mkdir(parents=True, exist_ok=True)
        else:
            place.parent.mkdir(parents=True, exist_ok=True)
            place.touch()
    return root


def write(root: Path, files: dict[str, str]) -> Path:
    """Create files with their text under `root`."""
    for path, text in files.items():
        plant(root, path)
        (root / path).write_text(text, encoding="utf-8", newline="")
    return root
