//! Does every fair run reach the goal? Decided on the exact graph, by refining components.
//!
//! A run that avoids a goal forever ends up in one strongly connected part of the states that
//! avoid it (one state alone, if it stutters there). Such a part allows a fair run if every weakly
//! fair class is taken in it or disabled somewhere in it, and every strongly fair class is taken in
//! it or enabled nowhere in it; for the latter the states that enable it are removed and the rest
//! is divided again (Emerson and Lei 1987; Lichtenstein and Pnueli 1985). Transitions that change
//! nothing are no transitions here. It only sees expanded states, so what it finds in a bounded
//! search is real, and what it does not find proves nothing.

use super::claim::{ALL_CLASSES, ANY_STEP, Claim, Class, Explorable, Fairness, Strength};
use super::error::CheckError;
use super::graph::{Components, Edges};

/// One assumption about one class, or about all of them together.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Obligation {
    pub(super) strength: Strength,
    pub(super) actions: Actions,
}

/// The actions that an obligation speaks of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Actions {
    One(u16),
    Any,
}

impl Actions {
    pub(super) fn contain(self, class: u16) -> bool {
        match self {
            Actions::One(one) => one == class,
            Actions::Any => true,
        }
    }
}

/// Checks that a claim's fairness speaks of classes that exist.
pub(super) fn known_classes<M: Explorable>(
    claim: &Claim<M>,
    classes: &[Class],
) -> Result<(), CheckError> {
    let Some(Fairness(declared)) = claim.kind.fairness() else {
        return Ok(());
    };
    for (_, name) in declared {
        let known = [ALL_CLASSES, ANY_STEP].contains(&name.as_str());
        if !known && classes.iter().all(|class| class.family != name) {
            let mut families: Vec<&str> = classes.iter().map(|class| class.family).collect();
            families.dedup();
            return Err(CheckError::UnknownClass {
                claim: claim.name,
                name: name.clone(),
                known: families.join(", "),
            });
        }
    }
    Ok(())
}

/// What a fairness obliges to, class by class.
pub(super) fn obligations(fairness: &Fairness, classes: &[Class]) -> Vec<Obligation> {
    let mut all = Vec::new();
    for (strength, name) in &fairness.0 {
        let strength = *strength;
        if name == ANY_STEP {
            all.push(Obligation { strength, actions: Actions::Any });
            continue;
        }
        for (at, class) in classes.iter().enumerate() {
            if name == ALL_CLASSES || class.family == name {
                all.push(Obligation { strength, actions: Actions::One(at as u16) });
            }
        }
    }
    all
}

/// The states that avoid the goal, reached from where it is owed.
pub(super) struct Region {
    /// The order in which they were reached; [`OUT`] outside of the region.
    rank: Vec<u32>,
    /// The states in that order, each with its predecessor (itself for a root).
    order: Vec<(u32, u32)>,
}

const OUT: u32 = u32::MAX;

impl Region {
    /// The states reachable from `roots` through states that `avoids` marks.
    pub(super) fn reach(edges: &Edges, roots: &[u32], avoids: &[bool]) -> Region {
        let mut rank = vec![OUT; avoids.len()];
        let mut order = Vec::new();
        let mut enter = |at: u32, from: u32, order: &mut Vec<(u32, u32)>| {
            let expanded = (at as usize) < edges.expanded();
            if expanded && avoids[at as usize] && rank[at as usize] == OUT {
                rank[at as usize] = order.len() as u32;
                order.push((at, from));
            }
        };
        for &root in roots {
            enter(root, root, &mut order);
        }
        let mut next = 0;
        while let Some(&(at, _)) = order.get(next) {
            next += 1;
            for &to in edges.targets(at) {
                enter(to, at, &mut order);
            }
        }
        Region { rank, order }
    }

    /// The way within the region to a state, a root first.
    fn way_to(&self, mut at: u32) -> Vec<u32> {
        let mut way = vec![at];
        loop {
            let (_, from) = self.order[self.rank[at as usize] as usize];
            if from == at {
                way.reverse();
                return way;
            }
            way.push(from);
            at = from;
        }
    }
}

/// A fair run that never reaches the goal, as indices of states.
pub(super) struct FairLasso {
    /// From a root of the region to where the cycle starts.
    pub(super) stem: Vec<u32>,
    /// The steps of the cycle, back to where it starts; none means that it stays there.
    pub(super) cycle: Vec<(u32, u16)>,
}

/// The fair run that avoids the goal and enters its cycle first, if there is one.
pub(super) fn fair_lasso(
    edges: &Edges,
    region: &Region,
    obligations: &[Obligation],
) -> Option<FairLasso> {
    let component = first_fair_component(edges, region, obligations)?;
    let entry = *component.iter().min_by_key(|&&at| region.rank[at as usize])?;
    let cycle = Cycle::new(edges, &component, entry).close(obligations);
    Some(FairLasso { stem: region.way_to(entry), cycle })
}

fn first_fair_component(
    edges: &Edges,
    region: &Region,
    obligations: &[Obligation],
) -> Option<Vec<u32>> {
    let nodes: Vec<u32> = region.order.iter().map(|&(at, _)| at).collect();
    let mut work = vec![nodes];
    let mut components = Components::new(edges, region.rank.len());
    let mut review = Review::new(edges, region.rank.len());
    let mut best: Option<(u32, Vec<u32>)> = None;
    while let Some(nodes) = work.pop() {
        components.of(&nodes, &mut |component| match review.judge(component, obligations) {
            Fairly::Unfair => {}
            Fairly::Without(rest) => work.push(rest),
            Fairly::Fair => {
                let first = component.iter().map(|&at| region.rank[at as usize]).min();
                let first = first.unwrap_or(OUT);
                if best.as_ref().is_none_or(|&(least, _)| first < least) {
                    best = Some((first, component.to_vec()));
                }
            }
        });
    }
    best.map(|(_, component)| component)
}

/// Whether a component allows a fair run.
enum Fairly {
    Fair,
    Unfair,
    /// Not the whole component, but these of its states may allow one.
    Without(Vec<u32>),
}

/// Judges components one after another and reuses its memory.
struct Review<'g> {
    edges: &'g Edges,
    /// The number of the component that a state was last seen in.
    inside: Vec<u32>,
    number: u32,
}

impl<'g> Review<'g> {
    fn new(edges: &'g Edges, states: usize) -> Self {
        Review { edges, inside: vec![0; states], number: 0 }
    }

    fn judge(&mut self, component: &[u32], obligations: &[Obligation]) -> Fairly {
        self.number += 1;
        for &node in component {
            self.inside[node as usize] = self.number;
        }
        let mut enabled = vec![0usize; obligations.len()];
        let mut taken = vec![false; obligations.len()];
        let mut here = vec![false; obligations.len()];
        for &node in component {
            here.fill(false);
            for (to, class) in self.edges.out(node) {
                let stays = self.inside[to as usize] == self.number;
                for (at, obligation) in obligations.iter().enumerate() {
                    if obligation.actions.contain(class) {
                        here[at] = true;
                        taken[at] |= stays;
                    }
                }
            }
            for (count, &here) in enabled.iter_mut().zip(&here) {
                *count += usize::from(here);
            }
        }
        let mut forbidden = Vec::new();
        for (at, obligation) in obligations.iter().enumerate() {
            if taken[at] || enabled[at] == 0 {
                continue;
            }
            if enabled[at] == component.len() {
                return Fairly::Unfair;
            }
            if obligation.strength == Strength::Strong {
                forbidden.push(obligation.actions);
            }
        }
        if forbidden.is_empty() {
            return Fairly::Fair;
        }
        let allowed = |&node: &u32| {
            self.edges.out(node).all(|(_, class)| !forbidden.iter().any(|f| f.contain(class)))
        };
        let rest: Vec<u32> = component.iter().copied().filter(allowed).collect();
        if rest.is_empty() { Fairly::Unfair } else { Fairly::Without(rest) }
    }
}

/// A walk around a fair component that meets every obligation.
struct Cycle<'g> {
    edges: &'g Edges,
    inside: Vec<bool>,
    component: &'g [u32],
    entry: u32,
    steps: Vec<(u32, u16)>,
}

/// What a walk looks for.
#[derive(Clone, Copy)]
enum Sought {
    /// A step of these actions.
    Step(Actions),
    /// A state that has no such step.
    Without(Actions),
    /// This state.
    State(u32),
}

impl<'g> Cycle<'g> {
    fn new(edges: &'g Edges, component: &'g [u32], entry: u32) -> Self {
        let states = component.iter().max().map_or(0, |&most| most as usize + 1);
        let mut inside = vec![false; states];
        for &node in component {
            inside[node as usize] = true;
        }
        Cycle { edges, inside, component, entry, steps: Vec::new() }
    }

    fn close(mut self, obligations: &[Obligation]) -> Vec<(u32, u16)> {
        for &Obligation { strength, actions } in obligations {
            let met = match strength {
                Strength::Weak => self.visited().any(|at| !self.enables(at, actions)),
                Strength::Strong => !self.component.iter().any(|&at| self.enables(at, actions)),
            };
            let taken = self.steps.iter().any(|&(_, class)| actions.contain(class));
            if !met && !taken && !self.walk(Sought::Step(actions)) {
                self.walk(Sought::Without(actions));
            }
        }
        self.walk(Sought::State(self.entry));
        self.steps
    }

    fn visited(&self) -> impl Iterator<Item = u32> + '_ {
        std::iter::once(self.entry).chain(self.steps.iter().map(|&(to, _)| to))
    }

    fn enables(&self, at: u32, actions: Actions) -> bool {
        self.edges.out(at).any(|(_, class)| actions.contain(class))
    }

    fn stays(&self, at: u32) -> bool {
        self.inside.get(at as usize).copied().unwrap_or(false)
    }

    /// Appends the shortest way from the end of the walk to what is sought; false if there is none.
    fn walk(&mut self, sought: Sought) -> bool {
        let start = self.steps.last().map_or(self.entry, |&(to, _)| to);
        // Each state with the position of its predecessor in this list, and the class it took.
        let mut queue: Vec<(u32, usize, u16)> = vec![(start, 0, 0)];
        let mut known = vec![false; self.inside.len()];
        known[start as usize] = true;
        let mut next = 0;
        while let Some(&(at, _, _)) = queue.get(next) {
            let arrived = match sought {
                Sought::Step(_) => false,
                Sought::Without(actions) => !self.enables(at, actions),
                Sought::State(state) => at == state,
            };
            if arrived {
                self.append(&queue, next, None);
                return true;
            }
            for (to, class) in self.edges.out(at).filter(|&(to, _)| self.stays(to)) {
                if let Sought::Step(actions) = sought
                    && actions.contain(class)
                {
                    self.append(&queue, next, Some((to, class)));
                    return true;
                }
                if !known[to as usize] {
                    known[to as usize] = true;
                    queue.push((to, next, class));
                }
            }
            next += 1;
        }
        false
    }

    fn append(&mut self, queue: &[(u32, usize, u16)], end: usize, last: Option<(u32, u16)>) {
        let mut way: Vec<(u32, u16)> = last.into_iter().collect();
        let mut at = end;
        while at != 0 {
            let (state, before, class) = queue[at];
            way.push((state, class));
            at = before;
        }
        self.steps.extend(way.into_iter().rev());
    }
}
