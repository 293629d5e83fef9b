"""nbclient for a student's notebook: outputs are capped as they arrive, and nothing in a message steers us."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from nbclient import NotebookClient

from nbviva.notebooks import NotebookNode, new_output


class CellRunner(NotebookClient):
    """nbclient with caps on what a cell and a notebook may show: the rest is dropped as it arrives, and said."""

    cell_bytes = 4 << 20
    notebook_bytes = 32 << 20
    least_bytes = 20_000  # what an output counts at least, so that many small ones are capped, too

    def __init__(self, nb: NotebookNode, **options: Any) -> None:
        self.used: dict[int, int] = {}
        super().__init__(nb, record_timing=False, **options)

    async def run_cell(self, cell: NotebookNode, index: int) -> None:
        """Run one cell; what it shows stands in the cell."""
        await self.async_execute_cell(cell, index)

    def output(self, outs: list[NotebookNode], msg: dict[str, Any], display_id: str | None, cell_index: int) -> Any:
        """Keep one output; called for each that arrives."""
        before = self.used.get(cell_index, 0)
        if self._has_room(msg, cell_index):
            return super().output(outs, msg, display_id, cell_index)
        if before <= self.cell_bytes:
            outs.append(new_output("stream", name="stderr", text="\n[The rest of this output was cut.]\n"))
        return None

    def _update_display_id(self, display_id: str, msg: dict[str, Any]) -> None:
        if self._has_room(msg, -1):
            super()._update_display_id(display_id, msg)

    def _has_room(self, msg: dict[str, Any], cell_index: int) -> bool:
        size = self.least_bytes + sum(len(text) for text in _texts(msg["content"]))
        self.used[cell_index] = self.used.get(cell_index, 0) + size
        return self.used[cell_index] <= self.cell_bytes and sum(self.used.values()) <= self.notebook_bytes

    def handle_comm_msg(self, outs: list[NotebookNode], msg: dict[str, Any], cell_index: int) -> None:
        """Ignore widgets: they could register hooks that swallow outputs."""


def _texts(content: Any) -> Iterator[str]:
    """Give all texts in a message's content, without building a larger one."""
    todo = [content]
    while todo:
        item = todo.pop()
        if isinstance(item, str):
            yield item
        elif isinstance(item, dict):
            todo.extend([*item.keys(), *item.values()])
        elif isinstance(item, list):
            todo.extend(item)
