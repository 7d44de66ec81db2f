//! The one list of properties: [`ALL`](super::ALL), the tests of [`suite!`](crate::suite!) and what
//! `leave_out` accepts are made from it.

/// Hands the list of all properties to a macro: `suite_properties! { {path::to::macro} context }`
/// expands to `path::to::macro! { context kind name "what it demands"; ... }`.
///
/// The kinds: `rule` is the rule of that name, which says itself what it demands; `bound` compares
/// the last completion with the bound whose name follows `distribution_time_respects_`; `failure`
/// is broken by runs that give no trace; `judged` has a function of its name in `property.rs`;
/// `byzantine` takes an engine in Rust, and is judged without a scenario.
#[doc(hidden)]
#[macro_export]
macro_rules! suite_properties {
    ({ $($to:tt)+ } $($context:tt)*) => {
        $($to)+! { $($context)*
            failure runs_to_its_end "a run comes to its end and gives a trace";
            failure pollings_drain "after every input `poll` answers None in the end";
            rule membership;
            rule uplink_capacity;
            rule downlink_capacity;
            rule causality;
            rule conservation;
            rule completion;
            rule neighbors;
            rule choking;
            rule bounds_respected;
            rule incompleteness_explained;
            rule progress;
            judged completes_when_calm "once no node comes or goes any more, every peer that is \
                left completes in good time, unless the log shows why not";
            judged same_seed_same_trace
                "the same scenario gives the same events in the same order";
            byzantine tolerates_byzantine_neighbors "whatever neighbors say, it does not panic, \
                drains, sends only what it holds and keeps what it has";
            bound distribution_time_respects_client_server;
            bound distribution_time_respects_fluid;
            bound distribution_time_respects_warm_up;
            bound distribution_time_respects_branching;
            bound distribution_time_respects_presence;
        }
    };
}
