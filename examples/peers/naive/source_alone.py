#!/usr/bin/env python3
"""full.py, but only the source gives: no peer passes on what it holds."""
from above import conversation, full


class Node(full.Node):
    def __init__(self, number, init, start, out):
        super().__init__(number, init, start, out)
        self.gives = start["role"] == "source"


if __name__ == "__main__":
    conversation.answer(Node)
