"""The sheet of week 11: every sentence is there (matrices by columns), and what four programs fill in is read."""

import re
import unicodedata
from pathlib import Path

import pytest
from pypdf import PdfReader

from nbviva.handin.filled import Member, read_form
from nbviva.week.spec import read_assignment
from nbviva.week.typesetting import build_form
from nbviva.week.week import Week
from tests.fillers import PROGRAMS, fields_of, installed, name_of

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
    assert FIELDS == [name_of(field) for page in PdfReader(sheet).pages for field in fields_of(page)]


def test_an_assignment_starts_on_one_page_and_the_sheet_has_two(sheet):
    first, second = (page.extract_text() for page in PdfReader(sheet).pages)
    assert "Assignment 2" in first
    assert "Assignment 3" in second


@pytest.mark.parametrize("program", list(PROGRAMS))
def test_what_a_program_fills_in_is_read(sheet, tmp_path, program):
    if not installed(program):
        pytest.skip(f"{program} is not installed")
    target = tmp_path / "filled.pdf"
    PROGRAMS[program](sheet, target, TEXTS, TICKS)
    found = read_form(target, ASSIGNMENT)
    assert (Member("Zoë Müller", "5512345"), Member("Łukasz", "5554321")) == found.members
    assert {
        "answer_1_2": "skip", "roc_auc_answer": "0.83", "pr_auc_answer": "0.746", "answer_3_1": "incorrect",
        "answer_3_2": "incorrect", "x_1": "0", "dL_dw_11": "-5/6",
    } == found.answers, "the second tick takes the first one back"  # fmt: skip
    assert () == found.problems
