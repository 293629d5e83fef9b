"""The few lines that answer inside the student's kernel. The student can change all of them; nothing trusts them.

`python -m nbviva.inside.agent -f connection.json` is an ordinary ipykernel that also understands one more message,
`viva_ask`: its buffers hold a question, the buffers of the `viva_reply` hold the answer. The examiner's side is
`nbviva.kernel.student`.
"""

from __future__ import annotations

import contextlib
import gc
import linecache
import random
import sys
import time
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

from nbviva.inside import Frames, Handle, Unreadable, decode, encode
from nbviva.inside.line import BackLine
from nbviva.inside.objects import Objects

DEAR_SECONDS = 0.1  # CPU of an answer


class _Missing(Exception):
    """The namespace lacks a name that was asked for."""


class Agent:
    """Answers questions about a namespace: reads a name, sets one, calls a function or a method."""

    def __init__(self, namespace: dict[str, Any]) -> None:
        self.namespace = namespace
        self.kept: dict[int, Any] = {}
        self.stages: dict[str, dict[str, Any]] = {}
        self.muted: dict[str, Any] = {}
        self.is_exact = False
        self.objects: Objects | None = None  # for tests that run outside

    def answer(self, frames: Frames) -> Frames:
        """Turn the frames of a question into the frames of an answer; whatever the code raises is an answer too."""
        self.is_exact = False
        try:
            operation, seed, stage, *rest = decode(frames, tensors=True, exact=True)
            if operation == "objects" and self.objects:
                return self.objects.answer(*rest)
            self.namespace.update(self.stages.get(stage, {}) | self.muted)
            _seed_everything(seed)
            value = getattr(self, f"_{operation}")(*rest)
        except Unreadable as error:
            return encode(("unreadable", str(error)))
        except _Missing:
            return encode(("missing",))
        except (Exception, SystemExit, KeyboardInterrupt) as error:  # noqa: BLE001 - the student's error is the answer
            return encode(("raised", type(error).__name__, _line_of(error)))
        return self._encoded(value)

    def _encoded(self, value: Any) -> Frames:
        try:
            return encode(("ok", value), self._keep, exact=self.is_exact)
        except Unreadable as error:
            return encode(("unreadable", str(error)))
        except Exception as error:  # noqa: BLE001 - the value is the student's, and so is what becomes of asking it
            return encode(("unreadable", f"the value cannot be read: {type(error).__name__}"))

    def _ping(self) -> None:
        """Say that the kernel still answers."""

    def _exactly(self, operation: str, *rest: Any) -> Any:
        """Answer a question with each value as itself, not as plainly as it can be."""
        self.is_exact = True
        return getattr(self, f"_{operation}")(*rest)

    def _mark(self, stage: str) -> None:
        """Keep what functions, classes and modules the names stand for now; questions of this stage are about them."""
        self.stages[stage] = {
            name: value for name, value in self.namespace.items() if callable(value) or isinstance(value, ModuleType)
        }

    def _named(self, name: str) -> Any:
        if name not in self.namespace:
            raise _Missing
        return self.namespace[name]

    def _read(self, name: str) -> Any:
        return self._named(name)

    def _hold(self, name: str) -> Handle:
        return self._keep(self._named(name))

    def _put(self, value: Any) -> Handle:
        """Keep a value that was sent, so that it can be handed to several functions and looked at afterwards."""
        return self._keep(self._inside(value))

    def _mute(self, name: str) -> None:
        """Let all models that `name` makes compute zeros, until it is heard again.

        A class is changed in place, so that aliases and subclasses are muted, too.
        """
        target = self._named(name)
        if isinstance(target, type):
            self.muted[name] = target
            target.forward = _silent(target.forward)  # type: ignore[attr-defined]
        else:
            self.muted[name] = _maker_of_silent(target)

    def _unmute(self, name: str) -> None:
        muted = self.muted.pop(name, None)
        if isinstance(muted, type):
            muted.forward = muted.forward.before  # type: ignore[attr-defined]
        elif muted is not None:
            self.namespace[name] = muted.before

    def _write(self, name: str, value: Any) -> None:
        self.namespace[name] = self._inside(value)

    def _call(self, root: str | Handle, path: list[str], args: list[Any], kwargs: dict[str, Any]) -> Any:
        target = self._named(root) if isinstance(root, str) else self.kept[root.number]
        for attribute in path:
            target = getattr(target, attribute)
        return target(*self._inside(args), **self._inside(kwargs))

    def _keep(self, value: object) -> Handle:
        number = len(self.kept)
        self.kept[number] = value
        return Handle(number)

    def _inside(self, value: Any) -> Any:
        """Put the objects back in the place of their handles."""
        if isinstance(value, Handle):
            return self.kept[value.number]
        if type(value) in (list, tuple):
            return type(value)(self._inside(item) for item in value)
        if type(value) is dict:
            return {key: self._inside(item) for key, item in value.items()}
        return value


def _silent(forward: Callable[..., Any]) -> Any:
    def silent(*args: Any, **kwargs: Any) -> Any:
        return forward(*args, **kwargs) * 0

    silent.before = forward  # type: ignore[attr-defined]
    return silent


def _maker_of_silent(make: Callable[..., Any]) -> Any:
    def maker(*args: Any, **kwargs: Any) -> Any:
        made = make(*args, **kwargs)
        made.forward = _silent(made.forward)
        return made

    maker.before = make  # type: ignore[attr-defined]
    return maker


def _line_of(error: BaseException) -> str:
    """Give the line of the notebook's own code that an error came from last; the other side knows the notebook."""
    found = ""
    trace = vars(BaseException)["__traceback__"].__get__(error)  # whatever the class says of itself
    while trace is not None:
        name = trace.tb_frame.f_code.co_filename
        if "ipykernel_" in name or name.startswith("<"):  # a cell's code, in a kernel or in a rehearsal
            found = linecache.getline(name, trace.tb_lineno).strip() or found
        trace = trace.tb_next
    return found[:200]


def _seed_everything(seed: int) -> None:
    random.seed(seed)
    if numpy := sys.modules.get("numpy"):
        numpy.random.seed(seed % 2**32)
    if torch := sys.modules.get("torch"):
        # built for none, torch would format the stack for each kind of accelerator, to seed it should it be there later
        accelerator = getattr(torch, "accelerator", None)  # older ones have no such module
        built_for_none = accelerator is not None and accelerator.current_accelerator() is None
        (torch.default_generator if built_for_none else torch).manual_seed(seed)


def serve(kernel: Any) -> None:
    """Teach an ipykernel the message `viva_ask`."""
    agent, line = Agent(kernel.shell.user_ns), BackLine(kernel)
    agent.objects = Objects(kernel.shell.user_ns, line)
    answer_to(kernel, line, lambda frames: agent.answer(frames))  # noqa: PLW0108 - whatever it is by then


def answer_to(kernel: Any, line: BackLine, answer: Callable[[Frames], Frames]) -> None:
    """Let an ipykernel answer the message `viva_ask` so; on the line may be asked back meanwhile.

    What a dear answer leaves behind in cycles, such as a trainer with its data, goes before the next one.
    """

    def viva_ask(stream: Any, identity: Any, parent: dict[str, Any]) -> None:
        began = time.process_time()
        with line.opened(identity, parent):
            frames = answer(parent.get("buffers") or [])
        kernel.session.send(stream, "viva_reply", {}, parent=parent, ident=identity, buffers=frames)
        if time.process_time() - began > DEAR_SECONDS:
            gc.collect()

    handlers: dict[str, Callable[..., Any]] = kernel.shell_handlers
    handlers["viva_ask"] = viva_ask


def main() -> None:
    """Start the kernel; called by the kernel's command line."""
    start(serve)


def start(teach: Callable[[Any], object], **options: Any) -> None:
    """Start a kernel, teach it what it answers, and let it go on until it is killed."""
    import zmq
    from ipykernel.kernelapp import IPKernelApp

    class Application(IPKernelApp):
        """The kernel's application, which keeps outputs for a slow reader instead of dropping them."""

        def init_iopub(self, context: Any) -> None:
            context.setsockopt(zmq.SNDHWM, 0)  # for the socket that is made now
            super().init_iopub(context)  # type: ignore[no-untyped-call]

    application: Any = Application.instance(**options)
    application.initialize(sys.argv[1:])
    sys.path.append(str(Path.cwd()))  # a group's own modules come after the environment's, so that they shadow none
    _seed_everything(0)
    teach(application.kernel)
    with contextlib.suppress(KeyboardInterrupt, SystemExit):
        application.start()
    while True:  # what stops the loop from inside (`quit`, a restart, SystemExit in a task) ends no kernel
        with contextlib.suppress(KeyboardInterrupt, SystemExit):
            application.io_loop.start()


if __name__ == "__main__":
    main()
