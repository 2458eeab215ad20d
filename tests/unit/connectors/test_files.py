"""Files: what is wrong in one is told with its name and line, what is half written is waited for."""

import openpyxl
import pytest

from connectors.errors import Fatal, Retriable
from connectors.files.adapter import FilesAdapter
from connectors.tablemap import compiled_map
from metadata.model import AttributeMap
from support.buckets import KEY, SECRET, open_buckets
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


@pytest.mark.parametrize(("content", "told"), [
    (b"code;name;depth\nH1;a;1\n", "stand between ';', not ',': set the connection's delimiter"),
    (b"code\tname\tdepth\nH1\ta\t1\n", "set the connection's delimiter"),
    (b"code,name,depth,name\nH1,a,1,b\n", "has the column name 2 times"),
    (b'co"de,name,depth\n"H"1,a,1\n', "has no column code"),
    (b'"co"de,name,depth\nH1,a,1\n', "line 1: "),
    (b"x," * 10_001 + b"x\n", "line 1: 10,002 columns, of which 10,000 are read at most"),
    (HEADER + b"H1," + b"x" * 1_000_001 + b",1\n", r"line 2: field larger than field limit"),
    (b"x" * 1_000_001 + b"\n", r"line 1: field larger than field limit"),
    (HEADER + b"x" * 16_000_001, "line 2: the line is longer than 16,000,000 bytes"),
    ("code,name,depth\nH1,a,1\n".encode("utf-16"), "line 1: there is a null character"),
], ids=lambda given: None if isinstance(given, str) else "")  # fmt: skip
def test_what_is_no_such_file_is_told_with_its_place(folder, content, told):
    with pytest.raises(Fatal, match=told):
        pull(folder, content)


def test_an_encoding_without_lines_of_bytes_is_refused_at_once(folder):
    with pytest.raises(Fatal, match="files in utf-16 cannot be read by line; save them in UTF-8"):
        pull(folder, HEADER, encoding="utf-16")


def test_a_folder_in_place_of_the_file_is_waited_for(folder):
    (folder / "harbour.csv").mkdir()
    with pytest.raises(Retriable, match=r"harbour\.csv cannot be read"):
        FilesAdapter("csv", {"folder": str(folder)}).pull(MAP, None, 100)


@pytest.mark.parametrize("content", [b"", b"code,na", b'code,"na', HEADER + b'H1,"half', HEADER + b"H1,ha"])
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


def in_lines(folder, content):
    (folder / "harbour.jsonl").write_bytes(content)
    return FilesAdapter("lines", {"folder": str(folder), "format": "jsonl"}).pull(MAP, None, 100).records


ROW = b'{"code": "H1", "name": "\\u00d6land", "depth": 4.50}\n'


def test_json_lines_keep_types_and_a_later_row_may_leave_a_column_out(folder):
    first, second = in_lines(folder, b"\xef\xbb\xbf" + ROW + b'\n{"code": "H2", "more": [1]}')
    assert (first["name"], str(first["depth"])) == ("\u00d6land", "4.50")
    assert (second["code"], second["name"], second["more"]) == ("H2", None, "[1]")


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (ROW + b"{nonsense}\n", r"harbour\.jsonl, line 2: this is no JSON"),
        (ROW + b"[1]\n", r"harbour\.jsonl, line 2: a row must be an object"),
        (b'{"code": "H1", "nam": 1, "depth": 1}\n', "no column name in its first row; did you mean nam"),
        (ROW + b'{"code": "\xff"}\n', "line 2: byte 11 is not UTF-8"),
    ],
)
def test_a_line_that_is_no_row_is_told_with_its_place(folder, content, told):
    with pytest.raises(Fatal, match=told):
        in_lines(folder, content)


@pytest.mark.parametrize("content", [b"", ROW + b'{"code": "H'])
def test_json_lines_that_are_half_written_are_waited_for(folder, content):
    with pytest.raises(Retriable):
        in_lines(folder, content)


def in_workbook(folder, *rows):
    book = openpyxl.Workbook()
    for row in rows:
        book.active.append(row)
    book.save(folder / "harbour.xlsx")
    return FilesAdapter("book", {"folder": str(folder), "format": "xlsx"})


def test_a_workbook_is_read_in_pages_and_keeps_the_types_of_its_cells(folder):
    rows = [(f"H{at}", "A", at / 2) for at in range(7)]
    adapter = in_workbook(folder, ("code", "name", "depth", None), *rows[:4], (None, None, None), *rows[4:])
    cursor, found = None, []
    for _ in range(4):
        batch = adapter.pull(MAP, cursor, 3)
        found += batch.records
        cursor = batch.cursor
    assert [(row["code"], row["depth"]) for row in found] == [(code, depth) for code, _, depth in rows]
    begun = adapter.pull(MAP, None, 2).cursor
    later = FilesAdapter("book", {"folder": str(folder), "format": "xlsx"}).pull(MAP, begun, 2)
    assert [row["code"] for row in later.records] == ["H2", "H3"]


def test_what_is_wrong_in_a_workbook_is_told(folder):
    with pytest.raises(Fatal, match="no column name; did you mean nam"):
        in_workbook(folder, ("code", "nam", "depth"), ("H1", "A", 1)).pull(MAP, None, 3)
    with pytest.raises(Fatal, match="row 2: there is a value to the right of the headings"):
        in_workbook(folder, ("code", "name", "depth"), ("H1", "A", 1, 2)).pull(MAP, None, 3)
    (folder / "harbour.xlsx").write_bytes(b"PK\x03\x04 half of it")
    with pytest.raises(Retriable, match="no complete workbook"):
        FilesAdapter("book", {"folder": str(folder), "format": "xlsx"}).pull(MAP, None, 3)


@pytest.mark.parametrize(
    ("settings", "told"),
    [
        ({}, "no setting folder, nor url"),
        ({"folder": "a", "url": "s3://b"}, "both of the settings"),
        ({"folder": "a", "format": "ods"}, "no format ods; there are csv, jsonl, xlsx"),
        ({"url": "https://host/bucket"}, "is no s3://"),
        ({"url": "s3://user:pass@bucket"}, "without a password"),
    ],
)
def test_settings_that_name_no_place_are_refused(settings, told):
    with pytest.raises(Fatal, match=told):
        FilesAdapter("files", settings)


def test_a_store_that_lacks_the_file_or_is_silent_is_waited_for():
    secret = {"access_key": KEY, "secret_key": SECRET}
    with open_buckets() as store:
        adapter = FilesAdapter("store", {"url": store.address("nowhere/in"), **secret})
        with pytest.raises(Retriable, match=r"harbour\.csv is not there"):
            adapter.pull(MAP, None, 3)
        other = FilesAdapter("store", {"url": store.address("nowhere/in"), **secret, "secret_key": "hush-4711"})
        with pytest.raises(Fatal, match=r"the store refuses harbour\.csv \(403\)") as refused:
            other.pull(MAP, None, 3)
    assert "hush" not in str(refused.value)
    with pytest.raises(Retriable, match="the store does not answer") as silent:
        adapter.pull(MAP, None, 3)
    assert SECRET not in str(silent.value)
