//! Who can receive something now, whoever is to be served first in front.
//!
//! It decides nothing: the keys come from the policy. The type to know is [`Receivers`].

use std::collections::BTreeSet;

/// The order among receivers; lower is served first.
pub(super) type Key = (u64, u64);

/// The receivers that are there, lack something and have room on their downlink.
#[derive(Clone, Debug)]
pub(super) struct Receivers {
    open: BTreeSet<(Key, u32)>,
    keys: Vec<Option<Key>>,
    /// Those that have opened since this was last taken.
    pub(super) newly_open: Vec<u32>,
}

impl Receivers {
    pub(super) fn new(nodes: usize) -> Self {
        Receivers { open: BTreeSet::new(), keys: vec![None; nodes], newly_open: Vec::new() }
    }

    /// Puts a node where it belongs; None is nowhere.
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

    /// Whoever is to be served first in front.
    pub(super) fn iter(&self) -> impl Iterator<Item = usize> + '_ {
        self.open.iter().map(|&(_, node)| node as usize)
    }

    /// Those that have opened lately, in the same order.
    pub(super) fn take_newly_open(&mut self) -> Vec<u32> {
        let mut newly_open = std::mem::take(&mut self.newly_open);
        newly_open.retain(|&node| self.keys[node as usize].is_some());
        newly_open.sort_by_key(|&node| (self.keys[node as usize], node));
        newly_open.dedup();
        newly_open
    }
}
