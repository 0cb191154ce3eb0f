#!/usr/bin/env python3
"""Do the tests notice small faults? Puts each mutant of table.txt into a copy of the sources, builds what its tests
need and runs them: a mutant is killed where one fails. Exit status 1 where fewer than nine of ten are, 2 where the
table does not fit the sources any more."""
import argparse
import os
import pathlib
import shutil
import subprocess
import sys

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parent.parent
LEAST = 0.9 # of the mutants
SECONDS = 300 # for one test program


class Mutant:
    def __init__(self, line, file, tests):
        self.line, self.file, self.tests = line, file, tests
        self.old, self.new = [], []

    def name(self):
        return f"{self.file}: {' '.join(self.old).strip()} -> {' '.join(self.new).strip() or '(nothing)'}"


def read_table(path):
    """A line "FILE: TEST...", then the lines to be replaced behind "-" and those that take their place behind "+"."""
    mutants = []
    for number, line in enumerate(path.read_text().splitlines(), 1):
        if not line.strip() or line.startswith("#"):
            continue
        if line[0] == "-":
            mutants[-1].old.append(line[1:].strip())
        elif line[0] == "+":
            mutants[-1].new.append(line[1:].strip())
        else:
            file, tests = line.split(":")
            mutants.append(Mutant(number, file.strip(), tests.split()))
    return mutants


def mutated(text, mutant):
    """The text with the mutant in it; None where its pattern is not there exactly once."""
    old = "\n".join(mutant.old)
    flat = "\n".join(line.strip() for line in text.splitlines())
    if flat.count(old) != 1:
        return None
    return flat.replace(old, "\n".join(mutant.new)) + "\n"


def check_table(mutants, root):
    """Says which entries do not fit."""
    bad = 0
    for m in mutants:
        file = root / m.file
        problem = "is not there" if not file.is_file() else \
            "no tests named" if not m.tests else \
            "changes nothing" if m.old == m.new else \
            "the pattern is not there exactly once" if mutated(file.read_text(), m) is None else None
        if problem:
            bad += 1
            print(f"table.txt:{m.line}: {m.file}: {problem}: {' '.join(m.old)}", file=sys.stderr)
    return bad


def copy_sources(tree):
    """Tracked files and new ones, as they are in the working tree; those that are the same keep their time, so that
    nothing is built anew that need not be."""
    names = subprocess.run(["git", "ls-files", "-co", "--exclude-standard"], cwd=ROOT, check=True, text=True,
                           capture_output=True).stdout.split("\n")
    wanted = {n for n in names if n and (ROOT / n).is_file()}
    for old in [p for p in tree.rglob("*") if p.is_file() and not p.is_relative_to(tree / "build")]:
        if str(old.relative_to(tree)) not in wanted:
            old.unlink()
    for name in wanted:
        source, target = ROOT / name, tree / name
        if target.is_file() and target.read_bytes() == source.read_bytes():
            continue
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(source, target)


def copy_objects(tree, build):
    """What the working tree has been compiled to is as good for its copy, made with the same relative paths."""
    if (build / "obj").is_dir() and not (tree / "build").exists():
        (tree / "build").mkdir()
        subprocess.run(["cp", "-a", str(build / "obj"), str(tree / "build")], check=True)


class Tree:
    def __init__(self, path, jobs):
        self.path = path
        ccache = "ccache " if shutil.which("ccache") else ""
        self.make = ["make", "-s", f"-j{jobs}", f"CC={ccache}gcc", f"CXX={ccache}g++", "BUILD=build"]
        self.environment = dict(os.environ, MAKEFLAGS="")

    def run(self, command, **more):
        return subprocess.run(command, cwd=self.path, env=dict(self.environment, **more.pop("env", {})), text=True,
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT, **more)

    def build(self, tests):
        """None, or why not."""
        targets = {f"build/tests/{t}" for t in tests if not t.endswith(".sh")}
        if any(t.endswith(".sh") for t in tests):
            targets |= {"build/gppi", "build/phantom", "build/tests/cli_fixture", "build/tests/cli_formats"}
        done = self.run(self.make + sorted(targets))
        return None if done.returncode == 0 else done.stdout

    def test(self, name):
        """None where it passes, else what it says."""
        where = {"GPPI": "build/gppi", "PHANTOM": "build/phantom", "FIXTURE": "build/tests/cli_fixture",
                 "FORMATS": "build/tests/cli_formats"}
        program = f"tests/{name}" if name.endswith(".sh") else f"build/tests/{name}"
        try:
            done = self.run(["tests/run.sh", program], timeout=SECONDS + 30,
                            env=dict(where, TEST_TIMEOUT=str(SECONDS)))
        except subprocess.TimeoutExpired:
            return "took too long"
        return None if done.returncode == 0 else done.stdout


def judge(tree, mutant):
    """The test that kills the mutant; None: it survives. Raises where it cannot be built."""
    file = tree.path / mutant.file
    text = file.read_text()
    try:
        file.write_text(mutated(text, mutant))
        trouble = tree.build(mutant.tests)
        if trouble is not None:
            raise RuntimeError(f"table.txt:{mutant.line}: {mutant.name()}: cannot be built:\n{trouble}")
        return next((t for t in mutant.tests if tree.test(t) is not None), None)
    finally:
        file.write_text(text)


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--tree", type=pathlib.Path, default=ROOT / "build" / "mutants", help="where the copy lies")
    parser.add_argument("--jobs", type=int, default=os.cpu_count())
    parser.add_argument("--check", action="store_true", help="only whether the table fits the sources")
    parser.add_argument("only", nargs="*", help="lines of the table, or parts of file names; all where none are given")
    args = parser.parse_args()

    mutants = read_table(HERE / "table.txt")
    if check_table(mutants, ROOT):
        return 2
    if args.check:
        print(f"{len(mutants)} mutants fit the sources")
        return 0
    chosen = [m for m in mutants if not args.only or any(o == str(m.line) or o in m.file for o in args.only)]
    tree = Tree(args.tree.resolve(), args.jobs)
    tree.path.mkdir(parents=True, exist_ok=True)
    copy_sources(tree.path)
    copy_objects(tree.path, ROOT / "build")
    tests = sorted({t for m in chosen for t in m.tests})
    trouble = tree.build(tests)
    if trouble is not None:
        print(trouble, file=sys.stderr)
        return 2
    for t in tests:
        trouble = tree.test(t)
        if trouble is not None:
            print(f"{t} fails without any mutant:\n{trouble}", file=sys.stderr)
            return 2
    killed = 0
    for m in chosen:
        by = judge(tree, m)
        killed += by is not None
        print(f"{'killed by ' + by if by else 'SURVIVED':28} {m.line:4}  {m.name()}", flush=True)
    print(f"{killed} of {len(chosen)} killed")
    return 0 if killed >= LEAST * len(chosen) else 1


if __name__ == "__main__":
    sys.exit(main())
