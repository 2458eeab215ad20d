"""Rules on what actions do besides writing values: mails, commands of connections, tasks; and on commands themselves."""

from __future__ import annotations

import re
import string
from collections.abc import Iterator

from metadata.checks.formulas import faults, read
from metadata.checks.world import PathError, World, repeated
from metadata.errors import Problem
from metadata.expressions.tree import aggregates
from metadata.model import ActionMail, Connection, Form, GivenValue, RecordAction, Snippet
from metadata.schema.faults import did_you_mean, shown
from metadata.told import Called, told

PLACE = re.compile(r"\{([a-z_][a-z0-9_.]*)\}")
COMMANDING = ("odata", "rest")
"""Connectors that send commands."""
ADDRESSES = ("email", "text")


def commands(world: World) -> Iterator[Problem]:
    """Commands are for connectors that send them, have names of their own, and lead below the connection's address."""
    for connection in world.all(Connection):
        if connection.commands and connection.connector not in COMMANDING:
            message = told(
                "A connector {connector} sends no commands; those are for {connectors}.",
                connector=connection.connector,
                connectors=", ".join(COMMANDING),
            )
            yield world.problem(connection, "commands", "command", message)
        for index in repeated([command.key for command in connection.commands]):
            message = told(
                "The command {command} is there twice; give one another key.", command=connection.commands[index].key
            )
            yield world.problem(connection, f"commands.{index}.key", "duplicate-key", message)
        for index, command in enumerate(connection.commands):
            fault = fault_in_path(command.path)
            if fault:
                yield world.problem(connection, f"commands.{index}.path", "command", fault)


def fault_in_path(path: str) -> str:
    """What is wrong with the path of a command."""
    if path.startswith(("/", "http:", "https:")) or ".." in path or "\\" in path or "#" in path:
        return told(
            "{path} is no address below the connection's url; write one such as orders/{{number}}/cancel.", path=shown(path)
        )
    try:
        parts = [(name, form, turn) for _, name, form, turn in string.Formatter().parse(path) if name is not None]
    except ValueError:
        parts = [("", "", "")]
    if any(not name.isidentifier() or form or turn for name, form, turn in parts):
        return told("{path} has braces that hold no name; write one such as orders/{{number}}/cancel.", path=shown(path))
    return ""


def deeds(world: World) -> Iterator[Problem]:
    """What an action mails, calls and starts is there, and can be told of the record."""
    for form in world.all(Form):
        for index, action in enumerate(form.actions if form.entity in world.entities else ()):
            for path, fault in (*_mails(world, form, action), *_calls(world, form, action), *_tasks(world, form, action)):
                yield world.problem(form, f"actions.{index}.{path}", "record-action", fault)


def _mails(world: World, form: Form, action: RecordAction) -> Iterator[tuple[str, str]]:
    for index, mail in enumerate(action.mail):
        if not mail.to:
            yield f"mail.{index}.to", told("Say who gets it: paths to addresses, such as owner.email.")
        for place, path in enumerate(mail.to):
            fault = _fault_in_recipient(world, form.entity, path)
            if fault:
                yield f"mail.{index}.to.{place}", fault
        yield from _texts(world, form, mail, f"mail.{index}")


def _fault_in_recipient(world: World, entity: str, path: str) -> str:
    try:
        attribute = world.resolve(entity, path)
    except PathError as error:
        return error.message
    if attribute.type not in ADDRESSES:
        return told("{path} is of type {type}, which holds no address.", path=path, type=Called(attribute.type, "type"))
    return ""


def _texts(world: World, form: Form, mail: ActionMail, place: str) -> Iterator[tuple[str, str]]:
    snippets = [snippet for snippet in world.all(Snippet) if snippet.key == mail.snippet]
    if not snippets:
        known = {snippet.key for snippet in world.all(Snippet)}
        yield (
            f"{place}.snippet",
            told("There is no snippet {snippet}.{hint}", snippet=shown(mail.snippet), hint=did_you_mean(mail.snippet, known)),
        )
    if not mail.subject:
        yield f"{place}.subject", told("A mail needs a subject.")
    texts = [("subject", text) for _, text in mail.subject.values]
    texts += [("snippet", text) for snippet in snippets for _, text in snippet.value.values]
    for name, text in texts:
        for path in dict.fromkeys(PLACE.findall(text)):
            try:
                world.resolve(form.entity, path)
            except PathError as error:
                yield f"{place}.{name}", told("{{{path}}}: {error}", path=path, error=error.message)


def _calls(world: World, form: Form, action: RecordAction) -> Iterator[tuple[str, str]]:
    for index, call in enumerate(action.call):
        connection = world.find("connection", call.connection)
        if not isinstance(connection, Connection):
            continue
        command = next((one for one in connection.commands if one.key == call.command), None)
        if command is None:
            hint = did_you_mean(call.command, [one.key for one in connection.commands])
            yield (
                f"call.{index}.command",
                told(
                    "{connection} allows no command {command}.{hint}",
                    connection=call.connection,
                    command=shown(call.command),
                    hint=hint,
                ),
            )
            continue
        given = {value.name for value in call.values}
        wanted = set(PLACE.findall(command.path))
        if not fault_in_path(command.path) and not wanted <= given:
            yield (
                f"call.{index}.values",
                told("The address of {command} needs {names}.", command=command.key, names=", ".join(sorted(wanted - given))),
            )
        yield from _values(world, form, call.values, f"call.{index}")


def _tasks(world: World, form: Form, action: RecordAction) -> Iterator[tuple[str, str]]:
    for index, task in enumerate(action.task):
        yield from _values(world, form, task.values, f"task.{index}")


def _values(world: World, form: Form, values: tuple[GivenValue, ...], place: str) -> Iterator[tuple[str, str]]:
    for index in repeated([value.name for value in values]):
        yield f"{place}.values.{index}.name", told("{name} is given twice; remove one.", name=values[index].name)
    for index, value in enumerate(values):
        found = read(world, form.entity, value.value)
        for fault in found.faults:
            yield f"{place}.values.{index}.value", faults(fault, value.value)
        for one in aggregates(found.node) if found.node is not None else ():
            message = told(
                "A record page reads no rows of {relationship}; a calculated attribute can be worked out of them.",
                relationship=one.relationship,
            )
            yield f"{place}.values.{index}.value", message


RULES = (commands, deeds)
