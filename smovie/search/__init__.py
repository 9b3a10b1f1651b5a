"""Finding titles: keys, an index kept in step with the snapshot, candidates, scores, ranges. Pure: no I/O.

Found by words first: a query's words lead to a few hundred titles, and only those are compared letter by letter
(docs/decisions/0010-search.md). Titles are known inside by a row, a small number; people likewise.
"""
