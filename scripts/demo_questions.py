"""What a person would ask of the demo's data.

The same SQL runs on the server and, over views of the original files (demo_data.Originals.views),
in plain DuckDB. Ties are broken, so that answers can be compared.
"""

from typing import NamedTuple


class Question(NamedTuple):
    text: str
    sql: str


QUESTIONS = [
    Question(
        "How late are flights in the USA, hour by hour of the day?",
        """
        SELECT hour(time) AS hour, count(*) AS flights, round(avg(delay), 1) AS mean_delay,
               round(100.0 * count(*) FILTER (delay > 60) / count(*), 2) AS percent_over_an_hour
        FROM us_flights GROUP BY hour ORDER BY hour
        """,
    ),
    Question(
        "Which routes are flown most, and how late?",
        """
        SELECT origin, destination, count(*) AS flights, round(avg(delay), 1) AS mean_delay,
               max(delay) AS worst
        FROM us_flights GROUP BY origin, destination
        ORDER BY flights DESC, origin, destination LIMIT 8
        """,
    ),
    Question(
        "Which month was the worst one to fly?",
        """
        SELECT strftime(time, '%Y-%m') AS month, count(*) AS flights,
               round(avg(delay), 2) AS mean_delay,
               round(100.0 * count(*) FILTER (delay > 15) / count(*), 1) AS percent_late
        FROM us_flights GROUP BY month HAVING count(*) > 1000 ORDER BY mean_delay DESC
        """,
    ),
    Question(
        "What happened at Atlanta on the morning of 1 March 2001?",
        """
        SELECT time_bucket(INTERVAL '30 minutes', time) AS half_hour, count(*) AS departures,
               round(avg(delay), 1) AS mean_delay, max(delay) AS worst
        FROM us_flights
        WHERE origin = 'ATL' AND time >= '2001-03-01 06:00' AND time < '2001-03-01 10:00'
        GROUP BY half_hour ORDER BY half_hour
        """,
    ),
    Question(
        "Which was the windiest day at each of New York's airports?"
        " (A reading of 1,048 mph is left out.)",
        """
        SELECT origin, time::DATE AS date, round(avg(wind_speed), 1) AS mean_wind,
               round(max(wind_gust), 1) AS strongest_gust
        FROM weather WHERE wind_speed < 200 GROUP BY origin, date
        QUALIFY row_number() OVER (PARTITION BY origin ORDER BY avg(wind_speed) DESC, date) = 1
        ORDER BY origin
        """,
    ),
    Question(
        "Do planes leave New York later when it blows? (Each flight with the latest weather, ASOF)",
        """
        SELECT (floor(w.wind_speed / 10) * 10)::BIGINT AS wind_from_mph, count(*) AS flights,
               round(avg(TRY_CAST(f.dep_delay AS DOUBLE)), 1) AS mean_delay
        FROM nyc_flights f ASOF JOIN weather w ON f.origin = w.origin AND f.time >= w.time
        WHERE w.wind_speed < 200 GROUP BY wind_from_mph ORDER BY wind_from_mph
        """,
    ),
    Question(
        "The worst days to leave New York: was it the weather?",
        """
        WITH delays AS (
          SELECT time::DATE AS date, count(*) AS flights,
                 avg(TRY_CAST(dep_delay AS DOUBLE)) AS delay
          FROM nyc_flights GROUP BY date
        ), sky AS (
          SELECT time::DATE AS date, sum(precip) AS inches, min(visib) AS visibility
          FROM weather GROUP BY date
        )
        SELECT date, flights, round(delay, 1) AS mean_delay, round(inches, 2) AS rain_inches,
               visibility
        FROM delays JOIN sky USING (date) ORDER BY delay DESC, date LIMIT 5
        """,
    ),
    Question(
        "Which carriers out of New York are on time, and how many planes do they use?",
        """
        SELECT carrier, count(*) AS flights, count(DISTINCT tailnum) AS planes,
               round(median(TRY_CAST(arr_delay AS DOUBLE)), 1) AS median_delay
        FROM nyc_flights WHERE tailnum <> 'NA' GROUP BY carrier
        HAVING count(*) > 1000 ORDER BY median_delay, carrier
        """,
    ),
    Question(
        "When is Seattle warm, and when is it windy?",
        """
        SELECT monthname(time) AS month, round(avg(temperature), 1) AS mean_temperature,
               max(temperature) AS warmest, round(avg(wind), 2) AS mean_wind
        FROM seattle GROUP BY month(time), month ORDER BY month(time)
        """,
    ),
]
