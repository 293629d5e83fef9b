"""A hand-in that is looked at by the group itself, before it is handed in, with no more than what the release holds.

Called by `cli` (`nbviva check`) and by `verify`, which writes the release's description. It starts the group's own code
only where the group asks for it, without a sandbox, and it knows no check, no secret and no right answer. Nothing
that it says is believed when a mark is decided. Its face: `description.write_description`, `look.look`.
"""
