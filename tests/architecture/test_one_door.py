"""The one door: no module outside runtime.records executes SQL on a business table.

Outside it, an entity's table may be looked at where access turns grants into predicates, and where tables are made. What
runtime.records hands out as SQL (tables, joins, columns, conditions) is a business table in other hands: who may have it,
and what of it, is listed here.
"""

import ast
from functools import cache
from pathlib import Path

import pytest

from support.sources import syntax_of

ROOT = Path(__file__).parents[2]
DOORS = (
    "runtime/records/",
    "runtime/access/scopes.py",
    "runtime/access/grants.py",
    "runtime/cli/dump.py",  # prints what tables there are, and has no connection
)
SQL = {"Table", "FromClause", "ColumnElement", "Label", "Select"}
SQL_IN_OTHER_HANDS = {
    # A request arrives in one statement that finds the session, its person and the newest release.
    "runtime/identity/sessions.py": {
        "contact_table": {"id", "active"},
        "join_people": None,
        "person_columns": None,
        **dict.fromkeys(("admitted", "acts_for_several", "join_account_roles", "account_role")),
    },
    # The same taken for granted, and proved within the first statement of the page.
    "runtime/identity/remembered.py": {
        "contact_table": {"id", "active"},
        "join_people": None,
        "is_person": None,
        **dict.fromkeys(("admitted", "account_roles")),
    },
}
"""Names by module; of a table that is handed out, the columns that may be named."""
BUSINESS = {"entities"}
STATEMENTS = {"select", "insert", "update", "delete", "exists"}


def modules():
    for room in ("runtime", "connectors"):
        for path in sorted((ROOT / room).rglob("*.py")):
            name = path.relative_to(ROOT).as_posix()
            if not name.startswith(DOORS) and not name.startswith("connectors/sample_erp/"):
                yield name, syntax_of(path)


def mentions_entity(node):
    """`snapshot.entities[...]`, `.entities.get(...)` or a name that says it is an entity, somewhere below the node."""
    for part in ast.walk(node):
        if isinstance(part, ast.Attribute) and part.attr in BUSINESS:
            return True
        if isinstance(part, ast.Name) and part.id in ("entity", "compiled"):
            return True
    return False


def faults(tree):
    """Uses of an entity's table or of an attribute's column, and reading the snapshot's MetaData of business tables."""
    found = []
    for node in ast.walk(tree):
        if not isinstance(node, ast.Attribute):
            continue
        if node.attr == "table" and mentions_entity(node.value):
            found.append(f"line {node.lineno}: {ast.unparse(node)}")
        if node.attr in ("column", "target_column") and is_attribute(node.value):
            found.append(f"line {node.lineno}: {ast.unparse(node)}")
        if node.attr == "tables" and ast.unparse(node.value).rpartition(".")[2] == "snapshot":
            found.append(f"line {node.lineno}: {ast.unparse(node)}")
    return found


def is_attribute(node):
    return isinstance(node, ast.Subscript) and isinstance(node.value, ast.Attribute) and node.value.attr == "attributes"


def test_no_other_module_touches_a_business_table():
    looked_at = {name: faults(tree) for name, tree in modules()}
    assert len(looked_at) > 100
    assert {name: found for name, found in looked_at.items() if found} == {}


@pytest.mark.parametrize(
    "text",
    [
        "rows = connection.execute(select(snapshot.entities['contact'].table))",
        "table = entity.table",
        "column = snapshot.entities[key].attributes['name'].column",
        "for table in snapshot.tables.sorted_tables: ...",
        "select(context.snapshot.tables.tables['contact'])",
    ],
)
def test_a_planted_fault_is_found(text):
    assert faults(ast.parse(text)) != []


@pytest.mark.parametrize("text", ["table_map.table", "plan.column('name')", "self.table", "TABLES.create_all(engine)"])
def test_what_is_allowed_is_left_alone(text):
    assert faults(ast.parse(text)) == []


@cache
def handed_out():
    """The functions of runtime.records that give SQL on business tables to whoever calls them."""
    return {
        node.name
        for path in sorted((ROOT / "runtime/records").glob("*.py"))
        for node in syntax_of(path).body
        if isinstance(node, ast.FunctionDef) and not node.name.startswith("_") and SQL & names(node.returns)
    }


def names(node):
    return {part.id for part in ast.walk(node) if isinstance(part, ast.Name)} if node is not None else set()


def in_hand(tree):
    """The functions that hand out SQL which a module names, and the columns that it names of what they give."""
    givers = handed_out()
    found, held = {}, {}
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("runtime.records"):
            found |= {name.name: set() for name in node.names if name.name in givers}
        if isinstance(node, ast.Attribute) and node.attr in givers and is_records(tree, ast.unparse(node.value)):
            found[node.attr] = set()
        if isinstance(node, ast.Assign) and isinstance(node.value, ast.Call):
            held |= {ast.unparse(target): ast.unparse(node.value.func) for target in node.targets}
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute) and node.attr in ("c", "columns"):
            giver = ast.unparse(node.value.func) if isinstance(node.value, ast.Call) else held.get(ast.unparse(node.value), "")
            if giver in found:
                found[giver] |= columns_of(tree, node)
    return found


def is_records(tree, name):
    """Whether a name is a module of runtime.records."""
    imported = [node for node in ast.walk(tree) if isinstance(node, ast.ImportFrom | ast.Import)]
    known = {
        part.asname or part.name
        for node in imported
        for part in node.names
        if "runtime.records" in f"{getattr(node, 'module', '')}.{part.name}"
    }
    return name in known


def columns_of(tree, columns):
    """What is taken from a collection of columns: the name in `c["name"]` or `c.name`; `*` where it is all of them."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Subscript) and node.value is columns:
            return {node.slice.value} if isinstance(node.slice, ast.Constant) else {"*"}
        if isinstance(node, ast.Attribute) and node.value is columns:
            return {node.attr}
    return {"*"}


def too_much(name, tree):
    allowed = SQL_IN_OTHER_HANDS.get(name, {})
    for function, columns in in_hand(tree).items():
        if function not in allowed or (allowed[function] is not None and not columns <= allowed[function]):
            yield f"{function} {sorted(columns)}"


def test_sql_on_business_tables_is_in_the_listed_hands_only():
    looked_at = {name: list(too_much(name, tree)) for name, tree in modules()}
    assert len(looked_at) > 100
    assert {name: found for name, found in looked_at.items() if found} == {}


@pytest.mark.parametrize("name", sorted(SQL_IN_OTHER_HANDS))
def test_what_is_listed_is_used(name):
    assert in_hand(syntax_of(ROOT / name)).keys() == SQL_IN_OTHER_HANDS[name].keys()


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("runtime/mail/letter.py", "from runtime.records.people import contact_table"),
        ("runtime/mail/letter.py", "from runtime.records import people\npeople.join_people(snapshot, left, on)"),
        (
            "runtime/identity/sessions.py",
            "from runtime.records.people import contact_table\nselect(contact_table(snapshot).c['email'])",
        ),
        (
            "runtime/identity/sessions.py",
            "from runtime.records.people import contact_table\nt = contact_table(snapshot)\nselect(t.c.email)",
        ),
        (
            "runtime/identity/sessions.py",
            "from runtime.records.people import contact_table\nt = contact_table(snapshot)\nselect(*t.c)",
        ),
    ],
)
def test_sql_in_the_wrong_hands_is_found(name, text):
    assert list(too_much(name, ast.parse(text))) != []
