"""INTAKE, MAYBE_TRUNCATED: what a whole file ends with."""

import pytest

from ingest.ending import is_whole
from tests.unit.ingest.builders import gzipped, sheet, workbook, zipped

TABLE = "msisdn,name\n1,منى\n"


@pytest.mark.parametrize(
    "content",
    [
        TABLE.encode(),
        TABLE.encode("utf-16"),
        TABLE.encode("utf-16-be"),
        TABLE.replace("\n", "\r").encode(),
        gzipped(TABLE.encode()),
        zipped({"x.csv": TABLE}),
        workbook(sheet(("msisdn",), ("1",))),
    ],
    ids=["utf-8", "utf-16-le", "utf-16-be", "CR", "gzip", "zip", "xlsx"],
)
@pytest.mark.parametrize("cut", [0, 2, 3])
def test_a_file_that_was_cut_does_not_end_like_a_whole_one(tmp_path, content, cut):
    path = tmp_path / "file"
    path.write_bytes(content[: len(content) - cut])

    assert is_whole(path) is (cut == 0)


@pytest.mark.parametrize("cut", [22, 60])
def test_an_archive_cut_before_its_end_record_is_not_whole(tmp_path, cut):
    path = tmp_path / "file"
    path.write_bytes(zipped({"x.csv": TABLE})[:-cut])

    assert not is_whole(path)


def test_a_comment_may_follow_an_archive_s_end_record(tmp_path):
    path = tmp_path / "file"
    path.write_bytes(zipped({"x.csv": TABLE})[:-2] + b"\x04\0note")

    assert is_whole(path)
