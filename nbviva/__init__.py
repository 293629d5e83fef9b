"""nbviva marks notebooks by asking them: the examiner asks, the student's kernel answers, only the examiner marks."""
