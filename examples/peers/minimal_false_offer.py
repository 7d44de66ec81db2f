#!/usr/bin/env python3
"""minimal.py with a bug: free riders offer what they hold, and those that ask them wait forever."""
import conversation
import minimal


class Node(minimal.Node):
    def __init__(self, number, init, start, out):
        super().__init__(number, init, start, out)
        self.gives = True


if __name__ == "__main__":
    conversation.answer(Node, churn=False, barter=False)
