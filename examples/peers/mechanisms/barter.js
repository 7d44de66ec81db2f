// Barter: how many chunks each neighbor may owe.

// Chunks sent to each peer less chunks received from it. An account outlives the connection.
class Accounts {
  constructor(choker, isSource) {
    this.strict = choker === "strict barter";
    this.credit = choker.startsWith("credit ") ? Number(choker.slice("credit ".length)) : null;
    this.kept = (this.strict || this.credit !== null) && !isSource;
    this.balances = new Map();
  }

  balance(peer) {
    return this.balances.get(peer) ?? 0;
  }

  settle(peer, chunks) {
    // The source, node 0, gives freely.
    if (this.kept && peer !== 0) this.balances.set(peer, this.balance(peer) + chunks);
  }

  // May the next chunk go to a peer? Strict barter needs both sides at once.
  mayGive(peer, givesInReturn) {
    if (!this.kept) return true;
    const balance = this.balance(peer);
    if (this.strict) return balance < 0 || (balance === 0 && givesInReturn);
    return balance < this.credit;
  }
}

module.exports = { Accounts };
