#!/usr/bin/env python3
"""full.py with a bug: a new neighbor is not told what the node holds; late joiners never learn."""
import conversation
import full


class Node(full.Node):
    def greet(self, neighbor):
        if self.offers:
            self.fill_free_slots()


if __name__ == "__main__":
    conversation.answer(Node)
