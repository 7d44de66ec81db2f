//! `swarmbound plan`, as a user meets it.

use std::fs;

use crate::commands::{RUN_FIELDS, with_fields};
use crate::{SMALL, Said, fields, json, swarmbound, with_input};

#[test]
fn the_figure_is_planned_within_one_percent_and_its_trace_holds() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name).to_str().unwrap().to_owned();
    let (trace, svg) = (path("plan.jsonl"), path("plan.svg"));
    let (code, plan) =
        json(&["plan", "figure", "--budget", "200000", "--trace", &trace, "--svg", &svg, "--json"]);
    assert_eq!((code, &plan["verdict"]), (0, &"holds".into()));
    let own = ["chunks", "means", "scenario", "search", "seed"];
    assert_eq!(fields(&plan), with_fields(&RUN_FIELDS, &own));
    let number = |name: &str| plan[name].as_u64().unwrap();
    let (took, bound) =
        (number("distribution_time_ns"), plan["best_bound"]["ns"].as_u64().unwrap());
    println!("figure: bound {bound}, planned {took}, ratio {}", plan["ratio"]);
    assert!(bound <= took);
    assert!(u128::from(took) * 100 <= u128::from(bound) * 101, "within 1.01 of the bound");
    assert_eq!(number("transfers"), 30 * 1717);
    assert_eq!(plan["completions"][29]["at_ns"], took);
    let (code, audit) = json(&["audit", &trace, "--json"]);
    assert_eq!((code, &audit["distribution_time_ns"]), (0, &took.into()));
    let picture = fs::read_to_string(svg).unwrap();
    assert!(picture.starts_with("<svg") && picture.trim_end().ends_with("</svg>"));
    assert!(picture.contains("source") && picture.contains("who sends when"));
}

#[test]
fn a_plan_that_cannot_be_beaten_says_so_and_is_the_same_every_time() {
    // Equal rates: 16 chunks to 7 peers take 18 chunk times of 65 536 B at 1 MB/s.
    let equal = SMALL.replace("count = 3", "count = 7").replace("2 Mbit/s", "8 Mbit/s");
    let equal = equal.replace("1 MB", "1 MiB");
    let plan = || with_input(&["plan", "-"], equal.as_bytes());
    let Said { code, out, err } = plan();
    assert_eq!((code, err.as_str()), (0, ""), "{out}");
    assert!(out.contains("planned     1.179648 s  by pipeline"), "{out}");
    assert!(out.contains("no plan can be faster"), "{out}");
    assert_eq!(plan().out, out);
}

#[test]
fn other_chunks_are_planned_on_demand() {
    let whole =
        with_input(&["plan", "-", "--chunk", "1 MB", "--budget", "40000"], SMALL.as_bytes());
    assert_eq!(whole.code, 0, "{}", whole.err);
    assert!(whole.out.contains("in 1 chunk of 1 MB to 3 peers"), "{}", whole.out);
    assert!(whole.out.contains("above the optimum") || whole.out.contains("no plan can be faster"));
}

#[test]
fn what_cannot_be_planned_is_refused_with_a_reason() {
    let cases: [(&[&str], &str); 6] = [
        (&["plan", "churn"], "stays (leaves = \"never\")"),
        (&["plan", "figure", "--chunk", "0 B"], "a chunk is empty"),
        (&["plan", "figure", "--chunk", "1 kB"], "use larger chunks"),
        (&["plan", "figure", "--budget", "5s"], "write a whole number from 0 on"),
        (&["plan", "figure", "--max-time", "5"], "unit"),
        (&["plan"], "SCENARIO"),
    ];
    for (arguments, reason) in cases {
        let Said { code, out, err } = swarmbound(arguments);
        assert_eq!((code, out.as_str()), (2, ""), "{arguments:?}");
        assert!(err.contains(reason), "{arguments:?}: {err}");
    }
}

/// The budget is counted work, so only a limit on the clock can make two plans differ.
#[test]
fn a_plan_depends_on_its_budget_alone_unless_the_clock_is_asked_for() {
    let plan = |more: &[&str]| {
        let (_, plan) = json(&[&["plan", "figure", "--json", "--budget"][..], more].concat());
        plan
    };
    let least = plan(&["0"]);
    assert_eq!(least["search"], "spent");
    assert_eq!(plan(&["0"]), least);
    assert_eq!(plan(&["100000000000", "--max-time", "0s"])["search"], "timed_out");
    let clocked = swarmbound(&["plan", "figure", "--budget", "1000000", "--max-time", "0s"]);
    assert!(clocked.out.contains("time ran out"), "{}", clocked.out);
}
