"""The captcha of Foyer itself, which asks nobody else: a small sum, or work that a script does in its place.

The sum is in the page for everybody; the script finds a number whose hash with the challenge begins with so many zero bits,
and takes the sum away. Neither is a wall: it makes sending many forms cost time, and keeps out what fills in every form.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
from collections.abc import Mapping

from itsdangerous import BadSignature, URLSafeTimedSerializer

from runtime.captcha.ports import Challenge, Outcome, Setup

TOKEN, ANSWER, WORK = "_captcha", "_captcha_answer", "_captcha_work"
TEMPLATE = "captcha/question.html"
SECONDS = 7200
"""How long a challenge can be answered: longer than anybody fills in a form."""
BITS = 14
"""Zero bits of the work: some 16,000 hashes, a second or less of a phone."""
LONGEST = 400


class Question:
    """A sum and its proof, both in one signed token."""

    def __init__(self, setup: Setup) -> None:
        self._setup = setup
        self._signer = URLSafeTimedSerializer(setup.signing_key, salt="foyer captcha question")

    def challenge(self) -> Challenge:
        """A new sum."""
        first, second = 2 + secrets.randbelow(8), 2 + secrets.randbelow(8)
        nonce = secrets.token_urlsafe(12)
        token = str(self._signer.dumps([nonce, self._setup.purpose, self._seal(nonce, str(first + second))]))
        values = {"first": str(first), "second": str(second), "token": token, "bits": str(BITS)}
        return Challenge(TEMPLATE, values)

    def judge(self, posted: Mapping[str, str], address: str) -> Outcome:
        """Passed with the sum, or with the work."""
        token = posted.get(TOKEN, "")[:LONGEST]
        try:
            nonce, purpose, sealed = self._signer.loads(token, max_age=SECONDS)
        except (BadSignature, ValueError, TypeError):
            return "failed"
        if purpose != self._setup.purpose:
            return "failed"
        answer = posted.get(ANSWER, "").strip()[:10]
        if answer and hmac.compare_digest(self._seal(nonce, answer), sealed):
            return "passed"
        return "passed" if is_work(token, posted.get(WORK, "")) else "failed"

    def mark(self, posted: Mapping[str, str]) -> str:
        """The token."""
        return posted.get(TOKEN, "")[:LONGEST]

    def _seal(self, nonce: str, answer: str) -> str:
        said = f"foyer captcha answer {nonce} {answer}".encode("utf-8", "surrogatepass")
        return hmac.new(self._setup.signing_key.encode(), said, hashlib.sha256).hexdigest()[:32]


def is_work(token: str, number: str) -> bool:
    """Whether a number is the work for a token: the first bits of the SHA-256 of both, with a colon between, are zero."""
    if not number.isascii() or not number.isdigit() or len(number) > 15:
        return False
    found = hashlib.sha256(f"{token}:{number}".encode()).digest()
    return int.from_bytes(found[:4], "big") >> (32 - BITS) == 0
