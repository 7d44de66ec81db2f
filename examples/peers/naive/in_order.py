#!/usr/bin/env python3
"""full.py, but it requests the chunks in order, so all nodes hold the same ones."""
from above import conversation, full
from mechanisms.chunk_sets import chunks_of


class Node(full.Node):
    def choose(self, chunks):
        return next(chunks_of(chunks))


if __name__ == "__main__":
    conversation.answer(Node)
