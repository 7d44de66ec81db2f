//! What is pending with neighbors: short lists, a few entries for the few neighbors that anything
//! is pending with.

/// Entries by slot, in the order in which each neighbor's came: one value for equal contents.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct Pending<T>(Vec<(u32, T)>);

impl<T: Copy> Pending<T> {
    pub(super) fn new() -> Self {
        Pending(Vec::new())
    }

    /// Bytes on the heap.
    pub(super) fn heap_bytes(&self) -> usize {
        self.0.len() * size_of::<(u32, T)>()
    }

    /// What is pending with the neighbor at a slot.
    pub(super) fn with(&self, slot: usize) -> impl Iterator<Item = T> + '_ {
        let its = self.0.iter().filter(move |&&(other, _)| other as usize == slot);
        its.map(|&(_, entry)| entry)
    }

    /// Is anything pending with the neighbor at a slot?
    pub(super) fn any_with(&self, slot: usize) -> bool {
        self.with(slot).next().is_some()
    }

    /// The neighbors with which something that fits is pending.
    pub(super) fn slots(&self, fits: impl Fn(T) -> bool) -> impl Iterator<Item = usize> {
        let fitting = self.0.iter().filter(move |&&(_, entry)| fits(entry));
        fitting.map(|&(slot, _)| slot as usize)
    }

    /// What is pending with any neighbor.
    pub(super) fn all(&self) -> impl Iterator<Item = T> + '_ {
        self.0.iter().map(|&(_, entry)| entry)
    }

    /// The same, to change it.
    pub(super) fn all_mut(&mut self) -> impl Iterator<Item = &mut T> {
        self.0.iter_mut().map(|(_, entry)| entry)
    }

    pub(super) fn push(&mut self, slot: usize, entry: T) {
        let at = self.0.partition_point(|&(other, _)| other as usize <= slot);
        self.0.insert(at, (slot as u32, entry));
    }

    /// Takes the first that fits out; says whether there was one.
    pub(super) fn take(&mut self, slot: usize, fits: impl Fn(T) -> bool) -> bool {
        let at = self.0.iter().position(|&(other, entry)| other as usize == slot && fits(entry));
        at.map(|at| self.0.remove(at)).is_some()
    }

    /// Makes room for a new neighbor at a slot.
    pub(super) fn open_gap(&mut self, at: usize) {
        let behind = self.0.iter_mut().filter(|(slot, _)| at <= *slot as usize);
        behind.for_each(|(slot, _)| *slot += 1);
    }

    /// The neighbor at a slot is gone: what was pending with it.
    pub(super) fn close_gap(&mut self, at: usize) -> Vec<T> {
        let taken = self.with(at).collect();
        self.0.retain(|&(slot, _)| slot as usize != at);
        let behind = self.0.iter_mut().filter(|(slot, _)| at < *slot as usize);
        behind.for_each(|(slot, _)| *slot -= 1);
        taken
    }
}

#[cfg(test)]
mod tests {
    use quickcheck::quickcheck;

    use super::*;

    quickcheck! {
        /// A list for each slot, and equal to any other with the same contents.
        fn it_is_a_list_for_each_slot(steps: Vec<(u8, u8, u8)>) -> bool {
            let mut pending = Pending::new();
            let mut model: Vec<Vec<u8>> = vec![Vec::new(); 4];
            for (what, slot, entry) in steps {
                let (slot, entry) = (usize::from(slot % 4), entry % 8);
                match what % 8 {
                    0 => {
                        assert_eq!(pending.close_gap(slot), model.remove(slot));
                        pending.open_gap(slot);
                        model.insert(slot, Vec::new());
                    }
                    1..4 => {
                        let its = &mut model[slot];
                        let place = its.iter().position(|&other| other == entry);
                        let taken = place.map(|at| its.remove(at)).is_some();
                        assert_eq!(pending.take(slot, |other| other == entry), taken);
                    }
                    _ => {
                        pending.push(slot, entry);
                        model[slot].push(entry);
                    }
                }
                assert!(pending.with(slot).eq(model[slot].iter().copied()));
            }
            let mut other = Pending::new();
            for (slot, its) in model.iter().enumerate().rev() {
                its.iter().for_each(|&entry| other.push(slot, entry));
            }
            pending == other && pending.all().eq(model.into_iter().flatten())
        }
    }
}
