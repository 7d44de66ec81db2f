#!/usr/bin/env python3
"""full.py, but it requests any chunk, however many neighbors hold it."""
from above import conversation, full
from mechanisms.chunk_sets import any_of


class Node(full.Node):
    def choose(self, chunks):
        return any_of(chunks, self.random)


if __name__ == "__main__":
    conversation.answer(Node)
