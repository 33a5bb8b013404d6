"""Bundle the script and the stylesheet with the project's own esbuild."""

import subprocess
from pathlib import Path
from typing import Final

from portal.errors import BuildError

# Two minutes: esbuild needs less than a second, so something is stuck.
_PATIENCE_SECONDS: Final = 120

_SCRIPT: Final = (
    "--format=esm",
    "--splitting",
    "--target=es2022",
    "--loader:.txt=text",
    # What libraries bring along and nobody here can reach.
    "--alias:@noble/curves/nist.js=./web/absent.ts",
    "--alias:@noble/hashes/scrypt.js=./web/absent.ts",
)
_COMMON: Final = (
    "--bundle",
    "--minify",
    "--legal-comments=none",
    "--log-level=warning",
    "--charset=utf8",
    # A module is named by its content and by where its parts lie: seen from the checkout, wherever links lead.
    "--preserve-symlinks",
)


def bundle(root: Path, assets: Path) -> None:
    """Write `main.js`, its modules and `style.css` into the folder `assets`, from `web/` under the checkout `root`.

    The names of entries are fixed; a module that is loaded later is named by its content. Raises: BuildError.
    """
    _run(root, "web/main.ts", *_SCRIPT, f"--outdir={assets}")
    # Addresses in the stylesheet are paths of the site, which are not there when it is bundled.
    _run(root, "web/style.css", "--external:/assets/*", f"--outdir={assets}")


def _run(root: Path, entry: str, *options: str) -> None:
    esbuild = root / "node_modules" / ".bin" / "esbuild"
    for needed, fix in ((esbuild, "run `npm ci`"), (root / entry, "this checkout is not whole")):
        if not needed.exists():
            raise BuildError(f"{needed} does not exist; {fix}.")
    try:
        # No shell, and every argument is made here.
        result = subprocess.run(  # noqa: S603
            [esbuild, entry, *_COMMON, *options],
            cwd=root,
            capture_output=True,
            text=True,
            timeout=_PATIENCE_SECONDS,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise BuildError(f"esbuild did not run ({type(error).__name__}).") from None
    if result.returncode != 0:
        raise BuildError(f"esbuild refuses {entry}:\n{result.stderr.strip()}")
