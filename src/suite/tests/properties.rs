//! The list of properties beside the table of the manual, which is written by hand.

use crate::audit;
use crate::bounds;
use crate::suite::ALL;

#[test]
fn the_manual_says_of_each_property_what_it_demands() {
    let page = include_str!("../../../docs/suite.md");
    let own = ALL.iter().filter(|it| !audit::ALL.iter().any(|rule| rule.name == it.name));
    for property in own {
        let bound = property.name.strip_prefix("distribution_time_respects_");
        let row = match bound {
            Some(bound) if bound == bounds::ALL[0].name() => {
                format!("| `{}` and so for each bound | {} |\n", property.name, property.about())
            }
            Some(_) => continue,
            None => format!("| `{}` | {} |\n", property.name, property.about()),
        };
        assert!(page.contains(&row), "docs/suite.md has no row\n{row}");
    }
}
