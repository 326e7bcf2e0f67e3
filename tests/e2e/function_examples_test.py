#!/usr/bin/env python3
"""Every example of weir_catalog.functions gives what is said there, by each name of the function."""
import re
import unittest

from pg_raw import ServerCase, ServerError, main


# What the answer depends on the session or the server for.
VARYING = {"connection_id", "pg_backend_pid", "pg_cancel_backend", "pg_terminate_backend", "pg_database_size"}


class FunctionExamples(ServerCase):
    def test_examples(self):
        client = self.connect()
        rows = client.query("SELECT DISTINCT name, example, example_result, alias_of IS NOT NULL "
                            "FROM weir_catalog.functions WHERE example <> ''")
        self.assertGreater(len(rows), 900)
        failures = []
        for name, example, expected, is_alias in rows:
            # By an alias of its own name.
            if is_alias == "t" and re.match(r"\w", name) and name + "(" not in example and name not in ("user", ):
                if not re.search(r"\b" + re.escape(name) + r"\b", example, re.I):
                    failures.append(f"{name}: the example does not say it: {example}")
            try:
                answer = client.query("SELECT " + example)
                cells = ["NULL" if row[0] is None else row[0] for row in answer]
                got = cells[0] if len(cells) == 1 else "{" + ",".join(cells) + "}"
                # Functions that give rows say them as a list.
                if got != expected and "{" + got + "}" == expected:
                    got = expected
            except ServerError as error:
                got = str(error)
            # Nothing is shown for NULL and for an empty text.
            if got not in (expected, expected or "NULL") and name not in VARYING:
                failures.append(f"{name}: {example}: expected {expected!r}, got {got!r}")
        self.assertEqual([], failures, "\n".join(failures))


if __name__ == "__main__":
    main()
