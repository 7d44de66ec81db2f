//! The receivers that can take a chunk now, in the order in which they are served.
//!
//! [`Receivers`] only sorts: the keys come from the policy.

use std::collections::BTreeSet;

/// The place of a receiver in the order; the lowest is served first.
pub(super) type Key = (u64, u64);

/// The open receivers: those that are present, lack a chunk and have unused downlink.
#[derive(Clone, Debug)]
pub(super) struct Receivers {
    open: BTreeSet<(Key, u32)>,
    keys: Vec<Option<Key>>,
    /// Receivers that have opened since the last [`Receivers::take_newly_open`].
    pub(super) newly_open: Vec<u32>,
}

impl Receivers {
    pub(super) fn new(nodes: usize) -> Self {
        Receivers { open: BTreeSet::new(), keys: vec![None; nodes], newly_open: Vec::new() }
    }

    /// Opens a node or moves it to `key`; None closes it.
    pub(super) fn set(&mut self, node: usize, key: Option<Key>) {
        let old = self.keys[node];
        if old == key {
            return;
        }
        self.keys[node] = key;
        if let Some(old) = old {
            self.open.remove(&(old, node as u32));
        } else {
            self.newly_open.push(node as u32);
        }
        if let Some(key) = key {
            self.open.insert((key, node as u32));
        }
    }

    pub(super) fn is_open(&self, node: usize) -> bool {
        self.keys[node].is_some()
    }

    /// The open receivers; the next to be served comes first.
    pub(super) fn iter(&self) -> impl Iterator<Item = usize> + '_ {
        self.open.iter().map(|&(_, node)| node as usize)
    }

    /// The receivers that have opened since the last call and are still open, in the same order.
    pub(super) fn take_newly_open(&mut self) -> Vec<u32> {
        let mut newly_open = std::mem::take(&mut self.newly_open);
        newly_open.retain(|&node| self.keys[node as usize].is_some());
        newly_open.sort_by_key(|&node| (self.keys[node as usize], node));
        newly_open.dedup();
        newly_open
    }
}
