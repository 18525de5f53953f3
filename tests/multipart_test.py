"""Hostile multipart/form-data at the imports: an answer that says what is wrong, and no crash."""

import pytest


CSV = b"time,v\n1,2\n"


def part(name=b'form-data; name="file"; filename="a.csv"', body=CSV, extra=b""):
    return (b"--B\r\nContent-Disposition: " + name + b"\r\n" + extra + b"\r\n" + body + b"\r\n")


END = b"--B--\r\n"
HOSTILE = {
    "no boundary": ("multipart/form-data", part() + END),
    "an empty boundary": ('multipart/form-data; boundary=""', part() + END),
    "a boundary of 10,000": ("multipart/form-data; boundary=" + "B" * 10_000, part() + END),
    "another boundary": ("multipart/form-data; boundary=C", part() + END),
    "nothing in it": ("multipart/form-data; boundary=B", END),
    "only a beginning": ("multipart/form-data; boundary=B", b"--B"),
    "without an end": ("multipart/form-data; boundary=B", part()),
    "two files": ("multipart/form-data; boundary=B", part() + part() + END),
    "no file": ("multipart/form-data; boundary=B", part(b'form-data; name="other"') + END),
    "a file without a disposition": ("multipart/form-data; boundary=B",
                                     b"--B\r\nX: y\r\n\r\n" + CSV + b"\r\n" + END),
    "parts without end": ("multipart/form-data; boundary=B",
                          part(b'form-data; name="x"', b"y") * 5_000 + part() + END),
    "a header without end": ("multipart/form-data; boundary=B",
                             part(extra=b"X: " + b"y" * 1_000_000 + b"\r\n") + END),
    "a field of a megabyte": ("multipart/form-data; boundary=B",
                              part(b'form-data; name="x"', b"y" * 1_000_000) + part() + END),
    "a NUL in the name": ("multipart/form-data; boundary=B",
                          part(b'form-data; name="fi\0le"') + END),
    "quotes that do not end": ("multipart/form-data; boundary=B",
                               part(b'form-data; name="file; filename="a') + END),
    "a multipart in a multipart": (
        "multipart/form-data; boundary=B",
        part(extra=b"Content-Type: multipart/mixed; boundary=B\r\n", body=part() + END) + END),
    "nothing but dashes": ("multipart/form-data; boundary=B", b"-" * 1_000_000),
    "an empty file": ("multipart/form-data; boundary=B", part(body=b"") + END),
}


@pytest.mark.parametrize("name", HOSTILE)
@pytest.mark.parametrize("kind", ["csv", "parquet", "lp", "tle"])
def test_it_is_refused_by_its_name(server, database, name, kind):
    content_type, body = HOSTILE[name]
    answer = server.request("POST", f"/api/v1/import/{kind}?db={database}&measurement=m", body,
                            {"Content-Type": content_type})
    assert answer.status in (400, 413, 422), f"{answer.status} {answer.text[:300]}"
    assert len(answer.json()["error"]) > 10
    assert len(answer.text) < 2_000
    assert server.request("GET", "/health").status == 200


def test_a_path_as_the_files_name_goes_nowhere(server, database):
    for filename in (b"../../../etc/passwd", b"/tmp/x", b"a" * 5_000, b'"', b"\xff\xfe"):
        body = part(b'form-data; name="file"; filename="' + filename + b'"') + END
        answer = server.request("POST", f"/api/v1/import/csv?db={database}&measurement=m", body,
                                {"Content-Type": "multipart/form-data; boundary=B"})
        assert answer.status in (200, 400), answer.text[:300]
        assert "passwd" not in answer.text
