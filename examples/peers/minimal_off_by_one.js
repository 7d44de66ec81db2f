#!/usr/bin/env node
// minimal.js with a bug: it takes the end of a range for its last chunk, and asks for one too many.

const conversation = require("./conversation.js");
const minimal = require("./minimal.js");

class Node extends minimal.Node {
  handle(event) {
    const chunks = event.chunks?.map(([start, end]) => [start, end + 1]);
    super.handle({ ...event, chunks });
  }
}

if (require.main === module) conversation.answer(Node, { churn: false, barter: false });
