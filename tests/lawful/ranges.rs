//! Sets of bytes as disjoint ranges in order.

/// Bytes from the first to before the second number.
pub(crate) type Range = (u64, u64);

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Ranges(Vec<Range>);

impl Ranges {
    pub(crate) fn insert(&mut self, (mut from, mut to): Range) {
        self.0.retain(|&(a, b)| {
            let apart = b < from || to < a;
            if !apart {
                (from, to) = (from.min(a), to.max(b));
            }
            apart
        });
        self.0.push((from, to));
        self.0.sort_unstable();
    }

    pub(crate) fn contains(&self, range: Range) -> bool {
        self.gaps(range).is_empty()
    }

    /// What of a range is not in the set.
    pub(crate) fn gaps(&self, (from, to): Range) -> Vec<Range> {
        let mut gaps = Vec::new();
        let mut at = from;
        for &(a, b) in &self.0 {
            if at < a.min(to) {
                gaps.push((at, a.min(to)));
            }
            at = at.max(b);
        }
        if at < to {
            gaps.push((at, to));
        }
        gaps
    }

    /// The ranges of the set.
    pub(crate) fn list(&self) -> &[Range] {
        &self.0
    }

    /// How many bytes there are.
    pub(crate) fn bytes(&self) -> u64 {
        self.0.iter().map(|&(from, to)| to - from).sum()
    }
}
