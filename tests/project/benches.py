"""Runs the programs of the bench."""

from __future__ import annotations

from tests.support.shell import Shell


def run(shell: Shell, program: str, *options: str) -> str:
    """Run `python -m bench.` and that program with these options to its end. Returns what it printed."""
    code = f"runpy.run_module('bench.{program}', run_name='__main__', alter_sys=True)"
    done = shell.python(f"import runpy, sys\nsys.argv[1:] = {options!r}\n{code}")
    assert done.returncode == 0, done.stderr
    return done.stdout
