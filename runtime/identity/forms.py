"""What the identity pages are sent, as values."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from runtime.security import local_path

LONGEST = 1000


@dataclass(frozen=True, slots=True)
class SignInForm:
    """E-mail and password; `next` is a path of this site or empty."""

    email: str = ""
    password: str = ""
    remember: bool = False
    next: str = ""

    @classmethod
    def of(cls, sent: Mapping[str, str]) -> SignInForm:
        """The form as sent; what is too long is cut, an address that leads elsewhere is dropped."""
        return cls(
            email=cut(sent, "email"),
            password=cut(sent, "password"),
            remember=bool(sent.get("remember")),
            next=local_path(sent.get("next", "")),
        )


@dataclass(frozen=True, slots=True)
class PasswordForm:
    """A code, a token or the current password that proves who asks, and the password wanted, typed twice."""

    code: str = ""
    token: str = ""
    password: str = ""
    repeat: str = ""
    current: str = ""

    @classmethod
    def of(cls, sent: Mapping[str, str]) -> PasswordForm:
        """The form as sent; what is too long is cut."""
        return cls(*(cut(sent, name) for name in ("code", "token", "password", "repeat", "current")))


@dataclass(frozen=True, slots=True)
class CodeForm:
    """A code of the second step, or the password that lets it be changed; `act` is the button, `next` a path or empty."""

    act: str = ""
    code: str = ""
    password: str = ""
    known: bool = False
    next: str = ""

    @classmethod
    def of(cls, sent: Mapping[str, str]) -> CodeForm:
        """The form as sent; what is too long is cut, an address that leads elsewhere is dropped."""
        act, code, password = (cut(sent, name) for name in ("act", "code", "password"))
        return cls(act, code, password, bool(sent.get("known")), local_path(sent.get("next", "")))


@dataclass(frozen=True, slots=True)
class EmailForm:
    """An e-mail address."""

    email: str = ""

    @classmethod
    def of(cls, sent: Mapping[str, str]) -> EmailForm:
        """The form as sent; what is too long is cut."""
        return cls(cut(sent, "email"))


def cut(sent: Mapping[str, str], name: str) -> str:
    """A field of a form, no longer than any honest one."""
    return sent.get(name, "")[:LONGEST]
