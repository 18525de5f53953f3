"""The rows on disk, as any Parquet reader finds them by path: docs/formats/files.md."""

import re
from datetime import datetime, timedelta, timezone

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from arc_server import ArcServer
from plain_duckdb import PlainDuckDB, first_difference

HOUR = 3_600_000_000
DAY = 24 * HOUR
DENSE_ROWS = 120_000  # an hour of so many rows becomes a file even when the day has many hours
PATH = re.compile(
    r"(?P<day>-?\d{4,}/\d\d/\d\d)(/(?P<hour>\d\d))?/a1-[0-9a-f]{16}-[0-9a-f]{6,}\.parquet$"
)
NOT_FLUSHING = {"ingest.max_buffer_age_ms": 3_600_000}
ALL = "SELECT epoch_us(time), host, v, n, up, note FROM {} ORDER BY time, host"


def sensor_lines():
    """A sparse day, two hours around the epoch, a leap day; columns that not every row has."""
    times = [day * DAY + hour * HOUR for day in (19_723, 19_782) for hour in range(0, 24, 3)]
    times += [-1, -HOUR, 0, 1, HOUR - 1]
    forms = ["v={0}.5", "v={0}.25,n={0}i", "n={0}i,up=true", 'up=false,note="ü,{0}"']
    return "\n".join(
        f"sensor,host=h{i % 3} {forms[i % 4].format(i)} {time}" for i, time in enumerate(times)
    )


def dense_lines():
    """Three hours of a day, in no order, so many rows that each hour is worth a file."""
    step = 3 * HOUR // (DENSE_ROWS * 3)
    numbers = sorted(range(DENSE_ROWS * 3), key=lambda i: i * 7919 % 10_007)
    return "\n".join(f"dense,host=h{i % 5} v={i} {20_000 * DAY + i * step}" for i in numbers)


@pytest.fixture(scope="module")
def flushed(tmp_path_factory):
    with ArcServer(tmp_path_factory.mktemp("files"), NOT_FLUSHING) as server:
        server.write_lp("plant-1", sensor_lines(), "us")
        server.write_lp("plant-1", dense_lines(), "us")
        server.flush()
        yield server


def files_of(server, db, measurement):
    """Path relative to the measurement's folder → path."""
    folder = server.files_root / db / measurement
    return {str(path.relative_to(folder)): path for path in sorted(folder.rglob("*.parquet"))}


@pytest.mark.parametrize("measurement", ["sensor", "dense"])
def test_duckdb_finds_the_same_rows_by_path(measurement, flushed):
    columns = "count(*), sum(epoch_us(time)), sum(v), min(host), max(time)"
    glob = flushed.files_root / "plant-1" / measurement / "**" / "*.parquet"
    source = f"read_parquet('{glob}', union_by_name = true)"
    found = PlainDuckDB().rows(f"SELECT {columns} FROM {source}")
    expected = flushed.query(f"SELECT {columns} FROM {measurement}", "plant-1").rows
    assert first_difference(found, expected) is None


def test_pyarrow_finds_the_same_rows_by_path(flushed):
    tables = [pq.read_table(path) for path in files_of(flushed, "plant-1", "sensor").values()]
    table = pa.concat_tables(tables, promote_options="default")
    micros = table["time"].cast(pa.int64())
    table = table.set_column(table.schema.get_field_index("time"), "time", micros)
    names = ["time", "host", "v", "n", "up", "note"]
    found = sorted(zip(*(table[name].to_pylist() for name in names)))
    expected = flushed.query(ALL.format("sensor"), "plant-1").rows
    assert [list(row) for row in found] == expected


def folder_of(micros, with_hour):
    moment = datetime(1970, 1, 1, tzinfo=timezone.utc) + timedelta(microseconds=micros)
    return moment.strftime("%Y/%m/%d/%H" if with_hour else "%Y/%m/%d")


@pytest.mark.parametrize("measurement", ["sensor", "dense"])
def test_folders_follow_the_time_of_the_rows(measurement, flushed):
    for name, path in files_of(flushed, "plant-1", measurement).items():
        assert PATH.match(name), name
        times = pq.read_table(path)["time"].cast(pa.int64()).to_pylist()
        is_hour = PATH.match(name)["hour"] is not None
        assert {folder_of(time, is_hour) for time in times} == {name.rsplit("/", 1)[0]}
        assert times == sorted(times), f"{name} is not in time order"


def test_sparse_days_become_one_file_and_dense_hours_one_each(flushed):
    sensor = [PATH.match(name) for name in files_of(flushed, "plant-1", "sensor")]
    days = [match["day"] for match in sensor if match["hour"] is None]
    hours = [f"{match['day']}/{match['hour']}" for match in sensor if match["hour"]]
    assert days == ["2024/01/01", "2024/02/29"]
    assert hours == ["1969/12/31/23", "1970/01/01/00"]
    dense = [PATH.match(name)["hour"] for name in files_of(flushed, "plant-1", "dense")]
    assert dense == ["00", "01", "02"]


def test_schema_of_a_file(flushed):
    for path in files_of(flushed, "plant-1", "sensor").values():
        schema = pq.ParquetFile(path).schema
        assert [column.name for column in schema] == ["time", "host", "v", "n", "up", "note"]
        time = schema.column(0)
        assert time.physical_type == "INT64" and time.max_definition_level == 0
        logical = str(time.logical_type)
        assert "isAdjustedToUTC=true" in logical and "microseconds" in logical
        types = [column.physical_type for column in schema][1:]
        assert types == ["BYTE_ARRAY", "DOUBLE", "INT64", "BOOLEAN", "BYTE_ARRAY"]
        assert all(column.max_definition_level == 1 for column in list(schema)[1:])


def test_footer_of_a_file(flushed):
    paths = [path for m in ("sensor", "dense") for path in files_of(flushed, "plant-1", m).values()]
    for path in paths:
        metadata = pq.ParquetFile(path).metadata
        entries = {key.decode(): value.decode() for key, value in metadata.metadata.items()}
        assert entries["arc:format"] == "1"
        assert entries["arc:tags"] == "host"
        assert entries["arc:replaces"] == ""
        part, parts = map(int, entries["arc:part"].split("/"))
        assert 1 <= part <= parts
        assert 0 < int(entries["arc:min_lsn"]) <= int(entries["arc:max_lsn"])
        assert int(entries["arc:measurement_id"]) > 0
        assert "ARROW:schema" not in entries
        groups = [metadata.row_group(i) for i in range(metadata.num_row_groups)]
        assert all(group.num_rows == 122_880 for group in groups[:-1])
        column = groups[0].column(0)
        assert column.compression == "LZ4" or column.compression == "LZ4_RAW"
        assert column.statistics.has_min_max and "DELTA_BINARY_PACKED" in column.encodings


def test_nothing_stays_in_staging(flushed):
    staging = flushed.files_root / ".staging"
    assert not staging.exists() or not list(staging.iterdir())


def test_the_listing_counts_the_files(flushed):
    listed = {row[1]: row[3] for row in flushed.query("SHOW TABLES", "plant-1").rows}
    assert listed == {m: len(files_of(flushed, "plant-1", m)) for m in ("sensor", "dense")}


def test_ten_thousand_measurements_are_flushed_in_few_transactions(tmp_path):
    count = 10_000
    with ArcServer(tmp_path, NOT_FLUSHING) as server:
        body = "\n".join(f"m{i},host=a v={i}i {19_723 * DAY + i}" for i in range(count))
        server.write_lp("wide", body, "us")
        before = server.metrics()["arc_catalog_transactions_total"]
        server.flush()
        transactions = server.metrics()["arc_catalog_transactions_total"] - before
        assert 1 <= transactions <= count // 100
        assert len(server.query("SHOW TABLES", "wide").rows) == count
        assert server.query("SELECT v FROM m4711", "wide").rows == [[4711]]
        glob = f"{server.files_root}/wide/*/2024/01/01/00/*.parquet"
        found = PlainDuckDB().rows(f"SELECT count(*), sum(v) FROM read_parquet('{glob}')")
        assert found == [[count, count * (count - 1) // 2]]
