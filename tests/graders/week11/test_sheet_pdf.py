"""The sheet of week 11: every sentence is there (matrices by columns), and what four programs fill in is read."""

import base64
import json
import os
import re
import shutil
import subprocess
import time
import unicodedata
from html import escape
from pathlib import Path

import pytest
from pypdf import PdfReader, PdfWriter

from nbviva.checks import Week
from nbviva.filled import Member, read_form
from nbviva.form import build_form
from nbviva.spec import read_assignment

FOLDER = Path(__file__).parents[3] / "graders" / "week11"
ASSIGNMENT = read_assignment(FOLDER)
SENTENCES = """
Machine Learning for Bioinformatics
Exercise Sheet
Freie Universität Berlin, SoS 2024
Week 11 · Assignment on 12.06.2024. Submit until 21.06.2024 11pm.
Please note that the jupyter notebook must be submitted along with the exercise sheet!1
Name: Matriculation no.: Name: Matriculation no.:
Neural Network Architectures
Assignment 1. Vanishing Gradient Problem
The vanishing gradient problem can substantially impede the training of neural networks.
There are several countermeasures that help to stabilize the gradient.
This includes, for instance, activation functions that do not saturate at both very low and very high input values.
Another strategy is to normalize the inputs of each layer, or to use skip connections.
1. Go through the first part of the notebook and complete the implementations. Points: 0
2. Which of the methods seems most efficient to obtain uniformly distributed magnitudes of the gradient,
where at no point the gradient magnitudes drop to zero? Points: 2
Skip Connections: Batch Norm: ReLU Activation: ELU Activation:
Assignment 2. Enhancer Sequence Classification
Enhancers are regulatory elements in the genome that are responsible for cell type-specific gene expression.
A major challenge is to understand in which cell type an enhancer becomes active.
We would like study if the activity of an enhancer can be predicted from only the enhancer DNA sequence.
It is believed that enhancers become active through transcription factors that bind to the DNA sequence.
These proteins have binding subdomains that recognize specific short DNA subsequences within the enhancer.
By constructing a classifier that predicts the activity from DNA sequence,
we might be able to identify the DNA subsequences recognized by transcription factors.
We restrict our attantion to enhancers that are active in liver (positive set)
and try to discriminate them from those active in other tissues (negative set).
Read and understand the Lightning implementations.
4. Complete the implementation of the CNN. Test different kernel sizes. Points: 0
No points are awarded if an answer is only partially correct.
Answers must be supported by results from the jupyter notebook.
What is the ROC-AUC of your classifier evaluated with 5-fold CV? You should get above 0.75. Points: 5
ROC-AUC: PR-AUC:
Visualize the kernels of the first layer of your CNN model to obtain the identified DNA subsequences (optional).
Extra Points: 5
Assignment 3. Pen&Paper Exercises
1. The data X = [1 1 -1 -1 1 -1 1 -1], y = [1 0 0 1]
can be perfectly classified by a neural network with a single linear layer (including bias)
and a sigmoid activation function to compute the output of the network. Points: 2
Correct: Incorrect:
2. The output of a convolutional layer on images is rotation equivariant Points: 2
3. Gradient descent is an iterative algorithm for computing the minimizer x* of an objective function f.
At each iteration t it computes a value xt based on the value xt-1 at the previous step t-1.
Consider the objective function f(x) = x2 + 3.
Perform one iteration of the gradient descent algorithm with initial condition x0 = 1 and step size gamma = 0.5.
What is the value of x1? Points: 2
x1 =
4. Assume we have a neural network with two layers and ReLU activation function. The first layer has weights
W = [w11 w21 w12 w22] = [1 4 3 5]
while the second layer uses the weight matrix V = [v11 v21] = [1 1].
The output of the neural network is given by f(X) = sigma(sigma(XW)V)
where X denotes the input and sigma the ReLU activation function.
Assume furthermore that our data is given by X = [1 2] and y = [1].
Compute the value of the partial derivative of the loss function L = (y-f(X))2 with respect to w11. Points: 2
d dw11 L =
"""
LETTERS = {"\u2212": "-", "\u2217": "*", "\u03b3": "gamma", "\u03c3": "sigma", "\u2202": "d"}
TEXTS = {
    "member_1_name": "Zoë Müller", "member_1_number": "5512345",
    "member_2_name": "Łukasz", "member_2_number": "5554321",
    "roc_auc_answer": "0,83", "pr_auc_answer": " 0.746 ", "x_1": "x1 = 0", "dL_dw_11": "\u22125/6",
}  # fmt: skip
TICKS = ("answer_1_2-skip", "answer_3_1-incorrect", "answer_3_2-correct", "answer_3_2-incorrect")
FIELDS = [
    "member_1_name", "member_1_number", "member_2_name", "member_2_number",
    "answer_1_2-skip", "answer_1_2-batch_norm", "answer_1_2-relu", "answer_1_2-elu",
    "roc_auc_answer", "pr_auc_answer",
    "answer_3_1-correct", "answer_3_1-incorrect", "answer_3_2-correct", "answer_3_2-incorrect", "x_1", "dL_dw_11",
]  # fmt: skip


@pytest.fixture(scope="module")
def sheet(tmp_path_factory):
    """The sheet as it is released."""
    return build_form(Week(FOLDER, ASSIGNMENT, ()), tmp_path_factory.mktemp("sheet"))


def fields_of(page):
    """Give the fields of a page in the order of the tab key; links are no fields."""
    notes = [note.get_object() for note in page.get("/Annots", [])]
    return [note for note in notes if note["/Subtype"] == "/Widget"]


def squeezed(text):
    """Give a text without spaces and with plain letters for those of formulas."""
    text = unicodedata.normalize("NFKC", text)
    for letter, plain in LETTERS.items():
        text = text.replace(letter, plain)
    return re.sub(r"[\s\x00-\x1f]", "", text)  # tall brackets have parts without a letter


def test_every_sentence_of_the_sheet_is_there(sheet):
    text = squeezed("".join(page.extract_text() for page in PdfReader(sheet).pages))
    assert [] == [line for line in SENTENCES.strip().splitlines() if squeezed(line) not in text]


def test_the_sheet_has_its_fields_in_its_order(sheet):
    assert FIELDS == [field["/T"] for page in PdfReader(sheet).pages for field in fields_of(page)]


def test_an_assignment_starts_on_one_page_and_the_sheet_has_two(sheet):
    first, second = (page.extract_text() for page in PdfReader(sheet).pages)
    assert "Assignment 2" in first
    assert "Assignment 3" in second


def by_pypdf(sheet, target):
    """A library."""
    writer = PdfWriter(clone_from=sheet)
    for page in writer.pages:
        writer.update_page_form_field_values(page, TEXTS | dict.fromkeys(TICKS, "/Yes"))
    writer.write(target)


def by_qpdf(sheet, target):
    """A tool for the structure of PDFs: values are written, looks are generated."""
    command = ["qpdf", "--json=2", "--json-key=qpdf", "--json-key=acroform", sheet]
    data = json.loads(subprocess.check_output(command))
    head, objects = data["qpdf"]
    changed = {}
    for item in data["acroform"]["fields"]:
        place, name = f"obj:{item['object']}", item["fullname"]
        if name in TEXTS:
            objects[place]["value"]["/V"] = f"u:{TEXTS[name]}"
        elif name in TICKS:
            objects[place]["value"] |= {"/V": "/Yes", "/AS": "/Yes"}
        changed[place] = objects[place]
    update = target.with_suffix(".json")
    update.write_text(json.dumps({"qpdf": [head, changed]}), "utf-8")
    subprocess.run(["qpdf", sheet, f"--update-from-json={update}", "--generate-appearances", target], check=True)


def by_pdftk(sheet, target):
    """A tool for forms, from a list of names and values."""
    items = TEXTS | dict.fromkeys(TICKS, "Yes")
    lines = [f'<field name="{name}"><value>{escape(value)}</value></field>' for name, value in items.items()]
    data = target.with_suffix(".xfdf")
    data.write_text(
        f'<?xml version="1.0"?><xfdf xmlns="http://ns.adobe.com/xfdf/"><fields>{"".join(lines)}</fields></xfdf>',
        "utf-8",
    )
    subprocess.run(["pdftk", sheet, "fill_form", data, "output", target], check=True)


def by_chromium(sheet, target):
    """A browser's viewer: click on the first field, then only the tab key, the space bar and letters; save."""
    with Chromium(target.parent) as browser:
        browser.open(sheet)
        browser.click_field(fields_of(PdfReader(sheet).pages[0])[0]["/Rect"])
        for name in FIELDS:
            browser.type(" " if name in TICKS else TEXTS.get(name, ""))
            browser.tab()
        target.write_bytes(browser.saved())


class Chromium:
    """A headless browser with its PDF viewer, led by keys and clicks."""

    def __init__(self, folder):
        self.profile = folder / "profile"
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
        self.count = 0

    def __enter__(self):
        import websocket

        told = self.profile / "DevToolsActivePort"
        until(lambda: told.exists() and told.read_text("utf-8").count("\n"))
        port, path = told.read_text("utf-8").split("\n")[:2]
        self.socket = websocket.create_connection(f"ws://127.0.0.1:{port}{path}", timeout=30)
        return self

    def __exit__(self, *_):
        self.socket.close()
        self.process.terminate()
        self.process.wait(20)

    def call(self, method, session=None, **parameters):
        """Send a command and give its result."""
        self.count += 1
        self.socket.send(json.dumps(
            {"id": self.count, "method": method, "params": parameters} | ({"sessionId": session} if session else {})
        ))  # fmt: skip
        while (reply := json.loads(self.socket.recv())).get("id") != self.count:
            pass
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
        time.sleep(0.3)  # the field opens for writing

    def type(self, text):
        """Type a text."""
        for letter in text:
            self.call("Input.dispatchKeyEvent", self.page, type="char", text=letter, key=letter)
            time.sleep(0.02)  # keys typed faster than any person may be lost

    def tab(self):
        """Go to the next field."""
        key = {"key": "Tab", "code": "Tab", "windowsVirtualKeyCode": 9}
        self.call("Input.dispatchKeyEvent", self.page, type="keyDown", **key)
        self.call("Input.dispatchKeyEvent", self.page, type="keyUp", **key)

    def saved(self):
        """Give the bytes that the viewer's own button would save."""
        return base64.b64decode(
            self.run("""(async () => {
            const saved = await document.querySelector('pdf-viewer').currentController.save('EDITED');
            return btoa(Array.from(new Uint8Array(saved.dataToSave), byte => String.fromCharCode(byte)).join(''));
        })()""")
        )


def until(condition, seconds=30):
    """Wait until a condition holds."""
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "the browser did not get ready"
        time.sleep(0.1)


@pytest.mark.parametrize("fill", [by_pypdf, by_qpdf, by_pdftk, by_chromium])
def test_what_a_program_fills_in_is_read(sheet, tmp_path, fill):
    program = fill.__name__.removeprefix("by_")
    if program != "pypdf" and shutil.which(program) is None:
        pytest.skip(f"{program} is not installed")
    target = tmp_path / "filled.pdf"
    fill(sheet, target)
    found = read_form(target, ASSIGNMENT)
    assert (Member("Zoë Müller", "5512345"), Member("Łukasz", "5554321")) == found.members
    assert {
        "answer_1_2": "skip", "roc_auc_answer": "0.83", "pr_auc_answer": "0.746", "answer_3_1": "incorrect",
        "x_1": "0", "dL_dw_11": "-5/6",
    } == found.answers  # fmt: skip
    assert (
        'Question 3.2: the boxes "Correct" and "Incorrect" are ticked where one is asked, so none of them counts.',
    ) == found.problems
