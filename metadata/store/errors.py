"""What can go wrong with stored metadata: one class per cause, whose docstring is its sentence."""

from __future__ import annotations

from metadata.model import ComponentId


class StoreError(Exception):
    """The stored metadata could not be read or changed."""

    def __str__(self) -> str:
        detail = super().__str__()
        sentence = (type(self).__doc__ or "").strip().splitlines()[0]
        return f"{sentence} {detail}".strip()


class NoSuchRelease(StoreError):
    """There is no such release."""

    def __init__(self, release: int) -> None:
        super().__init__(f"(release {release})")
        self.release = release


class NoSuchComponent(StoreError):
    """There is no such component."""

    def __init__(self, component: ComponentId, release: int | None = None) -> None:
        super().__init__(f"({component}" + (f" in release {release})" if release is not None else ")"))
        self.component = component


class EditedMeanwhile(StoreError):
    """Somebody else has changed the component since it was opened."""

    def __init__(self, component: ComponentId, expected: int, found: int) -> None:
        super().__init__(f"({component}: opened at revision {expected}, now at {found})")
        self.component = component
        self.expected = expected
        self.found = found


class NoContent(StoreError):
    """The content of a file is neither given nor kept; choose it in the studio, or name the file beside the component."""

    def __init__(self, sha256: str) -> None:
        super().__init__(f"(sha256 {sha256})")
        self.sha256 = sha256


class OtherContent(StoreError):
    """A file was changed while it was read, or is not as large as it was said to be; try again."""

    def __init__(self, sha256: str) -> None:
        super().__init__(f"(sha256 {sha256})")
        self.sha256 = sha256
