"""The commands of `foyer`, one line each: its name, the module that is loaded when it is run, what it does.

A module `runtime.cli.<name>` has a click command called `command`.
"""

from __future__ import annotations

COMMANDS: dict[str, str] = {
    "serve": "Serve the site over HTTP.",
    "demo": "Run a portal beside a sample ERP, to look at.",
    "check": "Say what is wrong with a folder of metadata.",
    "import": "Save a folder of metadata as drafts.",
    "adopt": "Make entities, table maps, views and forms of tables that an outside database has.",
    "export": "Write the metadata to a folder.",
    "translations": "Texts of a site for translators, and back: status, export, import.",
    "diff": "Say what differs between releases, drafts and a folder.",
    "publish": "Release what has been saved, or a folder of metadata.",
    "rollback": "Go back to an old release.",
    "bisect": "Find the change that broke a page.",
    "history": "List releases, or the revisions of a component.",
    "dump": "Print the compiled metadata as sorted JSON.",
    "migrate": "Plan or apply changes of the tables.",
    "search": "Make the search indexes anew: rebuild.",
    "worker": "Keep rows in step with outside systems.",
    "sync": "Run, watch and mend the synchronisation: run, status, plan, retry, pause, resume.",
    "jobs": "List what actions owe and is not done yet; try it again: list, retry.",
    "webhooks": "List what webhooks have told; tell it again: log, replay.",
    "invite": "Invite a contact to sign in.",
    "people": "Give and take web roles; lock, unlock, sign out; reset a second factor.",
    "token": "Give programs a token of a person's, with all of the person's rights or some; take it back.",
    "exposure": "Tell what every role reaches; keep the lock that says what of it is signed off.",
    "test-permissions": "Ask what the permission tests expect of the rows that are there.",
    "canary": "Ask everything as everybody in a throw-away copy, and tell what is seen that should not be.",
    "plan": "Tell what the statements of each page come to for each role, and what is too much.",
    "why": "Tell why a person may or may not do something with a row.",
    "backup": "Write all that the installation keeps to one file.",
    "restore": "Make an installation of a backup again.",
    "rotate-secrets": "Seal with the new secret key what the old ones sealed.",
    "checkup": "Look a served site over: what nobody reaches, what leads nowhere, what is missing.",
    "doctor": "Say what is set, what is missing and what is not in order.",
}

MODULES: dict[str, str] = {"import": "runtime.cli.import_"}
"""Commands whose module has another name than they have."""


def module_of(name: str) -> str:
    """The module that has a command."""
    return MODULES.get(name, f"runtime.cli.{name.replace('-', '_')}")
