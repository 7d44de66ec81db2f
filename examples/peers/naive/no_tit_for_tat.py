#!/usr/bin/env python3
"""full.py, but it serves its neighbors in turn, whatever they give."""
from above import conversation, full


class Node(full.Node):
    def rank(self, neighbor):
        return -neighbor.waited, neighbor.peer


if __name__ == "__main__":
    conversation.answer(Node)
