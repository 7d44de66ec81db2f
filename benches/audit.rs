//! Throughput of reading and judging traces: transfers per second, with and without JSON.

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use swarmbound::audit::Audit;
use swarmbound::scenario::Preset;
use swarmbound::sim::run;
use swarmbound::swarm::{Peer, Tracker};
use swarmbound::trace::codec::{read_trace, write_trace};
use swarmbound::trace::{Event, Trace};

/// The trace of a run of `free-riders`: some 23 000 transfers among other events.
fn trace() -> Trace {
    let preset = Preset::named("free-riders").expect("a preset of that name");
    let scenario = preset.scenario(Some(1)).expect("presets are well formed");
    run::<Peer, Tracker>(&scenario)
}

fn judge(trace: &Trace) {
    let mut audit = Audit::new(trace.header.clone());
    trace.events.iter().for_each(|event| audit.event(event));
    let _report = std::hint::black_box(audit.finish());
}

fn audits(criterion: &mut Criterion) {
    let trace = trace();
    let mut text = Vec::new();
    write_trace(&mut text, &trace).expect("writing into memory");
    let mut group = criterion.benchmark_group("audit");
    group.sample_size(10);
    let transfers = trace.events.iter().filter(|event| matches!(event, Event::Transfer(_)));
    group.throughput(Throughput::Elements(transfers.count() as u64));
    group.bench_function("judge", |bench| bench.iter(|| judge(&trace)));
    group.bench_function("read", |bench| {
        bench.iter(|| read_trace(text.as_slice()).expect("it was written by us"));
    });
    group.bench_function("read and judge", |bench| {
        bench.iter(|| judge(&read_trace(text.as_slice()).expect("it was written by us")));
    });
    group.finish();
}

criterion_group!(benches, audits);
criterion_main!(benches);
