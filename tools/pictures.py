"""Take the README's pictures, docs/pictures/*.png: a feedback page and the class report, as `make demo` leaves them."""

import shutil
import sys
from pathlib import Path

from playwright.sync_api import sync_playwright

ROOT = Path(__file__).parent.parent
FOLDER = ROOT / "docs" / "pictures"
PAGES = {
    "feedback": ROOT / "feedback/two_wrong/week11/neural_networks.html",
    "class-report": ROOT / "reports/week11/index.html",
}
SIZE = {"width": 1100, "height": 760}


def take() -> None:
    """Take all of them with Debian's Chromium."""
    missing = [path for path in PAGES.values() if not path.is_file()]
    if missing:
        sys.exit(f"{missing[0].relative_to(ROOT)} is missing: run 'make demo' first.")
    FOLDER.mkdir(exist_ok=True)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=["--no-sandbox"])
        page = browser.new_page(viewport={"width": SIZE["width"], "height": SIZE["height"]})
        for name, path in PAGES.items():
            page.goto(path.as_uri())
            if name == "class-report":
                page.wait_for_function("document.documentElement.dataset.drawn")
            page.screenshot(path=FOLDER / f"{name}.png")
        browser.close()


if __name__ == "__main__":
    take()
