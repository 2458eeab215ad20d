"""What can go wrong with a request: one class per cause; its docstring is its sentence, `status` its HTTP status."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar


class RequestError(Exception):
    """The server could not answer; nothing was saved."""

    status: ClassVar[int] = 500
    code: ClassVar[str] = "failed"
    retry_after: int | None = None

    @property
    def parameters(self) -> Mapping[str, str]:
        """What the text `error.<code>` names, such as the argument at fault."""
        return {}

    @property
    def sentence(self) -> str:
        """The sentence that people read; details belong in the log."""
        return sentence_of(type(self))


class BadRequest(RequestError):
    """The address or the form could not be understood."""

    status = 400
    code = "bad_request"


class BadText(BadRequest):
    """The address or the form holds characters that cannot be read."""

    code = "bad_text"


class FormExpired(BadRequest):
    """The page was open for too long, or cookies are off; load it again and repeat the last step."""

    code = "form_expired"


class SignInNeeded(RequestError):
    """This page asks you to sign in."""

    status = 401
    code = "sign_in_needed"


class AccessDenied(RequestError):
    """You may not see this page."""

    status = 403
    code = "denied"


class LookingOnly(AccessDenied):
    """You are looking through somebody else's eyes: nothing can be done or changed here."""

    code = "looking_only"


class SecondFactorNeeded(AccessDenied):
    """Set up the second step of your sign-in first."""

    code = "second_factor_needed"


class TermsNeeded(AccessDenied):
    """Accept the terms of this site first."""

    code = "terms_needed"


class PageNotFound(RequestError):
    """There is no such page."""

    status = 404
    code = "not_found"


class NothingToShow(PageNotFound):
    """There is nothing to see of this yet: its draft is not complete. What it lacks stands beside its fields."""

    code = "nothing_to_show"


class NoRecordToShow(PageNotFound):
    """There is nothing to see of this yet: whoever's eyes you look through may read no such record, or there is none."""

    code = "no_record_to_show"


class OutOfReach(PageNotFound):
    """There is no such page.

    The address names a row, a file or something to do that is not there, or not for this person. The two are answered
    alike, and are noted alike in the audit trail, so that neither the answer nor its time tells them apart.
    """


class SiteNotFound(PageNotFound):
    """No site answers to this address."""

    code = "no_site"


class MethodNotAllowed(RequestError):
    """This address does not take that kind of request."""

    status = 405
    code = "method"


class ChangedMeanwhile(RequestError):
    """Somebody else changed this meanwhile; load it again before you save."""

    status = 409
    code = "conflict"


class TooLarge(RequestError):
    """What was sent is larger than this site accepts."""

    status = 413
    code = "too_large"


class Unprocessable(RequestError):
    """Some of what was sent cannot be used."""

    status = 422
    code = "invalid"


class TooManyRequests(RequestError):
    """Too many attempts; wait a little and try again."""

    status = 429
    code = "too_many"

    def __init__(self, retry_after: int = 60) -> None:
        super().__init__()
        self.retry_after = retry_after


class Named(RequestError):
    """Something that was asked for by its name cannot be answered."""

    def __init__(self, name: str = "") -> None:
        self.name = name
        super().__init__(name)

    @property
    def parameters(self) -> Mapping[str, str]:
        """What was asked for."""
        return {"name": self.name}

    @property
    def sentence(self) -> str:
        """The sentence with what was asked for."""
        return f"{sentence_of(type(self)).removesuffix('.')}: {self.name}"


class Unsupported(Named):
    """The address asks for something that this site does not offer."""

    status = 501
    code = "unsupported"


class Unavailable(RequestError):
    """The site cannot reach its data right now; try again in a minute."""

    status = 503
    code = "unavailable"
    retry_after = 30


class NothingPublished(Unavailable):
    """Nothing has been published on this site yet."""

    code = "nothing_published"


_BY_STATUS: dict[int, type[RequestError]] = {
    cause.status: cause
    for cause in (
        BadRequest,
        AccessDenied,
        PageNotFound,
        MethodNotAllowed,
        ChangedMeanwhile,
        TooLarge,
        Unprocessable,
        RequestError,
        Unavailable,
        SignInNeeded,
    )
}


def sentence_of(cause: type[Exception]) -> str:
    """The sentence of a class of error: the first paragraph of its docstring."""
    return " ".join((cause.__doc__ or "").split("\n\n")[0].split())


def for_status(status: int) -> RequestError:
    """The error that stands for an HTTP status, for refusals that come from libraries."""
    if status == TooManyRequests.status:
        return TooManyRequests()
    return _BY_STATUS.get(status, BadRequest if 400 <= status < 500 else RequestError)()
