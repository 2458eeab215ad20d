"""CSV files: what is wrong in one is told with its name and line, what is half written is waited for."""

import pytest

from connectors.errors import Fatal, Retriable
from connectors.files.adapter import FilesAdapter
from connectors.tablemap import compiled_map
from metadata.model import AttributeMap
from support.harbour import harbours, snapshot_of

MAP = compiled_map(snapshot_of(harbours(change_column="")), "harbours")
HEADER = b"code,name,depth\n"


@pytest.fixture
def folder(tmp_path):
    return tmp_path


def pull(folder, content, **settings):
    (folder / "harbour.csv").write_bytes(content)
    return FilesAdapter("csv", {"folder": str(folder), **settings}).pull(MAP, None, 100).records


def test_quotes_line_breaks_and_commas_inside_a_value_are_kept(folder):
    (record,) = pull(folder, HEADER + b'H1,"a ""b"", c\r\nd",4\r\n')
    assert record["name"] == 'a "b", c\r\nd'


def test_a_byte_order_mark_is_no_part_of_the_first_column(folder):
    assert pull(folder, b"\xef\xbb\xbf" + HEADER + b"H1,a,1\n")[0]["code"] == "H1"


def test_another_encoding_and_delimiter_can_be_set(folder):
    content = "code;name;depth\nH1;Öland;1\n".encode("latin-1")
    assert pull(folder, content, encoding="latin-1", delimiter=";")[0]["name"] == "Öland"


def test_a_byte_that_is_not_in_the_encoding_names_file_and_line(folder):
    with pytest.raises(Fatal, match=r"harbour\.csv, line 3"):
        pull(folder, HEADER + b"H1,a,1\nH2,\xff,1\n")


def test_a_row_with_too_many_values_names_file_and_line(folder):
    with pytest.raises(Fatal, match=r"harbour\.csv, line 2: 4 values, where the header has 3"):
        pull(folder, HEADER + b"H1,a,1,2\n")


def test_a_misspelt_column_is_answered_with_what_may_be_meant(folder):
    with pytest.raises(Fatal, match="did you mean name"):
        pull(folder, b"code,nme,depth\n".replace(b"nme", b"names") + b"H1,a,1\n")


@pytest.mark.parametrize("content", [b"", HEADER + b'H1,"half', HEADER + b"H1,ha"])
def test_a_half_written_file_is_waited_for(folder, content):
    with pytest.raises(Retriable):
        pull(folder, content)


def test_a_file_that_is_gone_is_waited_for(folder):
    with pytest.raises(Retriable, match=r"harbour\.csv is not there"):
        FilesAdapter("csv", {"folder": str(folder)}).pull(MAP, None, 100)


@pytest.mark.parametrize("name", ["../secret", "/etc/passwd", ".hidden", ""])
def test_only_files_of_the_folder_are_read(folder, name):
    outside = compiled_map(snapshot_of(harbours(table=name, change_column="")), "harbours")
    with pytest.raises(Fatal, match="not the name of a file"):
        FilesAdapter("csv", {"folder": str(folder)}).pull(outside, None, 100)


def test_composite_keys_are_read_in_their_order(folder):
    attributes = (AttributeMap(attribute="name", column="name"), AttributeMap(attribute="code", column="code"))
    both = compiled_map(
        snapshot_of(harbours(integration_key=("name", "code"), attributes=attributes, change_column="")), "harbours"
    )
    (folder / "harbour.csv").write_bytes(HEADER + b"H1,a,1\n")
    assert list(FilesAdapter("csv", {"folder": str(folder)}).keys(both)) == [("a", "H1")]


@pytest.mark.parametrize("settings", [{}, {"folder": "x", "encoding": "klingon"}, {"folder": "x", "delimiter": ";;"}])
def test_wrong_settings_are_told_at_once(settings):
    with pytest.raises(Fatal):
        FilesAdapter("csv", settings)
