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
/// - `tracker`: the type that introduces the nodes to each other
///   ([`Introduce`](crate::engine::Introduce)).
/// - `cases`: how many scenarios each property is judged in.
/// - `scope`: the fields of [`Scope`](crate::suite::Scope) that differ from the default; what an
///   engine may do goes under `discipline: Discipline { .. }`.
/// - `leave_out`: properties that are not judged. Each still has its test, in a module `left_out`,
///   so that the output shows what was not judged. Another name does not compile.
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
        $crate::suite_properties! { {$crate::suite_tests} @tests [$] [$engine] [$($($out)*)?] }
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
        #[allow(dead_code)]
        const SUITE_CASES: u32 = $cases;
        #[allow(dead_code)]
        const SUITE_PLACE: $crate::suite::check::Place = $crate::suite::check::Place {
            package: env!("CARGO_MANIFEST_DIR"),
            module: module_path!(),
        };
        #[allow(dead_code)]
        type SuiteTracker = $tracker;

        #[allow(dead_code, unused_imports, clippy::needless_update)]
        fn suite_scope() -> $crate::suite::Scope {
            use $crate::scenario::Discipline;
            use $crate::suite::{Barter, Churn, Latency};
            $crate::suite::Scope { $($field: $value,)* ..$crate::suite::Scope::default() }
        }
    };
    // One test a property. Macros cannot compare two names, so a macro with an arm a name of the
    // list is written first, where `$d` stands for its dollar signs.
    (@tests [$d:tt] [$engine:ty] $out:tt $($kind:ident $name:ident $($about:literal)?;)*) => {
        macro_rules! suite_property {
            $(($kind $name [$name $d($d rest:ident)*]) => {};)*
            ($d kind:ident $d name:ident [$d other:ident $d($d rest:ident)*]) => {
                suite_property! { $d kind $d name [$d($d rest)*] }
            };
            ($d kind:ident $d name:ident []) => {
                $crate::suite_tests! { @test $d kind $d name [$engine] }
            };
        }
        $(suite_property! { $kind $name $out })*
        #[allow(unused_macros)]
        macro_rules! suite_known {
            $(($name) => { $crate::suite_tests! { @left_out $name [$engine] } };)*
            ($d unknown:ident) => {
                compile_error!(concat!(
                    "`", stringify!($d unknown), "` is no property; leave_out takes",
                    $(" ", stringify!($name)),*
                ));
            };
        }
        $crate::suite_tests! { @out suite_known $out }
    };
    (@test byzantine $name:ident [$engine:ty]) => {
        #[test]
        fn $name() {
            $crate::suite::check::check_byzantine::<$engine>(
                stringify!($name),
                SUITE_CASES,
                SUITE_PLACE,
            );
        }
    };
    (@test $kind:ident $name:ident [$engine:ty]) => {
        #[test]
        fn $name() {
            $crate::suite::check::check::<$engine, SuiteTracker>(
                stringify!($name),
                SUITE_CASES,
                &suite_scope(),
                SUITE_PLACE,
            );
        }
    };
    (@out $known:ident []) => {};
    (@out $known:ident [$($out:ident)*]) => {
        mod left_out {
            $($known! { $out })*
        }
    };
    (@left_out $name:ident [$engine:ty]) => {
        #[test]
        fn $name() {
            println!(
                "{} is left out of the suite of {}: it was not judged",
                stringify!($name),
                stringify!($engine),
            );
        }
    };
}
