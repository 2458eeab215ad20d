"""A site with a lock is not released as long as something is reachable that nobody has signed off."""

from dataclasses import replace

import pytest
from click.testing import CliRunner

from metadata.compiler import assign_site, compile_snapshot
from metadata.errors import MetadataError
from metadata.files import read_folder, write_folder
from metadata.model import EntityPermission, PageAccessRule, SiteSetting, View, ViewColumn, WebRole
from metadata.store import MetadataStore
from runtime.cli import main
from runtime.database import make_engine
from runtime.exposure.lock import lock_problems, signed_off
from runtime.guards import GUARDS
from support.marina import MARINA

LOCKED = assign_site(MARINA)
WIDER = next(item for item in LOCKED if isinstance(item, EntityPermission) and item.key == "own-bookings")
VIEW = next(item for item in LOCKED if isinstance(item, View) and item.key == "berths-all")


def lock_of(components):
    snapshot = compile_snapshot(components)
    return signed_off(snapshot, snapshot.sites["marina"])


def changed(item):
    return tuple(item if type(one) is type(item) and one.key == item.key else one for one in LOCKED)


@pytest.fixture
def folder(tmp_path):
    write_folder(LOCKED, tmp_path)
    return tmp_path


def run(*arguments):
    done = CliRunner().invoke(main, [str(item) for item in arguments])
    return done.exit_code, done.output


def test_a_release_that_reaches_more_is_refused_until_it_is_signed_off(database_url):
    engine = make_engine(database_url)
    store = MetadataStore(engine, GUARDS)
    store.create()
    assert store.publish("ann", components=(*LOCKED, lock_of(LOCKED))).release == 1
    wider = replace(WIDER, privileges=(*WIDER.privileges, "delete"))
    with pytest.raises(MetadataError) as refused:
        store.publish("ann", components=(wider,))
    assert "skipper  booking.*  delete  rights  account:customer" in str(refused.value)
    assert store.current_release() == 1
    assert store.drafts() == {}
    narrower = replace(WIDER, active=False)
    assert store.publish("ann", components=(narrower,)).release == 2
    signed = lock_of(changed(wider))
    assert store.publish("ben", components=(wider, signed)).release == 3
    assert store.rollback(1, "ben").release == 4
    told = store.publish("ann", components=(wider, SiteSetting(key="publish/guards", value="warn")))
    assert (told.release, {problem.severity for problem in told.warnings}) == (5, {"warning"})
    assert "skipper  booking.*  delete" in str(told.warnings[0])
    engine.dispose()


def test_the_command_writes_the_lock_and_check_fails_on_what_is_not_in_it(folder):
    assert run("check", folder)[0] == 0
    assert run("exposure", folder, "--write")[0] == 0
    assert run("exposure", folder, "--check")[0] == 0
    lines = next(item for item in read_folder(folder).components if item.key == "exposure").lines.splitlines()
    assert lines == sorted(lines)
    assert "skipper  booking.note  read  rights  account:customer" not in lines
    write_folder([replace(VIEW, columns=(*VIEW.columns, ViewColumn(attribute="depth")))], folder)
    code, said = run("check", folder)
    assert code == 1
    assert "exposure.yaml:" in said
    assert "berth.depth  read  page:berths/list:berths/view:berths-all  global" in said
    code, said = run("exposure", folder, "--check")
    assert (code, "+ master  berth.depth" in said) == (1, True)
    run("exposure", folder, "--write")
    assert run("check", folder)[0] == 0


def test_what_is_reached_no_more_is_a_warning_alone():
    lock = lock_of(LOCKED)
    fewer = compile_snapshot((*changed(replace(WIDER, active=False)), lock))
    assert {problem.severity for problem in lock_problems(fewer)} == {"warning"}


def test_two_roles_together_are_told_where_they_reach_what_neither_does():
    """A page of the one, with rows of the other."""
    narrow = (
        replace(item, roles=("skipper",)) if isinstance(item, EntityPermission) and item.key == "berths" else item
        for item in LOCKED
    )
    rule = next(item for item in LOCKED if isinstance(item, PageAccessRule))
    lines = lock_of((*narrow, replace(rule, key="berths", page="berths"))).lines
    assert "master+skipper  berth.number  read  page:berths/list:berths/view:berths-all  global" in lines
    assert "skipper  berth.number  read  page:berths/list:berths/view:berths-all" not in lines.replace("master+skipper", "")


def test_what_may_be_shared_is_told_of_those_alone_whose_permission_says_so():
    berths = next(item for item in LOCKED if isinstance(item, EntityPermission) and item.key == "berths")
    shared = replace(berths, key="to-share", roles=("skipper",), privileges=("read",), share_read=("number",), share_days=7)
    lines = [line for line in lock_of((*LOCKED, shared)).lines.splitlines() if "share:" in line]
    assert lines == ["skipper  berth.number  read  share:to-share/7 days  global"]


def test_the_role_of_strangers_is_no_line_of_its_own_as_nobody_who_is_signed_in_has_it():
    berths = next(item for item in LOCKED if isinstance(item, EntityPermission) and item.key == "berths")
    stranger = WebRole(key="stranger", site="marina", default="anonymous")
    seen = replace(berths, key="seen", roles=("stranger",), privileges=("read",))
    lines = lock_of((*LOCKED, stranger, seen)).lines.splitlines()
    assert "(anonymous)  berth.number  read  rights  global" in lines
    assert not [line for line in lines if "stranger" in line.split()[0].split("+")]
