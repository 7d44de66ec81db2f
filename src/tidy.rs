//! The rules of the house, as tests: which module may import which, how long things may be, what
//! stays out.

use std::fs;
use std::path::{Path, PathBuf};

/// Lines a file may have.
const FILE: usize = 600;
/// Lines a function may have, its signature and last brace included.
const FUNCTION: usize = 70;
/// Lines that the README may have.
const README: usize = 200;
/// Columns a line may have.
const COLUMNS: usize = 100;

/// Each module and the modules that it may import. Tests may import anything.
const FLOORS: &[(&str, &[&str])] = &[
    ("units", &[]),
    ("ratio", &["units"]),
    ("chunks", &["units"]),
    ("choose", &[]),
    ("scenario", &["units", "ratio", "chunks", "choose"]),
    ("bounds", &["units", "ratio", "chunks", "scenario"]),
    ("checker", &[]),
    ("trace", &["units", "chunks", "scenario"]),
    ("import", &["units", "chunks", "scenario", "trace"]),
    ("audit", &["units", "ratio", "chunks", "scenario", "bounds", "trace"]),
    ("engine", &["units", "chunks", "choose", "scenario"]),
    ("schedule", &["units", "ratio", "chunks", "choose", "scenario", "bounds", "trace"]),
    ("swarm", &["units", "chunks", "choose", "scenario", "engine"]),
    ("sim", &["units", "chunks", "choose", "scenario", "engine", "trace"]),
    (
        "models",
        &[
            "units", "ratio", "chunks", "choose", "scenario", "bounds", "checker", "trace",
            "audit", "engine", "swarm", "sim",
        ],
    ),
    (
        "suite",
        &[
            "units", "ratio", "chunks", "choose", "scenario", "bounds", "trace", "audit", "engine",
            "swarm", "sim",
        ],
    ),
    (
        "report",
        &[
            "units", "ratio", "chunks", "scenario", "bounds", "checker", "trace", "import",
            "audit", "schedule", "suite", "models",
        ],
    ),
    (
        "cli",
        &[
            "units", "ratio", "chunks", "choose", "scenario", "bounds", "checker", "trace",
            "import", "audit", "engine", "schedule", "swarm", "sim", "suite", "models", "report",
        ],
    ),
];

/// Where floating point may be.
const FLOATING: &[&str] = &["cli", "report"];
/// Where clocks, threads and sockets may be: from floor 6 on.
const OUTSIDE: &[&str] = &["suite", "models", "cli", "report"];

struct Source {
    path: PathBuf,
    /// The module of the library that the file belongs to.
    module: String,
    text: String,
}

impl Source {
    fn is_test(&self) -> bool {
        let mut parts = self.path.components().map(|part| part.as_os_str().to_string_lossy());
        parts.any(|part| part == "tests" || part == "tests.rs" || part == "tidy.rs")
    }

    /// The lines outside of `#[cfg(test)]` modules, comments taken off, with their numbers.
    fn code(&self) -> Vec<(usize, &str)> {
        let mut code = Vec::new();
        for (number, line) in self.text.lines().enumerate() {
            if line == "mod tests {" {
                break;
            }
            let line = line.split("//").next().unwrap_or("");
            code.push((number + 1, line));
        }
        code
    }
}

fn sources() -> Vec<Source> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut found = Vec::new();
    for folder in ["src", "models", "benches", "tests"] {
        collect(&root.join(folder), &mut found);
    }
    let sources = found.into_iter().map(|path| {
        let within = path.strip_prefix(root).unwrap().to_owned();
        let mut parts = within.components().map(|part| part.as_os_str().to_string_lossy());
        let module = match parts.next().unwrap().as_ref() {
            "src" => parts.next().unwrap().trim_end_matches(".rs").to_owned(),
            folder => folder.to_owned(),
        };
        Source { text: fs::read_to_string(&path).unwrap(), path: within, module }
    });
    sources.collect()
}

fn collect(folder: &Path, found: &mut Vec<PathBuf>) {
    let Ok(entries) = fs::read_dir(folder) else {
        return;
    };
    let mut paths: Vec<PathBuf> = entries.map(|entry| entry.unwrap().path()).collect();
    paths.sort();
    for path in paths {
        if path.is_dir() {
            collect(&path, found);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            found.push(path);
        }
    }
}

fn complain(complaints: &[String]) {
    assert!(complaints.is_empty(), "\n{}", complaints.join("\n"));
}

/// How the library is named by itself, and by the program.
const ROOTS: [&str; 2] = ["crate::", "swarmbound::"];

/// The modules that a line names after a root.
fn imports(line: &str) -> Vec<&str> {
    let after = ROOTS.into_iter().flat_map(|root| line.split(root).skip(1));
    after
        .map(|rest| rest.split(|c: char| !c.is_alphanumeric() && c != '_').next().unwrap_or(""))
        .collect()
}

/// The imports of a file that its module may not have.
fn trespasses(source: &Source) -> Vec<String> {
    let Some((_, allowed)) = FLOORS.iter().find(|(module, _)| *module == source.module) else {
        return Vec::new();
    };
    let mut complaints = Vec::new();
    for (number, line) in source.code() {
        let place = format!("{}:{number}", source.path.display());
        for root in ROOTS.into_iter().filter(|root| line.contains(&format!("{root}{{"))) {
            // What stands in braces may go over many lines, which `imports` does not see.
            complaints.push(format!("{place}: write one `use {root}module` for each module"));
        }
        for import in imports(line) {
            let known = FLOORS.iter().any(|(module, _)| *module == import);
            if known && import != source.module && !allowed.contains(&import) {
                complaints.push(format!("{place}: {} imports {import}", source.module));
            }
        }
    }
    complaints
}

#[test]
fn every_module_imports_lower_floors_only() {
    let sources = sources();
    let judged = sources.iter().filter(|source| !source.is_test());
    complain(&judged.flat_map(trespasses).collect::<Vec<String>>());
}

/// The report may not name the simulator, however it is written.
#[test]
fn an_import_of_a_floor_above_is_found() {
    let planted = |line: &str| {
        let (path, module) = (PathBuf::from("src/report/planted.rs"), "report".to_owned());
        trespasses(&Source { path, module, text: format!("//! Planted.\n{line}\n") })
    };
    assert_eq!(
        planted("use swarmbound::sim::simulate;"),
        ["src/report/planted.rs:2: report imports sim"]
    );
    assert_eq!(
        planted("let x = crate::cli::main();"),
        ["src/report/planted.rs:2: report imports cli"]
    );
    assert_eq!(planted("use swarmbound::{audit, sim};").len(), 1, "braces hide modules");
    assert_eq!(planted("use swarmbound::audit::Audit; // swarmbound::sim"), Vec::<String>::new());
}

#[test]
fn every_module_has_a_floor() {
    let library = fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("src/lib.rs"));
    let library = library.unwrap();
    let modules = library.lines().filter_map(|line| line.split_once("mod ")?.1.strip_suffix(';'));
    let homeless: Vec<String> = modules
        .filter(|module| *module != "tidy" && !FLOORS.iter().any(|(known, _)| known == module))
        .map(|module| format!("{module} has no floor"))
        .collect();
    complain(&homeless);
}

#[test]
fn files_functions_and_lines_keep_their_budgets() {
    let mut complaints = Vec::new();
    for source in sources() {
        let place = source.path.display();
        let lines: Vec<&str> = source.text.lines().collect();
        if FILE < lines.len() {
            complaints.push(format!("{place}: {} lines; split it", lines.len()));
        }
        let mut begun: Option<(usize, usize)> = None;
        for (at, line) in lines.iter().enumerate() {
            if COLUMNS < line.chars().count() {
                complaints.push(format!("{place}:{}: more than {COLUMNS} columns", at + 1));
            }
            let indent = line.len() - line.trim_start().len();
            let words = line.trim_start();
            let head = ["fn ", "pub fn ", "pub(super) fn ", "pub(crate) fn ", "const fn "];
            if begun.is_none() && head.iter().any(|head| words.starts_with(head)) {
                begun = Some((at, indent));
            }
            let Some((from, depth)) = begun else {
                continue;
            };
            if indent == depth && (words == "}" || (at == from && words.ends_with([';', '}']))) {
                if FUNCTION < at - from + 1 {
                    complaints.push(format!("{place}:{}: {} lines", from + 1, at - from + 1));
                }
                begun = None;
            }
        }
    }
    complain(&complaints);
}

#[test]
fn what_stays_out_stays_out() {
    let everywhere = ["todo!(", "unimplemented!(", "dbg!(", "#[ignore", "#[should_panic", "FIXME"];
    let floating = ["f32", "f64"];
    let outside =
        ["std::time", "std::thread", "thread::", "std::net", "net::", "Instant", "SystemTime"];
    let unordered = ["HashMap", "HashSet"];
    let mut complaints = Vec::new();
    for source in sources().iter().filter(|source| !source.path.ends_with("tidy.rs")) {
        let mut banned = everywhere.to_vec();
        let module = source.module.as_str();
        let judged = FLOORS.iter().any(|(known, _)| *known == module) && !source.is_test();
        if judged && !FLOATING.contains(&module) {
            banned.extend(floating);
            banned.extend(unordered);
        }
        if judged && !OUTSIDE.contains(&module) {
            banned.extend(outside);
        }
        for (number, line) in source.code() {
            let words = line.split(|c: char| !c.is_alphanumeric() && !"_:!(#[".contains(c));
            let found = words.filter(|word| banned.iter().any(|ban| word.starts_with(ban)));
            for word in found {
                complaints.push(format!("{}:{number}: {word}", source.path.display()));
            }
        }
    }
    complain(&complaints);
}

#[test]
fn every_module_opens_with_what_it_is() {
    let silent: Vec<String> = sources()
        .iter()
        .filter(|source| !source.is_test() && source.path.starts_with("src"))
        .filter(|source| !source.text.starts_with("//!"))
        .map(|source| format!("{}: opens without `//!`", source.path.display()))
        .collect();
    complain(&silent);
}

/// A page of the manual.
fn manual(page: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs").join(page);
    fs::read_to_string(path).unwrap()
}

#[test]
fn the_readme_stays_short() {
    let readme = fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("README.md"));
    assert!(readme.unwrap().lines().count() <= README, "what is reference belongs in docs/");
}

#[test]
fn the_manual_names_every_bound_and_every_rule() {
    let bounds = crate::bounds::ALL.iter().map(|bound| ("bounds.md", bound.name()));
    let rules = crate::audit::ALL.iter().map(|rule| ("rules.md", rule.name));
    let unnamed: Vec<String> = bounds
        .chain(rules)
        .filter(|(page, name)| !manual(page).contains(&format!("| `{name}` |")))
        .map(|(page, name)| format!("docs/{page} has no row for {name}"))
        .collect();
    complain(&unnamed);
}

#[test]
fn the_manual_names_every_property_and_every_canary() {
    let page = manual("suite.md");
    let properties = crate::suite::ALL.iter().map(|property| property.name);
    let canaries = crate::suite::canary::ALL.iter().map(|canary| canary.name);
    let unnamed: Vec<String> = properties
        .filter(|name| !name.starts_with("distribution_time_respects_"))
        .filter(|name| !crate::audit::ALL.iter().any(|rule| rule.name == *name))
        .chain(["distribution_time_respects_client_server"])
        .map(|name| format!("| `{name}` "))
        .chain(canaries.map(|name| format!("\n{name} ")))
        .filter(|row| !page.contains(row.as_str()))
        .map(|row| format!("docs/suite.md has no row {row}"))
        .collect();
    complain(&unnamed);
}

/// The `File.theorem` that a text names.
fn theorems(text: &str) -> Vec<(&str, &str)> {
    let words = text.split('`').skip(1).step_by(2);
    let names = words.filter_map(|word| word.split_once('.'));
    names
        .filter(|(file, _)| file.starts_with(|first: char| first.is_ascii_uppercase()))
        .filter(|(_, theorem)| *theorem != "v")
        .collect()
}

#[test]
fn the_proofs_name_a_theorem_for_every_bound_and_every_rule() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let readme = fs::read_to_string(root.join("models/proof/README.md")).unwrap();
    let row = |name: &str| {
        let head = format!("| `{name}` | ");
        readme.lines().find_map(|line| line.strip_prefix(head.as_str()))
    };
    let mut complaints = Vec::new();
    let bounds = crate::bounds::ALL.iter().map(|bound| bound.name());
    for name in bounds.clone().chain(crate::audit::ALL.iter().map(|rule| rule.name)) {
        let said = row(name).unwrap_or("");
        if theorems(said).is_empty() && !said.contains("not proved") {
            complaints.push(format!("models/proof/README.md names no theorem for {name}"));
        }
    }
    for name in bounds {
        let own = fs::read_to_string(root.join(format!("src/bounds/{name}.rs"))).unwrap();
        let proved = theorems(row(name).unwrap_or(""));
        let quoted = |(file, theorem): &(&str, &str)| own.contains(&format!("`{file}.{theorem}`"));
        let links = proved.iter().any(quoted) && own.contains("(super::proofs)");
        if !links && !proved.is_empty() {
            complaints.push(format!("the documentation of {name} does not link to its theorem"));
        }
    }
    complain(&complaints);
}

#[test]
fn the_theorems_that_the_proofs_name_are_there() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("models/proof");
    let readme = fs::read_to_string(folder.join("README.md")).unwrap();
    let named = theorems(&readme);
    assert!(30 < named.len(), "the README names {} theorems", named.len());
    let lacking: Vec<String> = named
        .into_iter()
        .filter(|(file, theorem)| {
            let text = fs::read_to_string(folder.join(format!("{file}.v"))).unwrap_or_default();
            !["Theorem", "Lemma", "Corollary"].iter().any(|kind| {
                let head = format!("{kind} {theorem}");
                text.lines().any(|line| {
                    let rest = line.trim_start().strip_prefix(head.as_str());
                    rest.is_some_and(|rest| {
                        !rest.starts_with(|c: char| c.is_alphanumeric() || c == '_')
                    })
                })
            })
        })
        .map(|(file, theorem)| format!("{file}.v has no theorem {theorem}"))
        .collect();
    complain(&lacking);
}
