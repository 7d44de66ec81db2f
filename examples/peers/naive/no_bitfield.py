#!/usr/bin/env python3
"""full.py, but it does not tell a new neighbor what it holds."""
from above import conversation, full


class Node(full.Node):
    def greet(self, neighbor):
        if self.offers:
            self.fill_free_slots()


if __name__ == "__main__":
    conversation.answer(Node)
