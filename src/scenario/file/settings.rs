//! What is set over the text of a scenario: values that stand for its own, and numbers that its
//! groups are scaled to.
//!
//! It does not know where settings come from, and reads nothing.

use super::table::Field;
use super::{FileError, Group};

/// A value for one field of a scenario, and where the value is written.
#[derive(Clone)]
pub(super) struct Setting<'t> {
    /// `protocol`, or `peers[0]`.
    pub(super) section: String,
    /// `picker`.
    pub(super) name: String,
    pub(super) value: Field<'t>,
}

/// Everything that is set over one scenario.
#[derive(Clone)]
pub(super) struct Settings<'t> {
    pub(super) fields: Vec<Setting<'t>>,
    /// How many peers there are; the groups keep their proportions.
    pub(super) peers: Option<usize>,
    /// How many chunks the file has, whatever its size was.
    pub(super) chunks: Option<(u64, Field<'t>)>,
    /// How many of the peers are free riders, whatever their groups say.
    pub(super) free_riders: Option<Share>,
}

/// For a scenario as it is written.
pub(super) static NOTHING: Settings<'static> =
    Settings { fields: Vec::new(), peers: None, chunks: None, free_riders: None };

impl<'t> Settings<'t> {
    /// What is set in one section.
    pub(super) fn of(&self, section: &str) -> impl Iterator<Item = (&str, &Field<'t>)> {
        let fields = self.fields.iter().filter(move |setting| setting.section == section);
        fields.map(|setting| (setting.name.as_str(), &setting.value))
    }

    /// The sections that must be there, with a value that is set in each; those of a list are not.
    pub(super) fn sections(&self) -> impl Iterator<Item = (&str, &Field<'t>)> {
        let fields = self.fields.iter().filter(|setting| !setting.section.contains('['));
        fields.map(|setting| (setting.section.as_str(), &setting.value))
    }

    /// Every setting of `list` has one of its `length` tables.
    pub(super) fn fit(&self, list: &str, length: usize) -> Result<(), FileError> {
        for setting in &self.fields {
            let at = setting.section.strip_prefix(list).and_then(|rest| rest.strip_prefix('['));
            let Some(at) = at.and_then(|at| at.strip_suffix(']')) else { continue };
            if at.parse::<usize>().is_ok_and(|at| at < length) {
                continue;
            }
            let known = match length {
                1 => format!("{list}[0]"),
                length => format!("{list}[0] to {list}[{}]", length - 1),
            };
            return Err(setting.value.error(format!(
                "there is no {list}[{at}] in every scenario; write {known}, which there is"
            )));
        }
        Ok(())
    }

    /// The groups with as many peers as are set, in the same proportions.
    pub(super) fn scale(&self, groups: &mut [Group<'_>]) {
        let Some(peers) = self.peers else { return };
        let counts: Vec<usize> = groups.iter().map(|group| group.count).collect();
        for (group, count) in groups.iter_mut().zip(apportioned(peers, &counts)) {
            group.count = count;
        }
    }

    /// How many free riders each of the groups has; None where their own words count.
    pub(super) fn riders(&self, groups: &[Group<'_>]) -> Option<Vec<usize>> {
        let share = self.free_riders?;
        let counts: Vec<usize> = groups.iter().map(|group| group.count).collect();
        Some(apportioned(share.of(counts.iter().sum()), &counts))
    }
}

/// Part of a whole: `count / 10^shift` percent.
#[derive(Clone, Copy)]
pub(super) struct Share {
    count: u128,
    shift: u32,
}

impl Share {
    /// None above 100 %, and for more than 18 decimals.
    pub(super) fn percent(count: u128, shift: u32) -> Option<Self> {
        let is_part = shift <= 18 && count <= 100 * 10u128.pow(shift);
        is_part.then_some(Share { count, shift })
    }

    /// That part of `whole` to the nearest number; a half is rounded up.
    pub(super) fn of(self, whole: usize) -> usize {
        let unit = 100 * 10u128.pow(self.shift);
        ((2 * self.count * whole as u128 + unit) / (2 * unit)) as usize
    }
}

/// Divides `total` in proportion to the weights by largest remainders (Hamilton's method); of
/// equal remainders the first is served first. No part is more than its weight when the weights
/// sum to no less than `total`. All zero where the weights are.
fn apportioned(total: usize, weights: &[usize]) -> Vec<usize> {
    let sum: u128 = weights.iter().map(|&weight| weight as u128).sum();
    if sum == 0 {
        return vec![0; weights.len()];
    }
    let quota = |weight: usize| total as u128 * weight as u128;
    let mut parts: Vec<usize> =
        weights.iter().map(|&weight| (quota(weight) / sum) as usize).collect();
    let mut order: Vec<usize> = (0..weights.len()).collect();
    order.sort_by_key(|&at| std::cmp::Reverse(quota(weights[at]) % sum));
    let left = total - parts.iter().sum::<usize>();
    for at in order.into_iter().take(left) {
        parts[at] += 1;
    }
    parts
}

#[cfg(test)]
mod tests {
    use quickcheck::quickcheck;

    use super::*;

    /// By hand: quotas 2.857, 4.285, 2.857 and so on.
    #[test]
    fn the_largest_remainders_are_served_first() {
        assert_eq!(apportioned(10, &[2, 3, 2]), [3, 4, 3]);
        assert_eq!(apportioned(30, &[50, 25, 50, 25, 50, 25, 50, 25]), [5, 3, 5, 3, 5, 2, 5, 2]);
        assert_eq!(apportioned(1, &[1, 1]), [1, 0]);
        assert_eq!(apportioned(5, &[0, 7]), [0, 5]);
        assert_eq!(apportioned(5, &[0, 0]), [0, 0]);
        assert_eq!(apportioned(0, &[4]), [0]);
    }

    #[test]
    fn a_share_is_rounded_to_the_nearest_number() {
        let share = |count, shift, whole| Share::percent(count, shift).unwrap().of(whole);
        assert_eq!(share(25, 0, 30), 8, "7.5");
        assert_eq!(share(25, 0, 29), 7, "7.25");
        assert_eq!(share(125, 1, 4), 1, "0.5");
        assert_eq!((share(0, 0, 30), share(100, 0, 30)), (0, 30));
        assert!(Share::percent(1001, 1).is_none());
    }

    quickcheck! {
        fn the_parts_sum_to_the_total_and_are_the_quotas_to_within_one(
            total: u16, weights: Vec<u16>
        ) -> bool {
            let (total, weights): (usize, Vec<usize>) =
                (total.into(), weights.into_iter().map(usize::from).collect());
            let sum: usize = weights.iter().sum();
            let parts = apportioned(total, &weights);
            if sum == 0 {
                return parts.iter().all(|&part| part == 0);
            }
            let near = parts.iter().zip(&weights).all(|(part, weight)| {
                (part * sum).abs_diff(total * weight) < sum
            });
            let mut pairs = parts.iter().zip(&weights);
            let fits = sum < total || pairs.all(|(part, weight)| part <= weight);
            near && fits && parts.iter().sum::<usize>() == total
        }
    }
}
