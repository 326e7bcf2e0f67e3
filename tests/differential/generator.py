"""Random schemas, rows and queries. Queries have one right answer: what depends on an order is ordered by every column in scope,
divisors are never zero, doubles are mostly small sums of powers of two."""
from query_tree import Node

SQL_TYPES = {"int": "int", "big": "bigint", "dbl": "double precision", "num": "numeric(12,3)", "text": "text", "bool": "boolean",
             "date": "date", "ts": "timestamp", "itv": "interval", "bytes": "bytea", "list": "integer[]", "texts": "text[]", "json": "jsonb",
             "tz": "timestamptz"}
TYPES = list(SQL_TYPES)
VALUES = {
    "int": ["0", "1", "-1", "2", "3", "7", "10", "-5", "42", "100", "999"],
    "big": ["0", "1", "-1", "2", "5", "1000", "4294967296", "-9007199254740993", "123456789012"],
    "dbl": ["0", "1", "-1", "0.5", "2.25", "-3.75", "1024", "0.125", "1e6"],
    "num": ["0", "1", "-1", "0.5", "1.005", "2.250", "-3.125", "99.999", "1000.001", "12345.678"],
    "text": ["", "a", "b", "A", "ab", "abc", "Hello World", " x ", "a_b", "100%", "äöü", "日本", "it''s", "aaaa", "foo,bar,baz", "a-very-long-text-that-is-not-inline"],
    "bool": ["true", "false"],
    "date": ["1970-01-01", "2000-02-29", "2024-01-31", "2024-02-29", "2023-12-31", "1969-12-31", "2024-03-10", "1900-01-01"],
    "ts": ["1970-01-01 00:00:00", "2024-02-29 23:59:59.999999", "2023-12-31 12:00:00", "1969-12-31 23:59:59", "2024-01-01 00:00:00",
           "2024-06-15 13:45:30.5", "2000-02-29 06:00:00"],
    # None of these is equal to another that looks different, as '1 day' and '24 hours' are.
    "itv": ["0", "1 day", "1 month", "-1 day", "1 year 2 months 3 days 04:05:06.789", "-1 month +1 day", "00:00:00.5", "1 day 12:00", "1001 days",
            "-2 years"],
    "bytes": ["\\x", "\\x00", "\\x61", "\\x6162", "\\xff", "\\x61626364656667686970717273747576"],
    "texts": ["{}", "{a}", "{a,b}", "{b,NULL}", "{\"\",\"x y\"}", "{NULL}", "{\"a,b\",\"NULL\"}"],
    # Nor are any of these equal but different, as 1 and 1.0.
    "json": ["1", "-2.5", "\"a\"", "\"\"", "null", "true", "{}", "[]", "{\"a\": 1}", "{\"a\": [1, 2, null]}", "{\"b\": {\"c\": \"x\"}, \"a\": 3}",
             "[1, \"a\", true]", "{\"a\": \"2\"}", "[[1], {\"a\": 2}]"],
    "tz": ["1970-01-01 00:00:00+00", "2024-03-31 01:30:00+01", "2024-03-10 07:30:00+00", "2024-10-27 00:30:00+00", "2023-12-31 23:59:59.999999+00",
           "2000-02-29 06:00:00-05", "1969-12-31 23:59:59+00"],
    "list": ["{}", "{1}", "{1,2}", "{2,1}", "{1,NULL}", "{NULL}", "{1,2,3,4,5}", "{-1,0}"],
}
# Texts that a cast may or may not read; errors are compared by class.
READABLE = {"int": ["12", " -7 ", "x", "", "1.5", "99999999999"], "date": ["2024-02-29", "2023-02-29", "jan 5 2020", "nope", "20240101"],
            "bool": ["t", "no", "maybe", "1"], "dbl": ["1e3", "NaN", "1e400", "."], "num": ["1.25", "12345678901", "a", "1e2"],
            "ts": ["2024-01-01 12:34", "2024-01-01 25:00", "epoch", "x"], "itv": ["1 day 2:03", "1-2", "P1D", "1 x", "-1.5 months"],
            "list": ["{1,2}", "{1,x}", "{", "{ 3 , NULL }"], "bytes": ["\\x61", "abc", "\\xa", "\\\\"]}
EDGES = {"int": ["2147483647", "-2147483648"], "big": ["9223372036854775807", "-9223372036854775808"],
         "dbl": ["'NaN'", "'Infinity'", "'-Infinity'", "-0.0", "1e300"], "num": ["999999999.999", "-999999999.999"],
         "date": ["0001-01-01", "9999-12-31"], "ts": ["0001-01-01 00:00:00", "9999-12-31 23:59:59.999999"]}


def literal(kind, value):
    if kind in ("text", "bool"):
        return f"'{value}'::text" if kind == "text" else value
    if kind in ("bytes", "list", "texts", "json"):
        return f"'{value}'::{SQL_TYPES[kind]}"
    if kind in ("date", "ts", "itv", "tz"):
        return f"{SQL_TYPES[kind].split('(')[0]} '{value}'"
    return f"({value})::{SQL_TYPES[kind]}"


class Table:
    def __init__(self, name, columns, rows):
        self.name, self.columns, self.rows = name, columns, rows

    def create(self):
        return f"CREATE TABLE {self.name} (" + ", ".join(f"{n} {SQL_TYPES[k]}" for n, k in self.columns) + ")"

    def insert(self):
        if not self.rows:
            return None
        return f"INSERT INTO {self.name} VALUES " + ", ".join(
            "(" + ", ".join("NULL" if v is None else literal(k, v) for v, (_, k) in zip(row, self.columns)) + ")"
            for row in self.rows)


def make_tables(random):
    tables = []
    for t in range(random.randint(2, 4)):
        kinds = ["int"] + [random.choice(TYPES) for _ in range(random.randint(2, 5))]
        columns = [(f"c{i}", kind) for i, kind in enumerate(kinds)]
        count = random.choice([0, 1, 3, 10, 25, 60])
        edges = random.random() < 0.15
        skew = random.random() < 0.5
        nulls = random.choice([0, 0.1, 0.4])

        def value(kind):
            if random.random() < nulls:
                return None
            if edges and kind in EDGES and random.random() < 0.1:
                return random.choice(EDGES[kind])
            pool = VALUES[kind]
            return pool[min(int(random.expovariate(0.7)), len(pool) - 1)] if skew else random.choice(pool)

        tables.append(Table(f"t{t}", columns, [[value(kind) for kind in kinds] for _ in range(count)]))
    return tables


class Generator:
    """One query after the other over the same tables."""

    def __init__(self, random, tables):
        self.random = random
        self.tables = {table.name: table.columns for table in tables}
        self.names = 0

    def chance(self, p):
        return self.random.random() < p

    def name(self, prefix):
        self.names += 1
        return f"{prefix}{self.names}"

    # ---- expressions. A scope is a list of (text, kind).

    def constant(self, kind):
        if self.chance(0.06):
            return Node(kind, f"NULL::{SQL_TYPES[kind]}")
        return Node(kind, literal(kind, self.random.choice(VALUES[kind])))

    def leaf(self, kind, scope):
        columns = [text for text, k in scope if k == kind]
        if columns and self.chance(0.85):
            return Node(kind, self.random.choice(columns))
        return self.constant(kind)

    def expr(self, kind, scope, depth=3, subqueries=True):
        if depth <= 0 or self.chance(0.25):
            return self.leaf(kind, scope)

        def e(k, less=1):
            return self.expr(k, scope, depth - less, subqueries)

        pick = self.random.random()
        if pick < 0.10:
            return Node(kind, "CASE WHEN ", e("bool"), " THEN ", e(kind),
                        Node("optional", " WHEN ", e("bool"), " THEN ", e(kind)), Node("optional", " ELSE ", e(kind)), " END")
        if pick < 0.15:
            return Node(kind, "coalesce(", Node("list", e(kind), e(kind), separator=", "), ")")
        if pick < 0.18:
            return Node(kind, "nullif(", e(kind), ", ", e(kind), ")")
        if pick < 0.22 and kind != "bool":
            return Node(kind, self.random.choice(["greatest", "least"]), "(",
                        Node("list", e(kind), e(kind), separator=", "), ")")
        if pick < 0.24:
            return Node(kind, "CASE ", e("int"), " WHEN ", self.constant("int"), " THEN ", e(kind), " ELSE ", e(kind), " END")
        if pick < 0.27 and subqueries and depth >= 2:
            return self.scalar_subquery(kind, scope)
        if pick < 0.28 and kind in READABLE:
            return Node(kind, f"'{self.random.choice(READABLE[kind])}'::{SQL_TYPES[kind]}")
        return getattr(self, "expr_" + kind)(e, scope, depth, subqueries)

    def one_of(self, kind, *shapes):
        """`shapes` are functions that make parts, so that only the chosen one is generated."""
        return Node(kind, *self.random.choice(shapes)())

    def small(self):
        return str(self.random.randint(0, 6))

    def expr_int(self, e, scope, depth, subqueries):
        op = self.random.choice(["+", "-", "*"])
        return self.one_of(
            "int",
            lambda: ["(", e("int"), f" {op} ", e("int"), ")"], lambda: ["(", e("int"), " / nullif(", e("int"), ", 0))"],
            lambda: ["(", e("int"), " % nullif(", e("int"), ", 0))"], lambda: ["abs(", e("int"), ")"],
            lambda: ["length(", e("text"), ")::int"], lambda: ["strpos(", e("text"), ", ", e("text"), ")::int"],
            lambda: ["extract(" + self.random.choice(["year", "month", "day", "dow", "doy", "quarter", "week", "isodow", "decade"]) +
                     " FROM ", e(self.random.choice(["date", "ts"])), ")::int"],
            lambda: ["(", e("bool"), ")::int"], lambda: ["(", e("date"), " - ", e("date"), ")"],
            lambda: ["(", e("int"), self.random.choice([" & ", " | ", " # "]), e("int"), ")"], lambda: ["(- ", e("int"), ")"],
            lambda: ["ascii(", e("text"), ")::int"], lambda: ["(", e("list"), ")[" + self.small() + "]"],
            lambda: ["cardinality(", e("list"), ")"], lambda: ["array_position(", e("list"), ", ", e("int"), ")"], lambda: ["length(", e("bytes"), ")"],
            lambda: ["extract(" + self.random.choice(["year", "month", "day", "hour", "minute"]) + " FROM ", e("itv"), ")::int"],
            lambda: ["array_length(", e("list"), ", 1)"], lambda: ["octet_length(", e("text"), ")::int"],
            lambda: ["extract(" + self.random.choice(["hour", "minute"]) + " FROM ", e("ts"), ")::int"],
            lambda: ["position(", e("text"), " IN ", e("text"), ")::int"], lambda: ["bit_length(", e("text"), ")::int"],
            lambda: ["cardinality(", e("texts"), ")"], lambda: ["array_position(", e("texts"), ", ", e("text"), ")"],
            lambda: ["jsonb_array_length(CASE jsonb_typeof(", e("json"), ") WHEN 'array' THEN '[1]'::jsonb END)"],
            lambda: ["regexp_count(", e("text"), ", '[a-c]')"], lambda: ["regexp_instr(", e("text"), ", 'b|o')"],
            lambda: ["extract(" + self.random.choice(["year", "month", "hour", "epoch"]) + " FROM ", e("tz"), ")::int"],
            lambda: ["(", e("dbl"), "::int % 100)"], lambda: ["num_nulls(", e("text"), ", ", e("int"), ")"])

    def expr_big(self, e, scope, depth, subqueries):
        return self.one_of(
            "big",
            lambda: ["(", e("int"), "::bigint ", self.random.choice("+-*"), " ", e("int"), "::bigint)"],
            lambda: ["(", e("big"), " / nullif(", e("int"), ", 0))"], lambda: ["(", e("big"), " % 1000)"],
            lambda: ["(", e("int"), ")::bigint"], lambda: ["abs(", e("big"), " % 99991)"],
            lambda: ["(", e("big"), " & ", e("int"), ")"], lambda: ["mod(", e("big"), ", 7)"],
            lambda: ["round(", e("num"), ")::bigint"])

    def expr_dbl(self, e, scope, depth, subqueries):
        return self.one_of(
            "dbl",
            lambda: ["(", e("dbl"), self.random.choice([" + ", " - ", " * "]), e("dbl"), ")"],
            lambda: ["(", e("int"), ")::double precision"], lambda: [self.random.choice(["floor", "ceil", "round", "trunc", "abs", "sign"]) + "(", e("dbl"), ")"],
            lambda: ["sqrt(abs(", e("int"), "::double precision))"], lambda: ["(", e("num"), ")::double precision"],
            lambda: ["(", e("dbl"), " / 4)"], lambda: ["power(2, ", e("int"), " % 10)"], lambda: ["(- ", e("dbl"), ")"],
            lambda: ["ln(abs(", e("int"), "::double precision) + 1)"])

    def expr_num(self, e, scope, depth, subqueries):
        return self.one_of(
            "num",
            lambda: ["(", e("num"), self.random.choice([" + ", " - "]), e("num"), ")"],
            lambda: ["round(", e("num"), " * ", e("int"), ", 3)"], lambda: ["round(", e("num"), ", ", self.small(), ")"],
            lambda: ["trunc(", e("num"), ", 1)"], lambda: [self.random.choice(["floor", "ceil", "abs", "sign", "round"]) + "(", e("num"), ")"],
            lambda: ["(", e("int"), ")::numeric(12,3)"], lambda: ["round(", e("num"), " / nullif(", e("int"), ", 0), 4)"],
            lambda: ["mod(", e("num"), ", 7)"], lambda: ["(- ", e("num"), ")"])

    def expr_text(self, e, scope, depth, subqueries):
        return self.one_of(
            "text",
            lambda: ["(", e("text"), " || ", e("text"), ")"],
            lambda: [self.random.choice(["upper", "lower", "trim", "ltrim", "rtrim", "reverse", "md5", "initcap"]) + "(", e("text"), ")"],
            lambda: ["substr(", e("text"), ", ", str(self.random.randint(-2, 5)), ")"],
            lambda: ["substring(", e("text"), " FROM ", str(self.random.randint(-1, 4)), " FOR ", self.small(), ")"],
            lambda: ["replace(", e("text"), ", ", e("text"), ", ", e("text"), ")"],
            lambda: [self.random.choice(["left", "right"]) + "(", e("text"), ", ", str(self.random.randint(-3, 5)), ")"],
            lambda: [self.random.choice(["lpad", "rpad"]) + "(", e("text"), ", ", str(self.random.randint(-1, 12)), ", ", e("text"), ")"],
            lambda: ["repeat(", e("text"), ", ", str(self.random.randint(-1, 3)), ")"],
            lambda: ["concat(", e("text"), ", ", e("int"), ", ", e("text"), ")"],
            lambda: ["concat_ws('-', ", e("text"), ", ", e("text"), ", ", e("int"), ")"],
            lambda: ["split_part(", e("text"), ", ',', ", str(self.random.choice([1, 2, 3, -1])), ")"],
            lambda: ["(", e("int"), ")::text"], lambda: ["(", e("date"), ")::text"], lambda: ["(", e("ts"), ")::text"],
            lambda: ["translate(", e("text"), ", 'abo', 'xy')"], lambda: ["btrim(", e("text"), ", 'a ')"],
            lambda: ["(", e("list"), ")::text"], lambda: ["encode(", e("bytes"), ", 'hex')"],
            lambda: ["array_to_string(", e("list"), ", ',', '*')"], lambda: ["(", e("bytes"), ")::text"],
            lambda: ["(ARRAY[", e("text"), ", ", e("text"), "])::text"], lambda: ["json_build_array(", e("int"), ", ", e("text"), ", ", e("bool"), ")::text"],
            lambda: ["(to_json(", e("text"), ")::text)"],
            lambda: ["regexp_replace(", e("text"), ", '[a-c]+', 'X', 'g')"], lambda: ["(", e("bool"), ")::text"],
            lambda: ["to_char(", e("ts"), ", 'YYYY-MM-DD HH24:MI:SS')"], lambda: ["(", e("texts"), ")[" + self.small() + "]"],
            lambda: ["array_to_string(", e("texts"), ", '|', '*')"], lambda: ["(", e("json"), " ->> 'a')"], lambda: ["(", e("json"), " ->> 0)"],
            lambda: ["jsonb_typeof(", e("json"), ")"], lambda: ["(", e("json"), ")::text"], lambda: ["(", e("json"), " #>> '{a,0}')"],
            lambda: ["overlay(", e("text"), " PLACING ", e("text"), " FROM 2 FOR 1)"], lambda: ["substring(", e("text"), " FROM '[a-o]+')"],
            lambda: ["regexp_substr(", e("text"), ", '[^,]+', 1, 2)"], lambda: ["format('%s/%L/%5s', ", e("text"), ", ", e("text"), ", ", e("int"), ")"],
            lambda: ["quote_literal(", e("text"), ")"], lambda: ["to_hex(", e("int"), ")"], lambda: ["(", e("tz"), ")::text"],
            lambda: ["to_char(", e("tz"), ", 'YYYY Mon DD HH12:MI:SS AM TZH')"], lambda: ["(", e("texts"), ")::text"])

    def expr_bool(self, e, scope, depth, subqueries):
        kind = self.random.choice(TYPES)
        shapes = [
            lambda: ["(", e(kind), f" {self.random.choice(['=', '<>', '<', '<=', '>', '>='])} ", e(kind), ")"],
            lambda: ["(", e(kind), f" {self.random.choice(['=', '<', '>='])} ", e(kind), ")"],
            lambda: ["(", e(kind), self.random.choice([" IS NULL", " IS NOT NULL"]), ")"],
            lambda: ["(", e(kind), self.random.choice([" IS DISTINCT FROM ", " IS NOT DISTINCT FROM "]), e(kind), ")"],
            lambda: ["(", e(kind), self.random.choice([" BETWEEN ", " NOT BETWEEN "]), e(kind), " AND ", e(kind), ")"],
            lambda: ["(", e(kind), self.random.choice([" IN (", " NOT IN ("]),
                     Node("list", *[self.constant(kind) for _ in range(self.random.randint(1, 4))], separator=", "), "))"],
            lambda: ["(", e("text"), self.random.choice([" LIKE ", " NOT LIKE ", " ILIKE "]),
                     self.random.choice(["'a%'", "'%b%'", "'_b%'", "'%'", "''", "'%o_W%'", "'a\\_b'", "'%ö%'"]), ")"],
            lambda: ["(", e("text"), self.random.choice([" ~ ", " !~ ", " ~* "]), self.random.choice(["'^a'", "'b$'", "'[0-9]+'", "'a.*b'", "'x|y'"]), ")"],
            lambda: ["(", Node("list", e("bool"), e("bool"), separator=self.random.choice([" AND ", " OR "])), ")"],
            lambda: ["(NOT ", e("bool"), ")"],
            lambda: ["(", e("bool"), self.random.choice([" IS TRUE", " IS NOT TRUE", " IS FALSE", " IS UNKNOWN", " IS NOT FALSE"]), ")"],
            lambda: ["starts_with(", e("text"), ", ", e("text"), ")"],
            lambda: ["(", e("list"), self.random.choice([" @> ", " <@ ", " && "]), e("list"), ")"],
            lambda: ["(", e("int"), self.random.choice([" = ANY (", " < ANY (", " > ALL (", " <> ALL (", " >= ANY ("]), e("list"), "))"],
            lambda: ["(", e("json"), self.random.choice([" @> ", " <@ "]), e("json"), ")"],
            lambda: ["(", e("json"), self.random.choice([" ? 'a'", " ?| '{a,b}'", " @? '$.a[*] ? (@ > 1)'", " @@ '$.a == 1'", " ?& '{a,b}'"]), ")"],
            lambda: ["(", e("texts"), self.random.choice([" @> ", " <@ ", " && "]), e("texts"), ")"],
            lambda: ["(", e("text"), self.random.choice([" = ANY (", " < ANY (", " <> ALL ("]), e("texts"), "))"],
            lambda: ["(ROW(", e(kind), ", ", e("int"), self.random.choice([") IS NULL", ") IS NOT NULL"]), ")"],
            lambda: ["(ROW(", e(kind), ", ", e("int"), self.random.choice([") IS DISTINCT FROM ROW(", ") IS NOT DISTINCT FROM ROW("]), e(kind), ", ",
                     e("int"), "))"],
            lambda: ["((", e(kind), ", ", e("int"), self.random.choice([") IN ((", ") NOT IN (("]), e(kind), ", ", e("int"), "), (",
                     self.constant(kind), ", ", e("int"), ")))"],
            lambda: ["((", e("date"), ", ", e("date"), ") OVERLAPS (", e("date"), ", ", e("date"), "))"],
            lambda: ["regexp_like(", e("text"), ", 'a|l')"], lambda: ["(", e("text"), " SIMILAR TO '(a|b)%')"],
            lambda: ["((", e(kind), ", ", e("int"), self.random.choice([") = (", ") < (", ") <> ("]), e(kind), ", ", e("int"), "))"],
        ]
        if subqueries and depth >= 2:
            shapes += [
                lambda: ["((", e(kind), ", ", e("int"), self.random.choice([") IN (", ") NOT IN (", ") = ANY ("]),
                         self.query(1, scope, [kind, "int"]), "))"],
                lambda: ["(", self.random.choice(["", "NOT "]), "EXISTS (", self.query(1, scope), "))"],
                lambda: ["(", e(kind), self.random.choice([" IN (", " NOT IN ("]), self.query(1, scope, [kind]), "))"],
                lambda: ["(", e(kind), self.random.choice([" = ANY (", " < ALL (", " > ANY (", " <> ALL (", " >= ALL ("]),
                         self.query(1, scope, [kind]), "))"],
            ]
        return self.one_of("bool", *shapes)

    def expr_date(self, e, scope, depth, subqueries):
        return self.one_of(
            "date", lambda: ["(", e("date"), self.random.choice([" + ", " - "]), self.random.choice(["1", "31", "365"]), ")"],
            lambda: ["(", e("ts"), ")::date"],
            lambda: ["date_trunc('" + self.random.choice(["month", "year", "week", "quarter"]) + "', ", e("ts"), ")::date"],
            lambda: ["(", e("date"), " + (", e("int"), " % 100))"])

    def expr_ts(self, e, scope, depth, subqueries):
        return self.one_of(
            "ts", lambda: ["(", e("date"), ")::timestamp"], lambda: ["(", e("ts"), self.random.choice([" + ", " - "]), e("itv"), ")"],
            lambda: ["(", e("ts"), ")::timestamp(" + str(self.random.randint(0, 6)) + ")"],
            lambda: ["(", e(self.random.choice(["ts", "date"])), self.random.choice([" + ", " - "]), "interval '" +
                     self.random.choice(["1 day", "1 month", "36 hours", "1 year 2 months", "90 minutes", "0.5 seconds"]) + "')"],
            lambda: ["date_trunc('" + self.random.choice(["hour", "day", "month", "year", "week", "minute", "decade"]) + "', ", e("ts"), ")"])

    def expr_tz(self, e, scope, depth, subqueries):
        zone = self.random.choice(["UTC", "Europe/Berlin", "America/New_York", "Asia/Kolkata"])
        return self.one_of(
            "tz", lambda: ["(", e("ts"), ")::timestamptz"], lambda: ["(", e("ts"), f" AT TIME ZONE '{zone}')"],
            lambda: ["(", e("tz"), self.random.choice([" + ", " - "]), e("itv"), ")"], lambda: ["(", e("date"), ")::timestamptz"],
            lambda: ["date_trunc('" + self.random.choice(["hour", "day", "month", "week"]) + "', ", e("tz"), f", '{zone}')"],
            lambda: ["((", e("tz"), f" AT TIME ZONE '{zone}') AT TIME ZONE 'UTC')"],
            lambda: ["date_bin('" + self.random.choice(["1 hour", "15 minutes", "7 days"]) + "', ", e("tz"), ", timestamptz '2001-01-01')"])

    def expr_texts(self, e, scope, depth, subqueries):
        return self.one_of(
            "texts", lambda: ["ARRAY[", e("text"), ", ", e("text"), "]"], lambda: ["(", e("texts"), " || ", e("texts"), ")"],
            lambda: ["(", e("texts"), " || ", e("text"), ")"], lambda: ["(", e("texts"), ")[" + self.small() + ":" + self.small() + "]"],
            lambda: ["string_to_array(", e("text"), ", ",  self.random.choice(["','", "' '", "NULL", "''"]), ")"],
            lambda: ["regexp_split_to_array(", e("text"), ", '[, ]+')"], lambda: ["array_remove(", e("texts"), ", ", e("text"), ")"],
            lambda: ["(", e("list"), ")::text[]"], lambda: ["regexp_match(", e("text"), ", '(a)(b)?')"])

    def expr_json(self, e, scope, depth, subqueries):
        kind = self.random.choice(["int", "text", "bool", "list", "texts", "date", "ts", "json"])
        return self.one_of(
            "json", lambda: ["to_jsonb(", e(kind), ")"], lambda: ["jsonb_build_object('a', ", e(kind), ", 'b', ", e("int"), ")"],
            lambda: ["jsonb_build_array(", e(kind), ", ", e("text"), ")"], lambda: ["(", e("json"), " -> 'a')"], lambda: ["(", e("json"), " -> 0)"],
            lambda: ["(", e("json"), " #> '{a,0}')"], lambda: ["(", e("json"), " || ", e("json"), ")"], lambda: ["(", e("json"), ")['a']"],
            lambda: ["jsonb_path_query_first(", e("json"), ", '$.a[*]')"], lambda: ["jsonb_path_query_array(", e("json"), ", '$.** ? (@ != null)')"],
            lambda: ["jsonb_strip_nulls(", e("json"), ")"], lambda: ["to_jsonb(ROW(", e("int"), ", ", e("text"), "))"],
            lambda: ["jsonb_object(ARRAY['k', ", e("int"), "::text])"])

    def expr_itv(self, e, scope, depth, subqueries):
        return self.one_of(
            "itv", lambda: ["(", e("itv"), self.random.choice([" + ", " - "]), e("itv"), ")"], lambda: ["(", e("ts"), " - ", e("ts"), ")"],
            lambda: ["(", e("itv"), " * ", self.random.choice(["2", "0.5", "-1", "1.5"]), ")"], lambda: ["(", e("itv"), " / 4)"],
            lambda: ["(- ", e("itv"), ")"], lambda: [self.random.choice(["justify_days", "justify_hours", "justify_interval"]) + "(", e("itv"), ")"],
            lambda: ["age(", e("ts"), ", ", e("ts"), ")"], lambda: ["make_interval(0, 0, 0, ", e("int"), " % 1000)"],
            lambda: ["date_trunc('" + self.random.choice(["hour", "day", "month", "year", "minute"]) + "', ", e("itv"), ")"],
            lambda: ["(", e("itv"), ")::interval(" + str(self.random.randint(0, 6)) + ")"])

    def expr_bytes(self, e, scope, depth, subqueries):
        return self.one_of(
            "bytes", lambda: ["(", e("bytes"), " || ", e("bytes"), ")"], lambda: ["substr(", e("bytes"), ", ", str(self.random.randint(-1, 4)), ")"],
            lambda: ["decode(md5(", e("text"), "), 'hex')"], lambda: ["convert_to(", e("text"), ", 'UTF8')"])

    def expr_list(self, e, scope, depth, subqueries):
        return self.one_of(
            "list", lambda: ["ARRAY[", e("int"), ", ", e("int"), "]"], lambda: ["(", e("list"), " || ", e("list"), ")"],
            lambda: ["(", e("list"), " || ", e("int"), ")"], lambda: ["(", e("list"), ")[" + self.small() + ":" + self.small() + "]"],
            lambda: ["array_remove(", e("list"), ", ", e("int"), ")"], lambda: ["array_replace(", e("list"), ", ", e("int"), ", ", e("int"), ")"],
            lambda: ["array_append(", e("list"), ", ", e("int"), ")"], lambda: ["array_prepend(", e("int"), ", ", e("list"), ")"],
            lambda: ["array_positions(", e("list"), ", ", e("int"), ")"])

    def scalar_subquery(self, kind, scope):
        """One row at most: an ungrouped aggregate, or the first row by a total order."""
        if self.chance(0.6):
            return Node(kind, "(", self.aggregate_only(kind, scope), ")")
        inner = self.query(1, scope, [kind], ordered=True, limit="1")
        return Node(kind, "(", inner, ")")

    def aggregate_only(self, kind, outer):
        relation, inner = self.relations(1, outer)
        scope = inner + outer
        return Node("plain", "SELECT ", self.aggregate(kind, scope, inner), " FROM ", relation, self.where(scope, 0.7))

    # ---- aggregates and windows

    def aggregate(self, kind, scope, inner):
        """An aggregate of `kind`; its arguments use the innermost scope so that it belongs to this query."""
        def a(k):
            return self.expr(k, inner, 1, subqueries=False)

        if kind == "texts":
            element = str(a("text"))
            return Node(kind, f"array_agg({self.random.choice(['', 'DISTINCT '])}{element} ORDER BY {element})")
        if kind == "json":
            element = str(a(self.random.choice(["int", "text", "bool", "json"])))
            return Node(kind, f"jsonb_agg({self.random.choice(['', 'DISTINCT '])}{element} ORDER BY {element})")
        if kind == "bytes":
            return Node(kind, "string_agg(", a("bytes"), ", ''::bytea) FILTER (WHERE false)")
        if kind == "list":
            element = str(a("int"))
            return Node(kind, f"array_agg({self.random.choice(['', 'DISTINCT '])}{element} ORDER BY {element})")
        if kind == "itv":  # equal intervals look different: '1 day' and '24 hours'
            return Node(kind, *self.random.choice([["sum(", a("itv"), ")"], ["justify_interval(max(", a("itv"), "))"]]))
        shapes = [lambda: [self.random.choice(["min(", "max("]), a(kind), ")"]] if kind != "bool" else []
        if kind == "bool":
            shapes += [lambda: [self.random.choice(["bool_and(", "bool_or(", "every("]), a("bool"), ")"]]
        if kind == "int":
            shapes += [lambda: [self.random.choice(["bit_and(", "bit_or("]), a("int"), ")"], lambda: ["count(*)::int"]]
            shapes += [lambda: ["percentile_disc(0.5) WITHIN GROUP (ORDER BY ", a("int"), ")"],
                       lambda: ["mode() WITHIN GROUP (ORDER BY ", a("int"), self.random.choice(["", " DESC"]), ")"]]
        if kind == "big":
            k = self.random.choice(TYPES)
            shapes = [lambda: ["count(", a(k), ")"], lambda: ["count(DISTINCT ", a(k), ")"], lambda: ["count(DISTINCT (", a(k), ", ", a("int"), "))"],
                      lambda: [self.random.choice(["rank", "dense_rank"]), "(", self.constant(k), ", 1) WITHIN GROUP (ORDER BY ", a(k), ", ", a("int"), ")"], lambda: ["sum(", a("int"), ")"],
                      lambda: ["sum(DISTINCT ", a("int"), ")"]] + shapes
        if kind == "num":
            shapes += [lambda: ["sum(", a("num"), ")"], lambda: ["avg(", a(self.random.choice(["int", "num"])), ")"],
                       lambda: ["sum(", a("big"), ")"], lambda: ["sum(DISTINCT ", a("num"), ")"]]
        if kind == "dbl":
            shapes += [lambda: [self.random.choice(["corr", "covar_pop", "regr_slope", "regr_count"]), "(", a("dbl"), ", ", a("int"),
                                "::double precision)::double precision"],
                       lambda: ["cume_dist(", self.constant("int"), ") WITHIN GROUP (ORDER BY ", a("int"), ")"],
                       lambda: ["(percentile_cont(ARRAY[0, 0.3, 1]) WITHIN GROUP (ORDER BY ", a("int"), "))[" + self.random.choice("123") + "]"],
                       lambda: ["sum(", a("dbl"), ")"], lambda: ["avg(", a("dbl"), ")"],
                       lambda: [self.random.choice(["stddev_samp(", "var_pop(", "stddev_pop(", "variance("]), a("dbl"), ")"],
                       lambda: ["percentile_cont(0.25) WITHIN GROUP (ORDER BY ", a("dbl"), ")"]]
        if kind == "text":
            def agg_text():
                text = str(a("text"))
                return [f"string_agg({self.random.choice(['', 'DISTINCT '])}{text}, ',' ORDER BY {text}{self.random.choice(['', ' DESC'])})"]
            shapes += [agg_text]
        parts = self.random.choice(shapes)()
        text = str(parts[0])
        if not (text.endswith("::int")) and self.chance(0.2):
            parts = parts + [Node("optional", " FILTER (WHERE ", self.expr("bool", inner, 1, subqueries=False), ")")]
        return Node(kind, *parts)

    def order_of(self, scope):
        """Every column, so that only equal rows tie."""
        texts = [text for text, _ in scope]
        self.random.shuffle(texts)
        return ", ".join(text + self.random.choice(["", " DESC", " NULLS FIRST", " DESC NULLS LAST"]) for text in texts)

    def window(self, kind, inner, keys, total_order):
        """A window call. What depends on ties is ordered by `total_order`, the same for all calls of a SELECT: equal rows are then
        numbered alike by all of them, or the combinations would not be determined."""
        def a(k):
            return self.expr(k, inner, 1, subqueries=False)

        partition = Node("optional", "PARTITION BY ", ", ".join(keys), " ") if keys else ""
        order = total_order
        numbers = [t for t, k in inner if k in ("int", "big", "num")]
        times = [t for t, k in inner if k in ("date", "ts", "tz")]
        if kind == "big" and self.chance(0.4):
            call = Node(kind, self.random.choice(["row_number()", "rank()", "dense_rank()", "ntile(3)"]))
            if str(call) == "ntile(3)":
                return Node(kind, "(ntile(3) OVER (", partition, order, "))::bigint")
            if str(call) != "row_number()" and inner:
                order = "ORDER BY " + self.random.choice(inner)[0]
            return Node(kind, call, " OVER (", partition, order, ")")
        if kind == "dbl" and self.chance(0.4):
            order = "ORDER BY " + self.random.choice(inner)[0]
            return Node(kind, self.random.choice(["percent_rank()", "cume_dist()"]), " OVER (", partition, order, ")")
        values = self.chance(0.4) or kind in ("itv", "bytes", "list", "texts", "json")
        if values and self.chance(0.5):
            extra = self.random.choice(["", ", 2", ", 1, " + str(self.constant(kind))])
            return Node(kind, self.random.choice(["lag(", "lead("]), a(kind), extra, ") OVER (", partition, order, ")")
        bounds = self.random.choice([
            ("UNBOUNDED PRECEDING", "CURRENT ROW"), ("CURRENT ROW", "UNBOUNDED FOLLOWING"), ("UNBOUNDED PRECEDING", "UNBOUNDED FOLLOWING"),
            ("2 PRECEDING", "CURRENT ROW"), ("1 PRECEDING", "1 FOLLOWING"), ("1 FOLLOWING", "3 FOLLOWING"), ("3 PRECEDING", "1 PRECEDING")])
        mode = self.random.choice(["ROWS", "ROWS", "RANGE", "GROUPS"])
        if mode == "RANGE":
            if numbers and not values and self.chance(0.7):
                order = "ORDER BY " + self.random.choice(numbers) + self.random.choice(["", " DESC", " NULLS FIRST", " DESC NULLS LAST"])
            elif times and not values:
                order = "ORDER BY " + self.random.choice(times) + self.random.choice(["", " DESC", " NULLS FIRST", " DESC NULLS LAST"])
                length = self.random.choice(["1 day", "1 month", "36 hours", "1 year 2 days"])
                bounds = tuple(b.replace(b[0], f"interval '{length}'", 1) if b[0] in "123" else b for b in bounds)
                if "FOLLOWING" in bounds[0] or "PRECEDING" in bounds[1]:
                    bounds = (bounds[0].replace("FOLLOWING", "PRECEDING"), "CURRENT ROW")
            elif any("1" in b or "2" in b or "3" in b for b in bounds):
                bounds = ("UNBOUNDED PRECEDING", "CURRENT ROW")
        elif mode == "GROUPS" and not values:
            order = "ORDER BY " + self.random.choice(inner)[0]
        exclude = self.random.choice(["", "", "", " EXCLUDE CURRENT ROW", " EXCLUDE TIES", " EXCLUDE GROUP"])
        if mode != "ROWS" and not values and exclude == " EXCLUDE TIES":
            exclude = ""
        # PostgreSQL takes the current row for the first of such a frame although the frame does not hold it.
        if exclude == " EXCLUDE TIES" and bounds in (("1 FOLLOWING", "3 FOLLOWING"), ("3 PRECEDING", "1 PRECEDING")):
            exclude = ""
        frame = Node("optional", f" {mode} BETWEEN {bounds[0]} AND {bounds[1]}", Node("optional", exclude))
        if values:
            call = [self.random.choice(["first_value(", "last_value("]), a(kind), ")"]
            if self.chance(0.3):
                call = ["nth_value(", a(kind), ", 2)"]
        elif kind == "big":
            call = self.random.choice([["count(*)"], ["count(", a(self.random.choice(TYPES)), ")"], ["sum(", a("int"), ")"]])
        elif kind in ("num", "dbl"):
            call = [self.random.choice(["sum(", "avg(", "min(", "max("]), a(kind), ")"]
        elif kind == "bool":
            call = [self.random.choice(["bool_or(", "bool_and("]), a(kind), ")"]
        else:
            call = [self.random.choice(["min(", "max("]), a(kind), ")"]
        return Node(kind, *call, " OVER (", partition, order, frame, ")")

    # ---- relations and queries

    def where(self, scope, p=0.6):
        if not self.chance(p):
            return ""
        return Node("optional", " WHERE ", self.expr("bool", scope, 2))

    def relation(self, depth, outer):
        """(node, columns) of one item of FROM."""
        pick = self.random.random()
        alias = self.name("r")
        if pick < 0.75 or depth <= 0:
            table = self.random.choice(list(self.tables))
            return Node("relation", f"{table} AS {alias}"), [(f"{alias}.{n}", k) for n, k in self.tables[table]]
        if pick < 0.90:
            kinds = [self.random.choice(TYPES) for _ in range(self.random.randint(1, 3))]
            names = [f"x{i}" for i in range(len(kinds))]
            limited = self.chance(0.2)
            query = self.query(depth - 1, [], kinds, ordered=limited, limit=self.small() if limited else None)
            return (Node("plain", "(", query, f") AS {alias}(" + ", ".join(names) + ")"),
                    [(f"{alias}.{n}", k) for n, k in zip(names, kinds)])
        if pick < 0.95:
            kinds = [self.random.choice(TYPES) for _ in range(2)]
            rows = [Node("plain", "(", self.constant(kinds[0]), ", ", self.constant(kinds[1]), ")")
                    for _ in range(self.random.randint(1, 4))]
            return (Node("plain", "(VALUES ", Node("list", *rows, separator=", "), f") AS {alias}(x0, x1)"),
                    [(f"{alias}.x0", kinds[0]), (f"{alias}.x1", kinds[1])])
        lists = [t for t, k in outer if k in ("list", "texts")]
        if lists and pick < 0.97:
            chosen = self.random.choice(lists)
            kind = "int" if dict(outer)[chosen] == "list" else "text"
            return (Node("plain", f"unnest({chosen}) WITH ORDINALITY AS {alias}(x0, x1)"), [(f"{alias}.x0", kind), (f"{alias}.x1", "big")])
        # Weir's series are bigint always.
        return Node("plain", f"generate_series({self.small()}::bigint, {self.small()}) AS {alias}(x0)"), [(f"{alias}.x0", "big")]

    def relations(self, depth, outer):
        node, scope = self.relation(depth, outer)
        scope = list(scope)
        for _ in range(self.random.choice([0, 0, 1, 1, 2])):
            if self.chance(0.1) and depth > 0:
                alias = self.name("l")
                kind = self.random.choice(TYPES)
                query = self.query(0, scope + outer, [kind])
                join = self.random.choice([" CROSS JOIN LATERAL (", " LEFT JOIN LATERAL ("])
                on = " ON true" if "LEFT" in join else ""
                node = Node("plain", node, Node("optional", join, query, f") AS {alias}(x0){on}"))
                scope.append((f"{alias}.x0", kind))
                continue
            lists = [(t, k) for t, k in scope if k in ("list", "texts", "json")]
            if lists and self.chance(0.15):
                alias = self.name("u")
                text, kind = self.random.choice(lists)
                call = f"unnest({text})"
                if kind == "json":
                    call = self.random.choice([f"jsonb_path_query({text}, '$.a[*]')", f"jsonb_path_query({text}, '$[*]')"])
                join = self.random.choice([" CROSS JOIN LATERAL ", " LEFT JOIN LATERAL "])
                node = Node("plain", node, Node("optional", f"{join}{call} WITH ORDINALITY AS {alias}(x0, x1)" + (" ON true" if "LEFT" in join else "")))
                scope += [(f"{alias}.x0", {"list": "int", "texts": "text", "json": "json"}[kind]), (f"{alias}.x1", "big")]
                continue
            other, columns = self.relation(depth - 1, outer)
            pairs = [(a, b) for a, ka in scope for b, kb in columns if ka == kb]
            join = self.random.choice(["JOIN", "JOIN", "LEFT JOIN", "RIGHT JOIN", "FULL JOIN", "CROSS JOIN"])
            if join == "CROSS JOIN":
                on = ""
            else:
                equal = " = ".join(self.random.choice(pairs)) if pairs else None
                if join == "FULL JOIN" and not equal:
                    join = "LEFT JOIN"
                if equal and self.chance(0.8) or join == "FULL JOIN":
                    on = Node("plain", f" ON {equal}", Node("optional", " AND ", self.expr("bool", scope + columns, 1, subqueries=False))
                              if join != "FULL JOIN" and self.chance(0.3) else "")
                else:
                    on = Node("plain", " ON ", self.expr("bool", scope + columns, 2, subqueries=False))
            node = Node("plain", node, Node("optional", f" {join} ", other, on))
            scope += columns
        return node, scope

    def query(self, depth, outer, kinds=None, ordered=False, limit=None):
        """A query of the given column kinds; with `ordered` by every column."""
        if kinds is None:
            kinds = [self.random.choice(TYPES) for _ in range(self.random.randint(1, 4))]
        pick = self.random.random()
        if depth >= 1 and pick < 0.12:
            op = self.random.choice([" UNION ", " UNION ALL ", " INTERSECT ", " EXCEPT ", " INTERSECT ALL ", " EXCEPT ALL "])
            body = Node("query", "(", self.query(depth - 1, outer, kinds), ")", op, "(", self.query(depth - 1, outer, kinds), ")")
        elif depth >= 2 and pick < 0.22:
            name = self.name("w")
            inner = [self.random.choice(TYPES) for _ in range(self.random.randint(1, 3))]
            definition = self.query(depth - 1, [], inner)
            columns = [f"x{i}" for i in range(len(inner))]
            saved = dict(self.tables)
            self.tables[name] = list(zip(columns, inner))
            body = self.query(depth - 1, outer, kinds, ordered, limit)
            self.tables = saved
            hint = self.random.choice(["", "", "MATERIALIZED ", "NOT MATERIALIZED "])
            return Node("plain", f"WITH {name}({', '.join(columns)}) AS {hint}(", definition, ") ", body)
        elif depth >= 2 and pick < 0.25:
            return self.recursive(depth, outer, kinds, ordered, limit)
        elif pick < 0.29 and not ordered and not limit:
            return self.distinct_on(depth, outer, kinds)
        elif pick < 0.55:
            body = self.plain(depth, outer, kinds)
        elif pick < 0.85:
            body = self.grouped(depth, outer, kinds)
        else:
            body = self.windowed(depth, outer, kinds)
        if not ordered and not limit:
            return body
        order = list(range(1, len(kinds) + 1))
        self.random.shuffle(order)
        text = ", ".join(str(i) + self.random.choice(["", " DESC", " NULLS FIRST", " DESC NULLS LAST"]) for i in order)
        return Node("plain", body, f" ORDER BY {text}", f" LIMIT {limit}" if limit else "")

    def recursive(self, depth, outer, kinds, ordered, limit):
        """A few rounds over rows of a number and a value."""
        name, kind = self.name("w"), self.random.choice(["int", "text", "date", "list", "num", "bool"])
        inner = [(f"{name}.n", "int"), (f"{name}.x", kind)]
        base = Node("plain", "SELECT 1, ", self.constant(kind))
        if self.chance(0.5):
            table = self.random.choice([t for t in self.tables if t.startswith("t")])
            columns = [c for c, k in self.tables[table] if k == kind]
            if columns:
                base = Node("plain", f"SELECT 1, {columns[0]} FROM {table}")
        step = self.expr(kind, inner, 2, subqueries=False)
        cast = f"({step})::{SQL_TYPES[kind]}"
        word = self.random.choice(["UNION", "UNION ALL"])
        extra = self.random.choice(["", f" WHERE {name}.x IS NOT NULL", f", (VALUES (0), (1)) v(d)"])
        bound = f"{name}.n < {self.random.randint(2, 4)}"
        where = f"{extra} AND {bound}" if "WHERE" in extra else f"{extra} WHERE {bound}"
        saved = dict(self.tables)
        self.tables[name] = [("n", "int"), ("x", kind)]
        body = self.query(depth - 1, outer, kinds, ordered, limit)
        self.tables = saved
        return Node("plain", f"WITH RECURSIVE {name}(n, x) AS (", base, f" {word} SELECT {name}.n + 1, {cast} FROM {name}{where}) ", body)

    def distinct_on(self, depth, outer, kinds):
        relation, inner = self.relations(depth, outer)
        keys = [t for t, k in self.random.sample(inner, min(len(inner), self.random.randint(1, 2)))]
        rest = self.order_of([(t, k) for t, k in inner if t not in keys])
        order = ", ".join(keys) + (", " + rest if rest else "")
        items = [self.expr(kind, inner + outer, 1, subqueries=False) for kind in kinds]
        return Node("query", f"SELECT DISTINCT ON ({', '.join(keys)}) ", Node("list", *items, separator=", ", least=len(items)), " FROM ", relation,
                    self.where(inner + outer, 0.4), f" ORDER BY {order}")

    def plain(self, depth, outer, kinds):
        relation, inner = self.relations(depth, outer)
        scope = inner + outer
        items = [self.expr(kind, scope, 2 + depth // 2) for kind in kinds]
        return Node("query", "SELECT ", Node("optional", "DISTINCT ") if self.chance(0.2) else "",
                    Node("list", *items, separator=", ", least=1 if depth == 3 else len(items)), " FROM ", relation, self.where(scope))

    def grouped(self, depth, outer, kinds):
        relation, inner = self.relations(depth, outer)
        scope = inner + outer
        count = self.random.choice([0, 1, 1, 2, 3])
        keys = self.random.sample(inner, min(count, len(inner)))
        items = []
        for kind in kinds:
            of_kind = [t for t, k in keys if k == kind]
            if of_kind and self.chance(0.7):
                items.append(Node(kind, self.random.choice(of_kind)))
            elif self.chance(0.15) and keys:
                items.append(self.expr(kind, keys, 1, subqueries=False))
            else:
                items.append(self.aggregate(kind, scope, inner))
        texts = [t for t, _ in keys]
        group, sets = "", False
        if texts:
            pick = self.random.random()
            listed = ", ".join(texts)
            if pick < 0.75:
                group = f" GROUP BY {listed}"
            elif pick < 0.85:
                group = f" GROUP BY ROLLUP ({listed})"
            elif pick < 0.93:
                group = f" GROUP BY CUBE ({listed})"
            else:
                group = f" GROUP BY GROUPING SETS (({listed}), ({texts[0]}), ())"
        having = Node("optional", " HAVING ", self.aggregate("big", scope, inner), " > ", self.small()) if self.chance(0.2) else ""
        return Node("query", "SELECT ", Node("list", *items, separator=", ", least=1 if depth == 3 else len(items)), " FROM ", relation,
                    self.where(scope), group, having)

    def windowed(self, depth, outer, kinds):
        relation, inner = self.relations(min(depth, 1), outer)
        scope = inner + outer
        keys = self.random.sample([t for t, _ in inner], min(len(inner), self.random.choice([0, 1, 1, 2])))
        total_order = "ORDER BY " + self.order_of(inner)
        items = [self.window(kind, inner, keys, total_order) if self.chance(0.6) else self.leaf(kind, inner) for kind in kinds]
        return Node("query", "SELECT ", Node("list", *items, separator=", ", least=1 if depth == 3 else len(items)), " FROM ", relation,
                    self.where(scope, 0.4))

    def top(self):
        """(query, whether its rows come in an order that is to be compared)."""
        if self.chance(0.12):
            return self.change(), False
        ordered = self.chance(0.4)
        limit = self.small() if ordered and self.chance(0.5) else None
        return self.query(3, [], None, ordered, limit), ordered

    def change(self):
        """A change of a table, what it returns, and the table's rows after it; nothing is left of it."""
        table = self.random.choice([t for t in self.tables if t.startswith("t")])
        columns = self.tables[table]
        scope = [(f"{table}.{n}", k) for n, k in columns]
        pick = self.random.random()
        returning = " RETURNING " + ", ".join(n for n, _ in columns)
        if pick < 0.45:
            chosen = self.random.sample(columns, self.random.randint(1, min(3, len(columns))))
            if self.chance(0.3):
                targets = "(" + ", ".join(n for n, _ in chosen) + ")"
                parts = [targets + " = ROW(", Node("list", *[self.expr(k, scope, 2) for _, k in chosen], separator=", ", least=len(chosen)), ")"]
            else:
                parts = [Node("list", *[Node("plain", f"{n} = ", self.expr(k, scope, 3)) for n, k in chosen], separator=", ")]
            lists = [n for n, k in columns if k == "list" and n not in [c for c, _ in chosen]]
            if lists and self.chance(0.5):
                parts += [Node("optional", f", {lists[0]}[1] = ", self.expr("int", scope, 1))]
            body = Node("plain", f"UPDATE {table} SET ", *parts, self.where(scope, 0.8), returning)
        elif pick < 0.65:
            body = Node("plain", f"DELETE FROM {table}", self.where(scope, 1), returning)
        elif pick < 0.85:
            chosen = self.random.sample(columns, self.random.randint(1, len(columns)))
            query = self.query(2, [], [k for _, k in chosen])
            body = Node("plain", f"INSERT INTO {table} (" + ", ".join(n for n, _ in chosen) + ") ", query, returning)
        else:
            other = self.random.choice([t for t in self.tables if t.startswith("t")])
            both = scope + [("s.k", "int"), ("s.n", "int")]
            name, kind = self.random.choice(columns)
            clauses = self.random.sample([
                Node("optional", " WHEN MATCHED AND ", self.expr("bool", both, 1, subqueries=False), " THEN DELETE"),
                Node("optional", f" WHEN MATCHED AND s.n > {self.small()} THEN UPDATE SET {name} = ", self.expr(kind, both, 2, subqueries=False)),
                Node("optional", " WHEN NOT MATCHED AND ", self.expr("bool", [("s.k", "int"), ("s.n", "int")], 1, subqueries=False),
                     " THEN INSERT (c0) VALUES (s.k + s.n)"),
                Node("optional", " WHEN MATCHED AND s.k IS NULL THEN DO NOTHING")], self.random.randint(1, 4))
            body = Node("plain", f"MERGE INTO {table} USING (SELECT c0 AS k, count(*)::int AS n FROM {other} GROUP BY c0) s ON {table}.c0 = s.k",
                        *clauses, " WHEN NOT MATCHED THEN DO NOTHING")
        return Node("plain", "BEGIN; ", body, f"; SELECT * FROM {table}; ROLLBACK")
