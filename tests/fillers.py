"""Programs that fill in the exercise sheet as students do: a library, two tools, and a browser's viewer."""

import base64
import io
import json
import os
import shutil
import subprocess
import time
from contextlib import closing
from html import escape

from pypdf import PdfReader, PdfWriter

from nbviva.week.fields import MARK


def filled(program, sheet, target, texts, ticks=()):
    """Fill in a sheet with a program, or with the library where it is not installed; `installed` tells."""
    fill = PROGRAMS[program] if installed(program) else by_pypdf
    fill(sheet, target, texts, ticks)


def installed(program):
    """Whether a program is there."""
    return program == "pypdf" or shutil.which(program) is not None


def fields_of(page):
    """Give the fields of a page in the order of the tab key; links are no fields."""
    notes = [note.get_object() for note in page.get("/Annots", [])]
    return [note for note in notes if note["/Subtype"] == "/Widget"]


def name_of(field):
    """Give the name of a field as assignment.toml has it: of a radio button with its option."""
    if "/T" in field:
        return field["/T"]
    return f"{field['/Parent']['/T']}-{next(state[1:] for state in field['/AP']['/N'] if state != '/Off')}"


def chosen(ticks):
    """Give the values of boxes and of radio buttons that tick these; a form has one or the other."""
    answers = (tick.rpartition("-")[::2] for tick in ticks)
    return dict.fromkeys(ticks, "Yes") | dict(answers)


def by_pypdf(sheet, target, texts, ticks):
    """A library."""
    writer = PdfWriter(clone_from=sheet)
    values = texts | {name: f"/{value}" for name, value in chosen(ticks).items()}
    for page in writer.pages:
        writer.update_page_form_field_values(page, values)
    writer.write(target)


def by_qpdf(sheet, target, texts, ticks):
    """A tool for the structure of PDFs: values are written, looks are generated."""
    command = ["qpdf", "--json=2", "--json-key=qpdf", "--json-key=acroform", sheet]
    data = json.loads(subprocess.check_output(command))
    head, objects = data["qpdf"]
    changed = {}
    for item in data["acroform"]["fields"]:
        place, name = f"obj:{item['object']}", item["fullname"]
        if name in texts:
            objects[place]["value"]["/V"] = f"u:{texts[name]}"
        elif name in ticks:
            objects[place]["value"] |= {"/V": "/Yes", "/AS": "/Yes"}
        elif (value := chosen(ticks).get(name)) and item["isradiobutton"]:
            group = f"obj:{objects[place]['value']['/Parent']}"
            if f"/{value}" in objects[place]["value"]["/AP"]["/N"]:
                objects[place]["value"]["/AS"] = objects[group]["value"]["/V"] = f"/{value}"
            changed[group] = objects[group]
        changed[place] = objects[place]
    update = target.with_suffix(".json")
    update.write_text(json.dumps({"qpdf": [head, changed]}), "utf-8")
    subprocess.run(["qpdf", sheet, f"--update-from-json={update}", "--generate-appearances", target], check=True)


def by_pdftk(sheet, target, texts, ticks):
    """A tool for forms, from a list of names and values."""
    items = texts | chosen(ticks)
    lines = [f'<field name="{name}"><value>{escape(value)}</value></field>' for name, value in items.items()]
    data = target.with_suffix(".xfdf")
    data.write_text(
        f'<?xml version="1.0"?><xfdf xmlns="http://ns.adobe.com/xfdf/"><fields>{"".join(lines)}</fields></xfdf>',
        "utf-8",
    )
    subprocess.run(["pdftk", sheet, "fill_form", data, "output", target], check=True)


def by_chromium(sheet, target, texts, ticks):
    """A browser's viewer: click on the first field, then only the tab key, the space bar and letters; save.

    A person sees what stands in the fields, and types again what a busy machine has lost: so does this.
    """
    from websocket import WebSocketException

    known = PdfReader(sheet).get_fields() or {}
    values = {name: f"/{value}" for name, value in chosen(ticks).items() if name in known}
    wanted = {name: text for name, text in texts.items() if text} | values
    for pause in (0.02, 0.1, 0.4):
        try:
            saved = _typed(sheet, target.parent / f"profile-{pause}", texts, ticks, pause)
        except (OSError, WebSocketException):  # a machine that is too busy for this pause has another try
            continue
        found = {name: str(field.value) for name, field in (PdfReader(io.BytesIO(saved)).get_fields() or {}).items()}
        if wanted == {name: value for name, value in found.items() if name != MARK and value not in {"", "/Off"}}:
            target.write_bytes(saved)
            return
    raise AssertionError("the browser lost keys, however slowly they were typed")


def _typed(sheet, profile, texts, ticks, pause):
    """Give the PDF that the viewer saves when all of this was typed, with so many seconds between two keys."""
    with closing(Chromium(profile, pause)) as browser:
        browser.connect()
        browser.open(sheet)
        fields = [field for page in PdfReader(sheet).pages for field in fields_of(page)]
        browser.click_field(fields[0]["/Rect"])
        for name in map(name_of, fields):
            browser.type(" " if name in ticks else texts.get(name, ""))
            browser.tab()
        return browser.saved()


class Chromium:
    """A headless browser with its PDF viewer, led by keys and clicks."""

    def __init__(self, profile, pause):
        self.profile, self.pause = profile, pause
        flags = [
            "--headless=new",
            "--disable-gpu",
            "--no-first-run",
            "--remote-debugging-port=0",
            "--disable-dev-shm-usage",
        ]
        flags += ["--remote-allow-origins=*", "--window-size=1000,1300", f"--user-data-dir={self.profile}"]
        flags += ["--no-sandbox"] if os.getuid() == 0 else []
        quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
        self.process = subprocess.Popen([shutil.which("chromium"), *flags, "about:blank"], **quiet)
        self.count, self.socket = 0, None

    def connect(self):
        """Wait until it listens."""
        from websocket import create_connection

        told = self.profile / "DevToolsActivePort"
        until(lambda: told.exists() and told.read_text("utf-8").count("\n"))
        port, path = told.read_text("utf-8").split("\n")[:2]
        self.socket = create_connection(f"ws://127.0.0.1:{port}{path}", timeout=60)

    def close(self):
        """End it."""
        if self.socket:
            self.socket.close()
        self.process.terminate()
        self.process.wait(60)

    def call(self, method, session=None, **parameters):
        """Send a command and give its result."""
        self.count += 1
        self.socket.send(json.dumps(
            {"id": self.count, "method": method, "params": parameters} | ({"sessionId": session} if session else {})
        ))  # fmt: skip
        while (reply := json.loads(self.socket.recv())).get("id") != self.count:
            pass
        if "result" not in reply:
            raise OSError(str(reply))
        return reply["result"]

    def open(self, path):
        """Open a PDF in the viewer, and wait until it is shown."""
        page = self.call("Target.createTarget", url=f"{path.as_uri()}#toolbar=0&navpanes=0")["targetId"]

        def viewer():
            targets = self.call("Target.getTargets", filter=[{}])["targetInfos"]
            return [
                t["targetId"]
                for t in targets
                if t["url"].startswith("chrome-extension://") and "index.html" in t["url"]
            ]

        until(viewer)
        self.page, self.viewer = (
            self.call("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
            for target in (page, viewer()[0])
        )
        until(lambda: self.run("document.querySelector('pdf-viewer')?.loadState_ === 'success'"))

    def run(self, expression):
        """Evaluate an expression in the viewer."""
        asked = {"expression": expression, "awaitPromise": True, "returnByValue": True}
        return self.call("Runtime.evaluate", self.viewer, **asked)["result"].get("value")

    def click_field(self, rectangle):
        """Click into the middle of a field of the first page."""
        place = self.run("document.querySelector('pdf-viewer').viewport.getPageScreenRect(0)")
        left, bottom, right, top = map(float, rectangle)
        scale = place["width"] / 595.28
        x, y = place["x"] + (left + right) / 2 * scale, place["y"] + (841.89 - (top + bottom) / 2) * scale
        for kind in ("mousePressed", "mouseReleased"):
            self.call("Input.dispatchMouseEvent", self.page, type=kind, x=x, y=y, button="left", clickCount=1)
        time.sleep(0.2 + 10 * self.pause)  # the field opens for writing

    def type(self, text):
        """Type a text."""
        for letter in text:
            self.call("Input.dispatchKeyEvent", self.page, type="char", text=letter, key=letter)
            time.sleep(self.pause)  # keys typed faster than any person may be lost

    def tab(self):
        """Go to the next field."""
        key = {"key": "Tab", "code": "Tab", "windowsVirtualKeyCode": 9}
        self.call("Input.dispatchKeyEvent", self.page, type="keyDown", **key)
        self.call("Input.dispatchKeyEvent", self.page, type="keyUp", **key)
        time.sleep(self.pause)

    def saved(self):
        """Give the bytes that the viewer's own button would save."""
        return base64.b64decode(
            self.run("""(async () => {
            const saved = await document.querySelector('pdf-viewer').currentController.save('EDITED');
            return btoa(Array.from(new Uint8Array(saved.dataToSave), byte => String.fromCharCode(byte)).join(''));
        })()""")
        )


def until(condition, seconds=60):
    """Wait until a condition holds."""
    end = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > end:
            raise TimeoutError("the browser did not get ready")
        time.sleep(0.1)


PROGRAMS = {"pypdf": by_pypdf, "qpdf": by_qpdf, "pdftk": by_pdftk, "chromium": by_chromium}
