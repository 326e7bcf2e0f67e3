"""Whether two outcomes are the same answer."""
import math

FLOATS = {700, 701, 1700}
ARRAYS_OF_FLOATS = {1021, 1022, 1231}
INTERVAL = 1186
UNITS = {"year": 360 * 86400, "mon": 30 * 86400, "day": 86400}


def _number(cell):
    try:
        return float(cell)
    except ValueError:
        return None


def same_cell(a, b, number):
    if a == b:
        return True
    if a is None or b is None or not number:
        return False
    x, y = _number(a), _number(b)
    if x is None or y is None:
        return False
    if math.isnan(x) or math.isnan(y):
        return math.isnan(x) and math.isnan(y)
    if math.isinf(x) or math.isinf(y):
        return x == y
    return abs(x - y) <= 1e-8 * max(1.0, abs(x), abs(y))


def same_row(a, b, numbers):
    return len(a) == len(b) and all(same_cell(x, y, n) for x, y, n in zip(a, b, numbers))


def _sort_key(row, numbers):
    """By what differs for sure, then by all digits: near numbers that do differ have an order of their own."""
    key, digits = [], []
    for cell, number in zip(row, numbers):
        value = _number(cell) if number and cell is not None else None
        if cell is None:
            key.append((2, 0.0, ""))
        elif value is None:
            key.append((1, 0.0, cell))
        elif math.isnan(value):
            key.append((0, math.inf, "n"))
        else:
            key.append((0, float(f"{value:.6g}") + 0.0, ""))
            digits.append(value)
    return key, digits


def _seconds(cell):
    """An interval as one number: which of the equal ones a group or a sort shows is not determined."""
    if cell is None:
        return None
    total, words = 0.0, cell.split()
    for value, unit in zip(words[0::2], words[1::2]):
        total += int(value) * UNITS[unit.rstrip("s")]
    if len(words) % 2 == 1:
        hours, minutes, seconds = words[-1].lstrip("+-").split(":")
        time = int(hours) * 3600 + int(minutes) * 60 + float(seconds)
        total += -time if words[-1].startswith("-") else time
    return f"{total:.6f}"


def same_rows(a, b, oids, ordered):
    """Rows of text; columns whose type in `oids` is inexact are compared with a tolerance."""
    if len(a) != len(b):
        return False
    if INTERVAL in oids:
        a, b = ([tuple(_seconds(cell) if oid == INTERVAL else cell for cell, oid in zip(row, oids)) for row in rows] for rows in (a, b))
    numbers = [oid in FLOATS for oid in oids]
    if not ordered:
        a = sorted(a, key=lambda row: _sort_key(row, numbers))
        b = sorted(b, key=lambda row: _sort_key(row, numbers))
    if all(same_row(x, y, numbers) for x, y in zip(a, b)):
        return True
    if ordered or not any(numbers) or len(a) > 500:
        return False
    rest = list(b)  # rounding may have sorted near numbers differently
    for row in a:
        match = next((i for i, other in enumerate(rest) if same_row(row, other, numbers)), None)
        if match is None:
            return False
        rest.pop(match)
    return True


# (SQLSTATE, text of the message) of faults that are known and not mended yet; counted apart.
KNOWN_FAULTS = []


def judge(weir, reference, ordered):
    """(verdict, whether it is a fault of Weir's). PostgreSQL's limits and differences that are documented are not."""
    if weir.lost:
        return "lost", True
    # Cross joins of everything may take longer than a test has; a stuck server does not even say so and is lost;
    # or more memory than there is.
    if weir.error in ("57014", "53200"):
        return "too slow", False
    if reference.lost:
        return "reference lost", False
    if any(weir.error == code and text in weir.message for code, text in KNOWN_FAULTS) and weir.error != reference.error:
        return "known fault", False
    if weir.error == "XX000" or (weir.error or "").startswith("58"):
        return "internal error", True
    if reference.error and weir.error:
        if reference.error[:2] == weir.error[:2]:
            return "same error", False
        return "other error", reference.error[:2] != "0A" and weir.error[:2] != "0A" and "22" not in (reference.error[:2], weir.error[:2])
    if weir.error:
        if weir.error[:2] == "0A":
            return "not supported", False
        if weir.error == "22003":  # numerics of a fixed precision end sooner than PostgreSQL's
            return "range", False
        return "only Weir fails", True
    if reference.error:
        # Which rows an expression is evaluated for is the planner's affair.
        if reference.error[:2] in ("22", "0A", "21", "54", "53", "57"):
            return "only PostgreSQL fails", False
        return "Weir does not fail", True
    if not same_rows(weir.rows, reference.rows, reference.oids, ordered):
        return "different rows", True
    if len(weir.oids) == len(reference.oids) and weir.oids != reference.oids:
        return "same rows, other types", False
    return "same", False
