"""Queries as trees of text, so that a failing one can be made smaller without a parser."""
import time


class Node:
    """Text pieces and nodes in a row. `kind` says how the node may shrink: an expression ("int", "text", ...) becomes a constant or
    an expression of its kind inside it, "optional" goes away, a "list" (joined by `separator`) loses items down to `least`,
    "query" becomes a query inside it, "choice" becomes its first node."""

    def __init__(self, kind, *parts, separator=None, least=1):
        self.kind, self.parts, self.separator, self.least = kind, list(parts), separator, least

    def __str__(self):
        if self.separator is not None:
            return self.separator.join(text for text in map(str, self.parts) if text)
        return "".join(map(str, self.parts))

    def nodes(self):
        """Itself and all nodes below, outer ones first."""
        level = [self]
        while level:
            yield from level
            level = [part for node in level for part in node.parts if isinstance(part, Node)]


CONSTANTS = {
    "int": ["1", "NULL::int"], "big": ["1::bigint", "NULL::bigint"], "dbl": ["1::double precision", "NULL::double precision"],
    "num": ["1.5::numeric(12,3)", "NULL::numeric(12,3)"], "text": ["'a'::text", "NULL::text"], "bool": ["true", "false", "NULL::boolean"],
    "json": ["'1'::jsonb", "NULL::jsonb"], "texts": ["'{a}'::text[]", "NULL::text[]"], "list": ["'{1}'::integer[]", "NULL::integer[]"],
    "tz": ["timestamptz '2024-01-31 10:00:00+00'", "NULL::timestamptz"],
    "date": ["date '2024-01-31'", "NULL::date"], "ts": ["timestamp '2024-01-31 10:00:00'", "NULL::timestamp"],
}


def _variants(node):
    """What the parts of one node could be instead, the biggest steps first."""
    if node.kind == "optional" and node.parts:
        yield []
    if node.kind == "list" and len(node.parts) > node.least:
        for i in range(len(node.parts)):
            yield node.parts[:i] + node.parts[i + 1:]
    if node.kind in CONSTANTS or node.kind in ("query", "relation"):
        for inner in list(node.nodes())[1:]:
            if inner.kind == node.kind:
                yield inner.parts
    if node.kind in CONSTANTS and str(node) not in CONSTANTS[node.kind]:
        for constant in CONSTANTS[node.kind]:
            yield [constant]


def reduce_tree(root, still_fails, seconds=15):
    """Shrinks `root` in place as long as `still_fails(text)` holds."""
    end, progress = time.monotonic() + seconds, True
    while progress:
        progress = False
        for node in list(root.nodes()):
            for parts in list(_variants(node)):
                if time.monotonic() >= end:
                    return
                before = node.parts
                node.parts = list(parts)
                if still_fails(str(root)):
                    progress = True
                    break
                node.parts = before
            if progress:
                break
