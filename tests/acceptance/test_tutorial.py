"""The tutorial, followed to the letter: its files are taken out of the page, put where it says, and published."""

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
STARTER = ROOT / "metadata" / "starters" / "customer-portal"
BLOCK = re.compile(r"^`(?P<name>[\w/.-]+\.yaml)`\n\n```yaml\n(?P<text>.*?)```$", re.M | re.S)
MENU = re.compile(r"^Open `(?P<name>[^`]+)` and add one entry at the end:\n\n```yaml\n(?P<text>.*?)```$", re.M | re.S)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    site = tmp_path / "site"
    shutil.copytree(STARTER, site)
    page = (ROOT / "docs" / "tutorial.md").read_text(encoding="utf-8")
    files = list(BLOCK.finditer(page))
    assert len(files) == 5
    for found in files:
        target = site / found["name"]
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(found["text"], encoding="utf-8")
    menu = MENU.search(page)
    assert menu is not None
    with (site / menu["name"]).open("a", encoding="utf-8") as file:
        file.write(menu["text"])
    return site


def foyer(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    environ = {"FOYER_DATA_DIR": str(folder.parent), "PATH": "/usr/bin:/bin"}
    command = [sys.executable, "-m", "runtime", *arguments]
    return subprocess.run(command, cwd=ROOT, env=environ, capture_output=True, text=True, check=False)


def test_the_tutorials_files_are_published_and_what_is_new_is_told_until_it_is_signed_off(folder: Path):
    told = foyer(folder, "check", str(folder))
    assert (told.returncode, "Not signed off" in told.stdout + told.stderr) == (0, True)
    assert foyer(folder, "exposure", str(folder), "--write").returncode == 0
    done = foyer(folder, "publish", str(folder))
    assert done.returncode == 0, done.stdout + done.stderr
    assert "create table ticket" in done.stdout + done.stderr
    assert "Not signed off" not in done.stdout + done.stderr
    assert foyer(folder, "rollback", "1").returncode == 0


def test_a_mistake_in_one_of_them_is_named_with_its_line_and_changes_nothing(folder: Path):
    permission = folder / "sites/customer-portal/entity-permissions/own-tickets.yaml"
    permission.write_text(permission.read_text(encoding="utf-8").replace("via: owner", "via: ownr"), encoding="utf-8")
    done = foyer(folder, "publish", str(folder))
    assert done.returncode == 1
    assert "own-tickets.yaml:5" in done.stdout + done.stderr
    assert "owner" in done.stdout + done.stderr
    assert foyer(folder, "history").stdout.strip() in ("", "There is no release yet.", "Nothing has been published yet.")
