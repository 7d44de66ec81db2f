#!/usr/bin/env node
// full.js with a bug: under credit it gives a chunk more than a neighbor may owe.

const conversation = require("./conversation.js");
const full = require("./full.js");

class Node extends full.Node {
  mayServe(neighbor) {
    const balance = this.accounts.balance(neighbor.peer);
    return super.mayServe(neighbor) || balance === this.accounts.credit;
  }
}

if (require.main === module) conversation.answer(Node);
