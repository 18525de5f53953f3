"""Random statements with one right answer each, for the server and for a plain DuckDB."""

import random

CASTS = ["INTEGER", "SMALLINT", "UINTEGER", "BIGINT", "HUGEINT", "DOUBLE", "VARCHAR",
         "DECIMAL(18, 3)"]
ZONES = ["UTC", "Europe/Berlin", "America/New_York", "Asia/Kathmandu", "Australia/Lord_Howe"]
WHOLE = "BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING"


class Maker:
    """statement() returns (sql for the server, sql for the twin, time zone, is ordered).

    Both read m (time, host, id, k, v, s, b) and d (host, w, j); id is unique, host and time are
    not.
    """

    def __init__(self, seed):
        self.numbers = random.Random(seed)

    def pick(self, choices):
        return self.numbers.choice(choices)

    def number(self):
        return self.pick([
            "id", "k", "v", "id % 7", "k // 1000", "v * 2", "k - id", "abs(k)", "coalesce(v, -1)",
            f"{self.cast('k')}", f"{self.cast('id')}", f"TRY_CAST(k AS {self.pick(CASTS[:5])})",
            "CASE WHEN b THEN k ELSE id END", "extract(hour FROM time)",
            "epoch_us(time) // 1000000",
        ])

    def cast(self, value):
        return f"{value}::{self.pick(CASTS[3:6])}"

    def text(self):
        return self.pick(["host", "s", "upper(s)", "host || '-' || s", "s[1:2]", "k::VARCHAR",
                          "coalesce(host, 'none')"])

    def moment(self):
        return self.pick([
            "time", "date_trunc('day', time)", "time_bucket(INTERVAL '15 minutes', time)",
            "time + INTERVAL 90 MINUTE", "time::DATE", "date_trunc('month', time)",
        ])

    def value(self):
        return self.pick([self.number, self.number, self.text, self.moment, lambda: "b"])()

    def condition(self, depth=2):
        if depth and self.numbers.random() < 0.5:
            word = self.pick(["AND", "OR"])
            negation = self.pick(["", "", "NOT "])
            return f"{negation}({self.condition(depth - 1)} {word} {self.condition(depth - 1)})"
        compare = self.pick(["<", "<=", "=", "<>", ">", ">=", "IS DISTINCT FROM"])
        day = f"2025-06-{self.numbers.randrange(1, 29):02}"
        return self.pick([
            f"{self.number()} {compare} {self.numbers.randrange(-5000, 5000)}",
            f"time {compare} TIMESTAMPTZ '{day} 06:30:00Z'",
            f"time::DATE {compare} DATE '{day}'",
            f"host {compare} 'h{self.numbers.randrange(6)}'",
            f"s LIKE '%{self.numbers.randrange(10)}%'",
            f"host IN ('h1', 'h3', 'h{self.numbers.randrange(9)}')",
            f"k IN ({self.numbers.randrange(100)}, 0, -5, 3000000000)",
            "v IS NULL", "host IS NOT NULL", "b", "NOT b",
            f"id BETWEEN {self.numbers.randrange(900)} AND {self.numbers.randrange(900, 3000)}",
            f"TRY_CAST(k AS SMALLINT) {compare} {self.numbers.randrange(-300, 300)}",
        ])

    def order(self):
        direction = self.pick(["", " DESC", " NULLS FIRST", " DESC NULLS LAST"])
        return f"{self.value()}{direction}, id"

    def limit(self):
        offset = self.pick(["", "", f" OFFSET {self.numbers.randrange(50)}"])
        return f" LIMIT {self.numbers.randrange(1, 60)}{offset}"

    def top(self):
        """The sort key among the columns, so that its cast is the key's too."""
        direction = self.pick([" DESC", "", " NULLS FIRST", " DESC NULLS LAST"])
        sql = (f"SELECT {self.number()} AS x, id, {self.value()} AS y FROM m"
               f" WHERE {self.condition()} ORDER BY x{direction}, id{self.limit()}")
        return sql, sql, True

    def rows(self):
        sql = (f"SELECT id, {self.value()} AS a, {self.value()} AS c FROM m WHERE"
               f" {self.condition()} ORDER BY {self.order()}{self.limit()}")
        return sql, sql, True

    def aggregate(self):
        number = self.number()
        return self.pick([
            f"sum({number})", f"count({number})", f"min({self.value()})", f"max({self.value()})",
            f"avg({number})", f"count(DISTINCT {self.value()})", f"median({number})",
            f"arg_min({self.value()}, id)", f"arg_max({self.value()}, id)", f"stddev({number})",
            f"sum({number}) FILTER ({self.condition(1)})", f"quantile_cont({number}, 0.25)",
            f"list({self.text()} ORDER BY id)::VARCHAR", "count(*)", f"bool_and(id > 5 OR b)",
        ])

    def by_time(self):
        """An aggregate that follows the time, as the server and as a plain DuckDB say it."""
        value = self.pick([self.number, self.text])()
        name = self.pick(["first", "last", "any_value", "list", "string_agg"])
        where = self.pick(["", f" FILTER ({self.condition(1)})"])
        nulls = "FIRST" if name == "last" else "LAST"
        direction = "DESC" if name in ("first", "any_value") else "ASC"
        argument = value
        if name == "string_agg":
            value = f"({value})::VARCHAR"
            argument = f"{value}, ','"
        order = f"ORDER BY time NULLS {nulls}, {value} {direction} NULLS {nulls}"
        theirs = f"{name}({argument} {order}){where}"
        if name in ("first", "last") and self.numbers.random() < 0.3:
            ours = f"{name}({value}, time){where}"
        else:
            ours = f"{name}({argument}){where}"
        if name == "list":
            return f"({ours})::VARCHAR", f"({theirs})::VARCHAR"
        return ours, theirs

    def groups(self):
        key = self.pick(["host", "b", "id % 5", "date_trunc('day', time)", "s[1]", "NULL"])
        pairs = [self.by_time() if self.numbers.random() < 0.5 else (self.aggregate(),) * 2
                 for _ in range(3)]
        source = self.pick(["m", "m", "(SELECT * FROM m) AS q",
                            "(SELECT * FROM m WHERE id % 3 > 0) AS q"])
        having = self.pick(["", "", " HAVING count(*) > 3"])
        where = self.condition()

        def sql(side):
            columns = ", ".join(f"{pair[side]} AS a{i}" for i, pair in enumerate(pairs))
            return f"SELECT {key} AS g, {columns} FROM {source} WHERE {where} GROUP BY g{having}"
        return sql(0), sql(1), False

    def window(self):
        by = self.pick(["", "PARTITION BY host ", "PARTITION BY b, host ", "PARTITION BY id % 4 "])
        frame = self.pick(["", f"ROWS {WHOLE}", "ROWS 3 PRECEDING", f"RANGE {WHOLE}",
                           "ROWS BETWEEN 2 PRECEDING AND 1 FOLLOWING"])
        call = self.pick([
            "row_number()", "rank()", f"lag({self.value()})", f"lead({self.number()}, 2)",
            f"sum({self.number()})", f"avg({self.number()})", f"first_value({self.value()})",
            f"last_value({self.value()})", f"count({self.value()})", f"max({self.number()})",
            f"list({self.text()})", f"min({self.moment()})", "ntile(4)",
        ])
        if call.startswith(("row_number", "rank", "lag", "lead", "ntile")):
            frame = ""
        cast = "::VARCHAR" if call.startswith("list") else ""
        over = f"({call} OVER ({by}ORDER BY {self.order()} {frame})){cast}"
        qualify = self.pick(["", "", "", " QUALIFY row_number() OVER (PARTITION BY host ORDER BY"
                             " id DESC) <= 2"])
        sql = f"SELECT id, {over} AS a FROM m WHERE {self.condition(1)}{qualify}"
        return sql, sql, False

    def join(self):
        kind = self.pick(["JOIN", "LEFT JOIN", "SEMI JOIN", "ANTI JOIN"])
        key = self.pick(["m.host = d.host", "m.k::INTEGER = d.j", "m.id = d.j::BIGINT",
                         "TRY_CAST(m.k AS SMALLINT) = d.j", "m.id = d.j", "m.id < d.j - 2000"])
        left = self.pick([
            "m", f"(SELECT * FROM m WHERE {self.condition(1)})",
            f"(SELECT * FROM m ORDER BY {self.order()}{self.limit()})",
            "(SELECT DISTINCT ON (host) * FROM m ORDER BY host, id DESC)",
        ])
        columns = "m.id, m.k" if "SEMI" in kind or "ANTI" in kind else "m.id, d.j, d.w"
        sql = f"SELECT {columns} FROM {left} AS m {kind} d ON {key}"
        if "SEMI" not in kind and "ANTI" not in kind and self.numbers.random() < 0.4:
            sql += f" ORDER BY {columns}{self.limit()}"
            return sql, sql, True
        return sql, sql, False

    def nested(self):
        sql = self.pick([
            f"SELECT id FROM m WHERE k IN (SELECT {self.pick(['j', 'j::BIGINT'])} FROM d)"
            f" AND {self.condition(1)}",
            f"SELECT id, v FROM m WHERE v > (SELECT avg(v) FROM m AS o WHERE o.host = m.host)",
            f"SELECT host, (SELECT max(j) FROM d WHERE d.host = m.host) AS j, count(*) FROM m"
            f" WHERE {self.condition(1)} GROUP BY ALL",
            f"SELECT DISTINCT host, b, {self.pick(['id % 3', 'time::DATE', 's[1]'])} AS x FROM m"
            f" WHERE {self.condition()}",
            f"SELECT {self.text()} AS x FROM m WHERE {self.condition(1)} EXCEPT SELECT host FROM d",
            f"SELECT id FROM m WHERE {self.condition(1)} UNION ALL SELECT j FROM d",
            f"WITH q AS (SELECT id, {self.number()} AS x FROM m ORDER BY x, id{self.limit()})"
            " SELECT q.id, count(*) FROM q JOIN m ON q.id = m.id GROUP BY ALL",
            f"SELECT id FROM m WHERE EXISTS (SELECT 1 FROM d WHERE d.host = m.host AND d.j > m.id)",
            f"SELECT host, id % 2 AS x, sum(k) FROM m WHERE {self.condition(1)}"
            " GROUP BY ROLLUP (host, x)",
        ])
        return sql, sql, False

    def calendar(self):
        call = self.pick([
            "date_trunc('day', time)", "date_trunc('week', time)", "date_trunc('month', time)",
            "date_trunc('hour', time)", "hour(time)", "extract(minute FROM time)", "time::DATE",
            "dayname(time)", "week(time)", "strftime(time, '%Y-%m-%d %H:%M')", "last_day(time)",
            "date_diff('day', TIMESTAMPTZ '2025-01-01 00:00:00Z', time)", "time::TIMESTAMP",
            "time + INTERVAL 1 DAY", "year(time)", "dayofyear(time)", "isodow(time)",
        ])
        sql = (f"SELECT {call} AS x, count(*), min(id), {self.aggregate()} AS y FROM m"
               f" WHERE {self.condition(1)} GROUP BY x")
        return sql, sql, False

    def statement(self):
        kind = self.pick([self.top, self.top, self.rows, self.groups, self.groups, self.window,
                          self.join, self.join, self.nested, self.calendar])
        ours, theirs, is_ordered = kind()
        zone = self.pick(ZONES) if kind == self.calendar else "UTC"
        return ours, theirs, zone, is_ordered
