"""`python -m bench [NAME…]`: measure, print the tables, and write them into docs/PERFORMANCE.md."""

from __future__ import annotations

import json
import sys
from argparse import ArgumentParser, Namespace
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from bench import portal, workstation
from bench.report import render, rewrite

_ROOT: Final = Path(__file__).resolve().parent.parent
# A bench is a module with `FULL`, `QUICK`, `measure`, `tabulate` and `draw`; its name is that of its section.
_BENCHES: Final = {"portal": portal, "workstation": workstation}


def main(arguments: Sequence[str] | None = None) -> int:
    """Run benches; return 0."""
    args = _parse(arguments)
    results = {}
    for name in args.names or _BENCHES:
        bench = _BENCHES[name]
        sizes = bench.QUICK if args.quick else bench.FULL
        results[name] = bench.measure(sizes)
        text = render(bench.tabulate(sizes, results[name]))
        print(f"{name}\n\n{text}\n")
        if args.docs is not None:
            rewrite(args.docs, name, text)
            for plot, svg in bench.draw(sizes, results[name]).items():
                (args.docs.parent / "bench").mkdir(exist_ok=True)
                (args.docs.parent / "bench" / plot).write_text(svg, encoding="utf-8")
    if args.results is not None:
        args.results.write_text(json.dumps(results, indent=1) + "\n", encoding="utf-8")
    return 0


def _parse(arguments: Sequence[str] | None) -> Namespace:
    parser = ArgumentParser(prog="python -m bench", description="Measure what people wait for.")
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"which of: {', '.join(_BENCHES)} (default: all)")
    parser.add_argument("--quick", action="store_true", help="show that the benches work; the figures say nothing")
    parser.add_argument("--docs", type=Path, help="the document whose section is rewritten")
    parser.add_argument("--results", type=Path, help="the file that takes the figures as JSON")
    args = parser.parse_args(arguments)
    unknown = set(args.names) - _BENCHES.keys()
    if unknown:
        parser.error(f"there is no bench {', '.join(sorted(unknown))}")
    if not args.quick:
        args.docs = args.docs or _ROOT / "docs" / "PERFORMANCE.md"
        args.results = args.results or _ROOT / "bench" / "results.json"
    return args


if __name__ == "__main__":
    sys.exit(main())
