//! The macro [`suite!`](crate::suite!): one `#[test]` a property, at the caller.

/// Writes one `#[test]` a property for an engine.
///
/// ```
/// mod tests {
///     swarmbound::suite! { engine: swarmbound::swarm::Peer }
/// }
/// ```
///
/// Everything else is optional, in this order:
///
/// ```
/// mod tests {
///     swarmbound::suite! {
///         engine: swarmbound::swarm::Peer,
///         tracker: swarmbound::swarm::Tracker,
///         cases: 16,
///         scope: { peers: 8, chunks: 12, churn: Churn::None, barter: Barter::None },
///         leave_out: [choking, same_seed_same_trace],
///     }
/// }
/// ```
///
/// - `tracker`: who introduces the nodes to each other ([`Introduce`](crate::engine::Introduce)).
/// - `cases`: how many scenarios each property is judged in.
/// - `scope`: the fields of [`Scope`](crate::suite::Scope) that differ from the default; what an
///   engine may do goes under `discipline: Discipline { .. }`.
/// - `leave_out`: properties that are not judged. Each still has its test, in a module `left_out`,
///   so that whoever reads the output sees what was not looked at.
///
/// A failing test names the property, says what happened in the smallest scenario, and how to
/// repeat it. The seed of the failure is kept in `proptest-regressions/suite.txt` of the caller's
/// package and tried first from then on: check it in.
#[macro_export]
macro_rules! suite {
    (
        engine: $engine:ty
        $(, tracker: $tracker:ty)?
        $(, cases: $cases:expr)?
        $(, scope: { $($field:ident : $value:expr),* $(,)? })?
        $(, leave_out: [$($out:ident),* $(,)?])?
        $(,)?
    ) => {
        $crate::suite_tests! {
            @setup [$engine] [$($tracker)?] [$($cases)?] [$($($field : $value,)*)?]
        }
        $crate::suite_tests! { @all [$engine] [$($($out)*)?] }
        $crate::suite_tests! { @out [$engine] [$($($out)*)?] }
    };
}

/// What [`suite!`](crate::suite!) is made of.
#[doc(hidden)]
#[macro_export]
macro_rules! suite_tests {
    (@setup [$engine:ty] [] $($rest:tt)*) => {
        $crate::suite_tests! { @setup [$engine] [$crate::swarm::Tracker] $($rest)* }
    };
    (@setup [$engine:ty] [$tracker:ty] [] $($rest:tt)*) => {
        $crate::suite_tests! {
            @setup [$engine] [$tracker] [$crate::suite::check::CASES] $($rest)*
        }
    };
    (@setup [$engine:ty] [$tracker:ty] [$cases:expr] [$($field:ident : $value:expr,)*]) => {
        const SUITE_CASES: u32 = $cases;
        const SUITE_PLACE: $crate::suite::check::Place = $crate::suite::check::Place {
            regressions: concat!(env!("CARGO_MANIFEST_DIR"), "/proptest-regressions/suite.txt"),
            module: module_path!(),
        };
        type SuiteTracker = $tracker;

        #[allow(unused_imports, clippy::needless_update)]
        fn suite_scope() -> $crate::suite::Scope {
            use $crate::scenario::Discipline;
            use $crate::suite::{Barter, Churn};
            $crate::suite::Scope { $($field: $value,)* ..$crate::suite::Scope::default() }
        }
    };
    (@all [$engine:ty] [$($out:ident)*]) => {
        $crate::suite_tests! { @each [$engine] runs_to_its_end [$($out)*] }
        $crate::suite_tests! { @each [$engine] pollings_drain [$($out)*] }
        $crate::suite_tests! { @each [$engine] membership [$($out)*] }
        $crate::suite_tests! { @each [$engine] uplink_capacity [$($out)*] }
        $crate::suite_tests! { @each [$engine] downlink_capacity [$($out)*] }
        $crate::suite_tests! { @each [$engine] causality [$($out)*] }
        $crate::suite_tests! { @each [$engine] conservation [$($out)*] }
        $crate::suite_tests! { @each [$engine] completion [$($out)*] }
        $crate::suite_tests! { @each [$engine] neighbors [$($out)*] }
        $crate::suite_tests! { @each [$engine] choking [$($out)*] }
        $crate::suite_tests! { @each [$engine] bounds_respected [$($out)*] }
        $crate::suite_tests! { @each [$engine] incompleteness_explained [$($out)*] }
        $crate::suite_tests! { @each [$engine] progress [$($out)*] }
        $crate::suite_tests! { @each [$engine] completes_when_calm [$($out)*] }
        $crate::suite_tests! { @each [$engine] same_seed_same_trace [$($out)*] }
        $crate::suite_tests! { @each [$engine] withstands_lies [$($out)*] }
        $crate::suite_tests! { @each [$engine] distribution_time_respects_client_server [$($out)*] }
        $crate::suite_tests! { @each [$engine] distribution_time_respects_fluid [$($out)*] }
        $crate::suite_tests! { @each [$engine] distribution_time_respects_warm_up [$($out)*] }
        $crate::suite_tests! { @each [$engine] distribution_time_respects_branching [$($out)*] }
        $crate::suite_tests! { @each [$engine] distribution_time_respects_presence [$($out)*] }
    };
    (@each [$engine:ty] runs_to_its_end [runs_to_its_end $($rest:ident)*]) => {};
    (@each [$engine:ty] pollings_drain [pollings_drain $($rest:ident)*]) => {};
    (@each [$engine:ty] membership [membership $($rest:ident)*]) => {};
    (@each [$engine:ty] uplink_capacity [uplink_capacity $($rest:ident)*]) => {};
    (@each [$engine:ty] downlink_capacity [downlink_capacity $($rest:ident)*]) => {};
    (@each [$engine:ty] causality [causality $($rest:ident)*]) => {};
    (@each [$engine:ty] conservation [conservation $($rest:ident)*]) => {};
    (@each [$engine:ty] completion [completion $($rest:ident)*]) => {};
    (@each [$engine:ty] neighbors [neighbors $($rest:ident)*]) => {};
    (@each [$engine:ty] choking [choking $($rest:ident)*]) => {};
    (@each [$engine:ty] bounds_respected [bounds_respected $($rest:ident)*]) => {};
    (@each [$engine:ty] incompleteness_explained [incompleteness_explained $($rest:ident)*]) => {};
    (@each [$engine:ty] progress [progress $($rest:ident)*]) => {};
    (@each [$engine:ty] completes_when_calm [completes_when_calm $($rest:ident)*]) => {};
    (@each [$engine:ty] same_seed_same_trace [same_seed_same_trace $($rest:ident)*]) => {};
    (@each [$engine:ty] withstands_lies [withstands_lies $($rest:ident)*]) => {};
    (@each [$engine:ty] distribution_time_respects_client_server
        [distribution_time_respects_client_server $($rest:ident)*]) => {};
    (@each [$engine:ty] distribution_time_respects_fluid
        [distribution_time_respects_fluid $($rest:ident)*]) => {};
    (@each [$engine:ty] distribution_time_respects_warm_up
        [distribution_time_respects_warm_up $($rest:ident)*]) => {};
    (@each [$engine:ty] distribution_time_respects_branching
        [distribution_time_respects_branching $($rest:ident)*]) => {};
    (@each [$engine:ty] distribution_time_respects_presence
        [distribution_time_respects_presence $($rest:ident)*]) => {};
    (@each [$engine:ty] $property:ident [$other:ident $($rest:ident)*]) => {
        $crate::suite_tests! { @each [$engine] $property [$($rest)*] }
    };
    (@each [$engine:ty] withstands_lies []) => {
        #[test]
        fn withstands_lies() {
            $crate::suite::check::check_lies::<$engine>(SUITE_CASES, SUITE_PLACE);
        }
    };
    (@each [$engine:ty] $property:ident []) => {
        #[test]
        fn $property() {
            $crate::suite::check::check::<$engine, SuiteTracker>(
                stringify!($property),
                SUITE_CASES,
                &suite_scope(),
                SUITE_PLACE,
            );
        }
    };
    (@out [$engine:ty] []) => {};
    (@out [$engine:ty] [$($out:ident)*]) => {
        mod left_out {
            $(
                #[test]
                fn $out() {
                    $crate::suite::check::leave_out(stringify!($out), stringify!($engine));
                }
            )*
        }
    };
}
