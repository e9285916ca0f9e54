"""How fast the platform is beside peers that do the same work without it: `python -m benchmarks` (make bench).

A topic is a file in `benchmarks/topics/` whose docstring says what it measures and which defines
`measure(pairs: int) -> dict[str, Figure]`; there is no list to edit. `generation.py` is the one to copy for another way
of sampling: ours and the peer are two functions without arguments, and `benchmarks.timing` does the rest.
"""
