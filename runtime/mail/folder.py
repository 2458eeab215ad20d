"""Mail into a folder: what would be sent, one file per message, for development and demonstrations."""

from __future__ import annotations

import datetime as dt
import os
import uuid
from pathlib import Path

from runtime.mail.message import MailFailed, MailMessage, compose


class FolderMailer:
    """Writes messages as `.eml` files whose names sort by time. Only the owner of the folder may read them."""

    def __init__(self, folder: str | Path, sender: str) -> None:
        self.folder = Path(folder)
        self._sender = sender

    def send(self, message: MailMessage) -> None:
        """Write one message. Raises MailFailed when the folder cannot be written to."""
        content = compose(message, self._sender).as_bytes()
        moment = dt.datetime.now(dt.UTC).strftime("%Y%m%dT%H%M%S.%fZ")
        target = self.folder / f"{moment}-{uuid.uuid4().hex[:8]}.eml"
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            with os.fdopen(os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
                file.write(content)
        except OSError as error:
            raise MailFailed(f"the mail folder cannot be written to: {error.strerror}") from error
