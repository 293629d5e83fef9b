"""nbclient for a student's notebook: outputs are capped as they arrive, and nothing in a message steers us."""

from __future__ import annotations

from typing import Any

from nbclient import NotebookClient

from nbviva.notebooks import NotebookNode, new_output


class CellRunner(NotebookClient):
    """nbclient with a cap on what a cell may print: the rest is dropped as it arrives, and said."""

    output_bytes = 2 << 20
    output_count = 200

    def __init__(self, nb: NotebookNode, **options: Any) -> None:
        self.used: dict[int, int] = {}
        super().__init__(nb, **options)

    def output(self, outs: list[NotebookNode], msg: dict[str, Any], display_id: str | None, cell_index: int) -> Any:
        """Keep one output; called for each that arrives."""
        before = self.used.get(cell_index, 0)
        self.used[cell_index] = before + len(repr(msg["content"])) + self.output_bytes // self.output_count
        if self.used[cell_index] <= 2 * self.output_bytes:
            return super().output(outs, msg, display_id, cell_index)
        if before <= 2 * self.output_bytes:
            outs.append(new_output("stream", name="stderr", text="\n[The rest of this output was cut.]\n"))
        return None

    def handle_comm_msg(self, outs: list[NotebookNode], msg: dict[str, Any], cell_index: int) -> None:
        """Ignore widgets: they could register hooks that swallow outputs."""
