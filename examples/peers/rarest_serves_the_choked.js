#!/usr/bin/env node
// rarest.js with a bug: requests stay in the queue when their neighbor is choked, and are served.

const conversation = require("./conversation.js");
const rarest = require("./rarest.js");

class Node extends rarest.Node {
  serve(chosen) {
    const queue = this.queue;
    super.serve(chosen);
    this.queue = queue;
  }
}

if (require.main === module) conversation.answer(Node, { churn: false, barter: false });
