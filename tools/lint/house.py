#!/usr/bin/env python3
"""Rules of the source tree, checked in `make lint`:

  rooms       a folder of src/ includes only folders that come before it in ROOMS, so that the graph has no cycle
  headers     no header includes itself by way of others
  length      no file of code has more than LINES lines
  width       no line of C, C++, Python, shell or make has more than COLUMNS columns, tabs of 8
  twice       no run of more than RUN lines of code stands in two places

Exits 1 and names each place where one does not hold.
"""

import collections
import pathlib
import re
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
# Bottom to top. The folders of src/net, one for each instruction set, are one room; those of src/serve are rooms: what
# all of it knows is in core, its threads meet in serve itself.
ROOMS = ["base", "picture", "scan", "resample", "find", "slices", "net", "plane", "flat", "measure", "heavy", "bone",
         "report", "api", "bench", "serve/core", "serve/watch", "serve/store", "serve/receive", "serve/send",
         "serve/jobs", "serve", "cli"]
LINES = 400
COLUMNS = 120
RUN = 12
CODE = {".c", ".h", ".cc", ".S", ".py", ".sh", ".mk", ".js", ".css", ".html"}
NARROW = {".c", ".h", ".cc", ".py", ".sh", ".mk"}  # and the Makefile
INCLUDE = re.compile(r'^\s*#\s*include\s+"([^"]+)"', re.M)


def sources(*folders):
    for folder in folders:
        for path in sorted((ROOT / folder).rglob("*")):
            if path.is_file() and (path.suffix in CODE or path.name == "Makefile"):
                yield path


def shown(path):
    return str(path.relative_to(ROOT))


def room_of(path):
    """Of a file below src/, named from there; None for those of other folders."""
    folders = path.split("/")[:-1]
    for n in (2, 1):
        room = "/".join(folders[:n])
        if len(folders) >= n and room in ROOMS:
            return None if room == "serve" and len(folders) > 1 else room
    return None


def check_rooms(texts):
    for path, text in texts.items():
        if not path.is_relative_to(ROOT / "src"):
            continue
        room = room_of(str(path.relative_to(ROOT / "src")))
        if not room:
            yield "%s: its folder is not in ROOMS of tools/lint/house.py; add it where it belongs" % shown(path)
            continue
        for name in INCLUDE.findall(text):
            other = room_of(name)
            if other and ROOMS.index(other) > ROOMS.index(room):
                yield "%s: includes %s, but %s lies above %s" % (shown(path), name, other, room)


def check_cycles(texts):
    """Of headers: the others are included by nobody."""
    graph = {}
    for path, text in texts.items():
        if path.suffix == ".h" and path.is_relative_to(ROOT / "src"):
            graph[str(path.relative_to(ROOT / "src"))] = INCLUDE.findall(text)
    done = set()

    def visit(name, way):
        if name in way:
            yield "src/%s: includes itself, by way of %s" % (name, ", ".join(way[way.index(name) + 1:] + [name]))
        elif name not in done:
            for other in graph.get(name, []):
                yield from visit(other, way + [name])
            done.add(name)
    for name in graph:
        yield from visit(name, [])


def check_length(texts):
    for path, text in texts.items():
        lines = text.count("\n")
        if lines > LINES:
            yield "%s: %d lines, more than %d; split it by trade" % (shown(path), lines, LINES)


def check_width(texts):
    for path, text in texts.items():
        if path.suffix in NARROW or path.name == "Makefile":
            for number, line in enumerate(text.splitlines(), 1):
                columns = len(line.expandtabs(8))
                if columns > COLUMNS:
                    yield "%s:%d: %d columns, more than %d" % (shown(path), number, columns, COLUMNS)


def code_lines(text):
    """(number, line without margins) of what counts: no blank lines, comments, lone brackets or includes."""
    for number, line in enumerate(text.splitlines(), 1):
        line = " ".join(line.split())
        if len(line) > 2 and not line.startswith(("/*", "*", "//", "#include", "# ", '"""', "import ", "from ")):
            yield number, line


def check_twice(texts):
    seen = collections.defaultdict(list)
    lines = {path: list(code_lines(text)) for path, text in texts.items()}
    size = RUN + 1
    for path, found in lines.items():
        for at in range(len(found) - size + 1):
            seen[tuple(line for _, line in found[at:at + size])].append((path, at))
    told = set()
    for places in seen.values():
        for (a, i), (b, j) in zip(places, places[1:]):
            if (a, b, j - i) not in told: # the first lines of a longer run
                told.add((a, b, j - i))
                yield "%s:%d and %s:%d: the same %d lines or more" % (shown(a), lines[a][i][0], shown(b),
                                                                     lines[b][j][0], size)


def main():
    texts = {path: path.read_text(encoding="utf-8")
             for path in sources("src", "include", "tests", "tools", "packaging")}
    texts[ROOT / "Makefile"] = (ROOT / "Makefile").read_text(encoding="utf-8")
    checks = check_rooms, check_cycles, check_length, check_width, check_twice
    found = [line for check in checks for line in check(texts)]
    for line in found:
        print(line)
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
