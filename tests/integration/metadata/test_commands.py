"""The commands on metadata, as an admin types them."""

import json
import subprocess
import sys
from importlib.metadata import version

import pytest
from click.testing import CliRunner

from metadata.checks import RULES
from runtime.cli import main
from runtime.cli.commands import COMMANDS
from support.ports import free_port

THING = """\
kind: entity
key: thing
label: Thing
primary_name: name
attributes:
  - key: name
    type: text
    max_length: 40
"""
SITE = "kind: site\nkey: main\nlabel: Main\n"


@pytest.fixture
def folder(tmp_path):
    made = tmp_path / "site"
    made.mkdir()
    (made / "thing.yaml").write_text(THING)
    (made / "site.yaml").write_text(SITE)
    return made


@pytest.fixture
def foyer(database_url, tmp_path):
    """Runs a command; gives back its exit code and what it said."""
    environment = {"FOYER_DATABASE_URL": database_url, "FOYER_DATA_DIR": str(tmp_path / "data"), "USER": "ann"}

    def run(*arguments):
        done = CliRunner().invoke(main, [str(argument) for argument in arguments], env=environment)
        assert "Traceback" not in done.output
        assert done.exception is None or isinstance(done.exception, SystemExit)
        return done.exit_code, done.output

    return run


def test_a_folder_is_published_with_one_command(foyer, folder):
    code, said = foyer("publish", folder, "--note", "the first")
    assert code == 0
    assert "create table thing" in said
    assert "Release 1 is published." in said
    assert "the first" in foyer("history")[1]


def test_an_import_that_is_released_at_once_needs_the_second_person_too(foyer, folder):
    limit = "kind: site_setting\nkey: publish/second_person_rows\nsite: main\nvalue: '0'\n"
    (folder / "limit.yaml").write_text(limit)
    assert foyer("publish", folder)[0] == 0
    assert foyer("people", "add", "jane@x.example", "--name", "Jane")[0] == 0
    role = "kind: web_role\nkey: guest\nsite: main\ndefault: anonymous\n"
    right = "kind: entity_permission\nkey: all\nsite: main\nentity: contact\nscope: global\nprivileges: [read]\n"
    right += "roles: [guest]\n"
    (folder / "wide.yaml").write_text(f"{role}---\n{right}")
    for words in ((), ("--approved-by", "ann")):
        code, said = foyer("import", folder, "--publish", *words)
        assert (code, "a second person must approve" in said) == (1, True), said
    assert "Release 2 is published." in foyer("import", folder, "--publish", "--approved-by", "bea")[1]


def test_whoever_had_a_hand_in_a_draft_approves_nothing_of_it(foyer, folder):
    """By the rule of the studio: each author of what waits counts, not only the one who releases it last."""
    (folder / "limit.yaml").write_text("kind: site_setting\nkey: publish/second_person_rows\nsite: main\nvalue: '0'\n")
    assert foyer("publish", folder)[0] == 0
    assert foyer("people", "add", "jane@x.example", "--name", "Jane")[0] == 0
    role = "kind: web_role\nkey: guest\nsite: main\ndefault: anonymous\n"
    right = "kind: entity_permission\nkey: all\nsite: main\nentity: contact\nscope: global\nprivileges: [read]\n"
    (folder / "wide.yaml").write_text(f"{role}---\n{right}roles: [guest]\n")
    assert foyer("import", folder, "--author", "Bea Lund (7)")[0] == 0
    for name in ("ann", "Bea Lund (7)", "bea  lund"):
        code, said = foyer("publish", "--approved-by", name)
        assert (code, "of none of those who made it (Bea Lund (7), ann)" in said) == (1, True), said
    assert "Release 2 is published." in foyer("publish", "--approved-by", "Bea Lund (8)")[1]


def test_a_component_whose_name_has_a_slash_is_gone_back_to(foyer, folder):
    (folder / "limit.yaml").write_text("kind: site_setting\nkey: publish/second_person_rows\nsite: main\nvalue: '0'\n")
    assert foyer("publish", folder)[0] == 0
    (folder / "limit.yaml").write_text("kind: site_setting\nkey: publish/second_person_rows\nsite: main\nvalue: '9'\n")
    assert foyer("publish", folder, "--approved-by", "bea")[0] == 0
    name = "site_setting main/publish/second_person_rows"
    assert "Release 3 is published." in foyer("rollback", "1", "--component", name)[1]


def test_an_edited_label_and_column_are_published_again(foyer, folder):
    foyer("publish", folder)
    (folder / "thing.yaml").write_text(THING.replace("label: Thing", "label: Item") + "  - key: size\n    type: integer\n")
    assert 'label: "Thing" -> "Item"' in foyer("diff", folder)[1]
    assert "add column thing.size integer" in foyer("migrate", "--plan", folder)[1]
    assert foyer("publish", folder)[0] == 0
    assert 'label: "Item" -> "Thing"' in foyer("diff", "2", "1")[1]


def test_an_import_is_a_draft_until_it_is_published(foyer, folder):
    assert "Nothing is changed" in foyer("import", folder, "--dry-run")[1]
    assert "Nothing differs." in foyer("diff")[1]
    code, said = foyer("import", folder)
    assert (code, "saved entity thing" in said) == (0, True)
    assert "added entity thing" in foyer("diff")[1]
    assert "create table thing" in foyer("migrate", "--plan")[1]
    assert "Release 1 is published." in foyer("publish")[1]
    assert "Nothing has changed" in foyer("import", folder)[1]
    assert "Nothing has changed" in foyer("import", "folder", folder)[1], "as its own help says"


def test_wrong_metadata_is_reported_all_at_once_with_file_and_line_and_nothing_is_saved(foyer, folder):
    foyer("publish", folder)
    (folder / "thing.yaml").write_text(THING.replace("type: text", "type: txet").replace("label: Thing", "label: Item"))
    (folder / "view.yaml").write_text("kind: view\nkey: all\nentity: thingy\ncolumns:\n  - attribute: name\n")
    (folder / "bad.yaml").write_text("kind: page\nkey: [\n")
    for command in ("check", "import", "publish"):
        code, said = foyer(command, folder)
        assert code == 1
        for expected in ("thing.yaml:7", "view.yaml:3", "bad.yaml:", "entity thing", "thingy"):
            assert expected in said
    assert "Nothing differs." in foyer("diff")[1]


def test_problems_that_only_follow_from_an_unreadable_component_are_left_out(foyer, folder):
    (folder / "thing.yaml").write_text(THING.replace("max_length: 40", "max_length: many"))
    (folder / "view.yaml").write_text("kind: view\nkey: all\nentity: thing\ncolumns:\n  - attribute: name\n")
    code, said = foyer("check", folder)
    assert code == 1
    assert said.count("[") == 1


VIEW = "kind: view\nkey: all\nentity: thing\ncolumns:\n- {attribute: name}\n"
TOWN = """kind: site
key: town
label: Town
---
kind: page
key: home
label: Home
partial_url: /
---
kind: list
key: things
views: [all]
---
kind: page
key: things
label: Things
parent: home
partial_url: things
blocks:
- {type: list, list: things}
---
kind: chart
key: things
view: all
type: number
page: things
"""


@pytest.mark.parametrize(
    ("view", "told"),
    [
        (f"{VIEW}sort:\n- {{attribute: name, descending: maybe}}\n", 7),
        (VIEW.replace("thing", "thingy"), 3),
    ],
    ids=["unreadable", "leads nowhere"],
)
def test_what_follows_over_several_components_does_not_hide_its_cause(foyer, folder, view, told):
    (folder / "site.yaml").write_text(TOWN)
    (folder / "all.yaml").write_text(VIEW)
    assert foyer("check", folder)[0] == 0
    (folder / "all.yaml").write_text(view)
    code, said = foyer("check", folder)
    assert (code, said.count("[")) == (1, 1), said
    assert f"all.yaml:{told} " in said
    (folder / "site.yaml").write_text(TOWN.replace("list: things", "list: thinks"))
    assert "'things'" in foyer("check", folder)[1]


def test_a_site_that_cannot_be_read_is_told_once_and_not_by_all_that_belongs_to_it(foyer, folder):
    (folder / "site.yaml").unlink()
    home = folder / "sites" / "town"
    home.mkdir(parents=True)
    (home / "site.yaml").write_text("- a list\n")
    (home / "parts.yaml").write_text("kind: web_role\nkey: guest\nsite: town\n---\nkind: web_role\nkey: host\nsite: town\n")
    code, said = foyer("check", folder)
    assert (code, said.count("[")) == (1, 1), said
    assert "site.yaml:1" in said


def test_a_fault_of_its_own_is_told_beside_what_cannot_be_read(foyer, folder):
    town = TOWN.replace("view: all", "view: few").replace("key: things\nlabel", "key: thongs\nlabel")
    (folder / "site.yaml").write_text(town)
    (folder / "few.yaml").write_text(VIEW.replace("key: all", "key: few"))
    (folder / "broken.yaml").write_text("kind: view\nkey: [\n")
    (folder / "all.yaml").write_text(VIEW)
    code, said = foyer("check", folder)
    assert (code, "broken.yaml" in said, "thongs" in said) == (1, True, True)


def test_a_name_that_is_nearly_that_of_an_unreadable_component_is_told_with_it(foyer, folder):
    (folder / "broken.yaml").write_text("kind: view\nkey: thing\nentity: thing\ncolums: []\n")
    (folder / "view.yaml").write_text("kind: view\nkey: all\nentity: thingy\ncolumns:\n  - attribute: name\n")
    code, said = foyer("check", folder)
    assert (code, "view.yaml:3" in said, "broken.yaml:4" in said) == (1, True, True)


def test_every_rule_is_listed_with_what_it_comes_to(foyer, folder):
    code, said = foyer("check", folder, "--rules")
    assert code == 0
    assert said.count("passed  ") == len(RULES)
    (folder / "thing.yaml").write_text(THING.replace("type: text", "type: txet"))
    (folder / "gift.yaml").write_text(
        "kind: web_role\nkey: all\ndefault: anonymous\n---\nkind: entity_permission\nkey: gift\nentity: thing\n"
        "scope: global\nprivileges: [write]\nroles: [all]\n"
    )
    code, said = foyer("check", folder, "--rules", "--json")
    rules = {rule["rule"]: rule for rule in json.loads(said)["rules"]}
    assert code == 1
    assert (rules["attributes.types"]["state"], "Did you mean" in rules["attributes.types"]["problems"][0]) == ("error", True)
    assert rules["permissions.anonymous_writes"]["state"] == "warning"
    assert rules["pages.roots"]["state"] == "passed"


def test_json_is_one_document_for_success_and_failure(foyer, folder):
    assert json.loads(foyer("check", folder, "--json")[1]) == {"ok": True, "problems": [], "components": 2}
    assert json.loads(foyer("publish", folder, "--json")[1])["release"] == 1
    (folder / "thing.yaml").write_text("kind: entity\nkey: THING\n")
    code, said = foyer("publish", folder, "--json")
    document = json.loads(said)
    assert code == 1
    assert document["ok"] is False
    assert document["problems"][0]["line"] == 2


def test_nothing_is_deleted_without_being_told(foyer, folder):
    foyer("publish", folder)
    (folder / "thing.yaml").unlink()
    assert "Nothing has changed" in foyer("publish", folder)[1]
    assert "removed entity thing" in foyer("import", folder, "--delete", "--dry-run")[1]
    assert "to be removed entity thing" in foyer("import", folder, "--delete")[1]
    code, said = foyer("publish", folder, "--delete")
    assert (code, "kept unless --allow-destructive: drop table thing, losing 0 rows" in said) == (0, True)


def test_a_destructive_change_is_refused_until_told(foyer, folder):
    foyer("publish", folder)
    (folder / "thing.yaml").write_text(THING.replace("max_length: 40", "max_length: 20"))
    code, said = foyer("publish", folder)
    assert (code, "cutting 0 values" in said) == (1, True)
    assert "Nothing differs." in foyer("diff")[1]
    assert foyer("publish", folder, "--allow-destructive")[0] == 0


def test_going_back_to_a_release(foyer, folder):
    foyer("publish", folder)
    (folder / "thing.yaml").write_text(THING.replace("label: Thing", "label: Item"))
    foyer("publish", folder)
    assert "Release 3 is published." in foyer("rollback", "1")[1]
    assert "Nothing differs." in foyer("diff", "1", "3")[1]
    assert "release 9" in foyer("rollback", "9")[1]
    assert foyer("rollback", "9")[0] == 1


def test_an_export_can_be_imported_and_changes_nothing(foyer, folder, tmp_path):
    foyer("publish", folder)
    assert foyer("export", tmp_path / "out")[0] == 0
    assert foyer("check", tmp_path / "out")[0] == 0
    assert "Nothing has changed" in foyer("import", tmp_path / "out", "--delete")[1]


OTHER = "kind: entity\nkey: other\nlabel: Other\nprimary_name: name\nattributes: [{key: name, type: text}]\n"
SNIPPET = "kind: snippet\nkey: {0}\nsite: main\nvalue: {0}\n"


def test_what_changed_since_a_release_is_taken_out_and_repeated_elsewhere(foyer, folder, tmp_path):
    for name in ("stays", "goes"):
        (folder / f"{name}.yaml").write_text(SNIPPET.format(name))
    foyer("publish", folder)
    whole, delta = tmp_path / "whole", tmp_path / "delta"
    foyer("export", whole)
    (folder / "goes.yaml").unlink()
    (folder / "thing.yaml").write_text(THING.replace("label: Thing", "label: Item"))
    (folder / "other.yaml").write_text(OTHER)
    foyer("publish", folder, "--delete")
    code, said = foyer("export", delta, "--since", "1")
    assert (code, "1 component deleted since release 1" in said) == (0, True)
    written = sorted(str(file.relative_to(delta)) for file in delta.rglob("*") if file.is_file())
    assert written == ["deleted.txt", "entities/other.yaml", "entities/thing.yaml"]
    assert (delta / "deleted.txt").read_text().splitlines()[1:] == ["snippet main/goes"]
    foyer("rollback", "1")
    assert "removed snippet main/goes" in foyer("import", delta, "--dry-run")[1]
    over = tmp_path / "over.yaml"
    over.write_text('{"snippet main/stays": {value: Here}, "entity other": {label: Others}}')
    code, said = foyer("import", delta, "--publish", "--overrides", over)
    assert code == 0, said
    told = foyer("diff", "2", "4")[1]
    assert "1 component differs." in told
    assert "changed entity other" in told
    assert foyer("export", tmp_path / "none", "--since", "4")[0] == 0
    assert [file.name for file in (tmp_path / "none").rglob("*")] == ["deleted.txt"]
    over.write_text('{"snippet main/never": {value: Here}}')
    assert "There is no component snippet main/never" in foyer("import", delta, "--overrides", over)[1]


def test_a_deletion_that_cannot_be_is_told_with_its_place(foyer, folder):
    page = "kind: page\nkey: home\nsite: main\nlabel: Home\npartial_url: /\nblocks: [{type: snippet, snippet: words}]\n"
    (folder / "page.yaml").write_text(page)
    (folder / "words.yaml").write_text(SNIPPET.format("words"))
    assert foyer("publish", folder)[0] == 0
    (folder / "words.yaml").unlink()
    (folder / "deleted.txt").write_text("# gone\n\nsnippet main/words\nsnippet main/never-there\n")
    code, said = foyer("import", folder)
    assert (code, "words" in said and "page.yaml" in said) == (1, True)
    (folder / "deleted.txt").write_text("snippet main/words\nnonsense\n")
    code, said = foyer("import", folder)
    assert (code, "deleted.txt:2" in said and "'nonsense' is no component" in said) == (1, True)
    assert foyer("export", folder, "--since", "9")[0] == 1


def test_the_history_of_a_component(foyer, folder):
    foyer("publish", folder)
    assert "release 1  ann" in foyer("history", "entity thing")[1]
    assert foyer("history", "entity nope")[0] == 1
    assert foyer("history", "nonsense")[0] == 1


def test_a_dump_is_sorted_json_of_the_compiled_metadata(foyer, folder):
    foyer("publish", folder)
    code, said = foyer("dump")
    document = json.loads(said)
    assert code == 0
    assert document["tables"]["thing"]["columns"]["name"] == "text(40)"
    assert list(document["components"]) == sorted(document["components"])
    assert json.loads(foyer("dump", folder)[1])["tables"] == document["tables"]


def test_migrate_apply_brings_tables_in_step(foyer, folder):
    foyer("publish", folder)
    assert foyer("migrate", "--apply") == (0, "The tables are in step.\n")


def test_the_doctor_says_what_is_set_and_what_is_not_in_order(foyer, folder):
    code, said = foyer("doctor")
    assert code == 0
    assert "FOYER_DATABASE_URL: set\n" in said
    assert "nothing has been published yet" in said
    foyer("publish", folder)
    assert "release 1 compiles" in foyer("doctor")[1]


@pytest.mark.parametrize(
    ("address", "warned"),
    [
        ("http://portal.example", True),
        ("https://portal.example", False),
        ("http://127.0.0.1:8000", False),
        ("http://localhost", False),
    ],
)
def test_the_doctor_warns_of_an_address_without_encryption(foyer, monkeypatch, address, warned):
    monkeypatch.setenv("FOYER_PUBLIC_URL", address)
    assert ("no HSTS is sent" in foyer("doctor")[1]) is warned


def test_the_doctor_knows_what_identity_providers_need(foyer, folder, monkeypatch):
    text = "kind: identity_provider\nkey: {}\nlabel: Town\nissuer: https://{}.example\nclient_id: us\n"
    (folder / "providers.yaml").write_text(
        "---\n".join(
            (
                f"{text.format('town', 'town')}client_secret: ${{TOWN_SECRET}}\n",
                f"{text.format('past', 'past')}client_secret: ${{PAST_SECRET}}\nactive: false\n",
            )
        ),
        encoding="utf-8",
    )
    assert foyer("publish", str(folder))[0] == 0
    said = foyer("doctor")[1]
    assert "warning TOWN_SECRET: not set, for the identity provider town" in said
    assert "ok      PAST_SECRET: not set, for the identity provider past" in said
    monkeypatch.setenv("TOWN_SECRET_FILE", "/etc/town")
    monkeypatch.setattr("runtime.cli.doctor.find_spec", lambda name: None)
    code, said = foyer("doctor")
    assert "ok      TOWN_SECRET: set, for the identity provider town" in said
    assert (code, "nobody can sign in with town, which takes the extra oidc of Foyer" in said) == (1, True)


def test_the_doctor_tries_identity_providers_out(foyer, folder, monkeypatch):
    pytest.importorskip("authlib", reason="needs the extra oidc")
    guild = pytest.importorskip("support.guild")
    monkeypatch.setenv("GUILD_SECRET", guild.SECRET)
    back = "http://127.0.0.1:8000/signin/with/guild/back"
    with guild.running(guild.Guild(backs=(back,))) as there:
        text = f"kind: identity_provider\nkey: guild\nlabel: Guild\nissuer: {there.address}\nclient_id: portal\n"
        (folder / "providers.yaml").write_text(f"{text}client_secret: ${{GUILD_SECRET}}\n", encoding="utf-8")
        assert foyer("publish", str(folder))[0] == 0
        monkeypatch.setenv("FOYER_PUBLIC_URL", "http://127.0.0.1:8000")
        assert "ok      identity provider guild: answers" in foyer("doctor")[1]
        there.secret = "another"
        code, said = foyer("doctor")
        assert (code, "warning identity provider guild: Client secret at the provider: The provider refuses" in said) == (
            0,
            True,
        )
    assert "warning identity provider guild: Discovery:" in foyer("doctor")[1]


def test_the_doctor_tells_whether_traces_can_be_sent(foyer, monkeypatch):
    assert "traces" not in foyer("doctor")[1]
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", "http://user:secret@collector.example")
    said = foyer("doctor")[1]
    assert "are sent to the collector that OTEL_EXPORTER_OTLP_ENDPOINT names" in said
    monkeypatch.setattr("runtime.cli.doctor.has_library", lambda: False)
    code, missing = foyer("doctor")
    assert code == 0
    assert "warning traces: OTEL_EXPORTER_OTLP_ENDPOINT is set, but no traces are sent" in missing
    assert "secret@" not in said + missing


def test_the_doctor_warns_where_each_process_counts_attempts_for_itself(foyer, monkeypatch):
    monkeypatch.setenv("FOYER_WORKERS", "2")
    assert "warning throttle: attempts are counted in each of 2 processes" in foyer("doctor")[1]
    monkeypatch.setenv("FOYER_WORKERS", "1")
    assert "throttle:" not in foyer("doctor")[1]


def test_the_doctor_says_whether_the_mail_server_takes_mails(foyer, monkeypatch):
    monkeypatch.setenv("FOYER_SMTP_URL", f"smtp+starttls://portal:topsecret@127.0.0.1:{free_port()}")
    code, said = foyer("doctor")
    assert (code, "topsecret" in said) == (0, False)
    assert "warning mail: cannot be handed over, so that nobody gets any: 127.0.0.1:" in said


def test_the_version_is_told(foyer):
    code, said = foyer("--version")
    assert (code, said) == (0, f"Foyer {version('foyer')}\n")


def test_the_doctor_knows_the_variables_that_connections_name(foyer, folder, monkeypatch):
    monkeypatch.setenv("FOYER_DEPOT_URL", "sqlite:///depot.db")
    monkeypatch.setenv("FOYER_QUAY_URL_FILE", "/etc/quay")
    assert "warning FOYER_DEPOT_URL: is no setting of Foyer" in foyer("doctor")[1]
    named = {"depot": "${FOYER_DEPOT_URL}", "quay": "${FOYER_QUAY_URL}", "ferry": "${FOYER_FERRY_URL}"}
    for key, url in named.items():
        (folder / f"{key}.yaml").write_text(f"kind: connection\nkey: {key}\nconnector: sql\nsettings:\n  url: {url}\n")
    assert foyer("publish", folder)[0] == 0
    said = foyer("doctor")[1].splitlines()
    assert "ok      FOYER_DEPOT_URL: set, for the connection depot" in said
    assert "ok      FOYER_QUAY_URL: set, for the connection quay" in said
    assert "warning FOYER_FERRY_URL: not set, for the connection ferry" in said
    assert not any("misspelt" in line for line in said)


@pytest.mark.parametrize(
    ("environment", "expected"),
    [
        ({"FOYER_DATABASE_URL": "mysql://x/y"}, "mysql is not a database"),
        ({"FOYER_WORKERS": "many", "FOYER_DEBUG": "perhaps"}, "FOYER_DEBUG must be true or false"),
        ({"FOYER_DATABASE_URL": "postgresql://nobody@127.0.0.1:1/none"}, "The database refused"),
        ({"FOYER_DATABASE_URL": "sqlite:////proc/none/x.db"}, "/proc/none"),
    ],
)
def test_bad_settings_are_a_sentence_not_a_trace(environment, expected, tmp_path):
    for command in ("publish", "doctor", "dump"):
        done = CliRunner().invoke(main, [command], env={"FOYER_DATA_DIR": str(tmp_path), **environment})
        assert done.exit_code == 1
        assert expected in done.output
        assert "Traceback" not in done.output


@pytest.mark.parametrize("name", sorted(COMMANDS))
def test_every_command_has_help(name):
    done = CliRunner().invoke(main, [name, "--help"])
    assert done.exit_code == 0
    assert "Usage:" in done.output


def test_unknown_commands_and_options_end_with_1():
    for arguments in (["nope"], ["check"], ["check", "x", "--nope"], ["rollback", "zero"]):
        assert CliRunner().invoke(main, arguments).exit_code == 1


def test_the_help_loads_no_command():
    program = "import sys; from runtime.cli import main\ntry: main(['--help'])\nfinally: print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert not {"sqlalchemy", "flask", "alembic", "yaml", "marshmallow"} & set(done.stdout.split())
