#!/usr/bin/env python3
"""full.py, but it gives no silent neighbor up, and asks no second one for a chunk that is late."""
from above import conversation, full


class Node(full.Node):
    def grow_older(self):
        return []


if __name__ == "__main__":
    conversation.answer(Node)
