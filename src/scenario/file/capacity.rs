//! Capacities as people write them: a rate, rates with the instants of their changes, or a word.

use super::FileError;
use super::table::Field;
use crate::units::{Rate, RateChanges, Time};

/// What stands for a capacity that is not known.
pub(super) const UNKNOWN: &str = "unknown";

/// What stands for a link without a limit.
const UNLIMITED: &str = "unlimited";

/// A rate and its changes; None is a capacity that is not known.
pub(super) fn read_upload(
    field: &Field<'_>,
    example: &str,
) -> Result<Option<(Rate, RateChanges)>, FileError> {
    match field.text("") {
        Ok(text) if text.trim() == UNKNOWN => Ok(None),
        _ => rates(field, example).map(Some),
    }
}

/// A rate and its changes; None is a link that has no limit or a limit that is not known.
pub(super) fn read_download(field: &Field<'_>) -> Result<Option<(Rate, RateChanges)>, FileError> {
    match field.text("") {
        Ok(text) if [UNKNOWN, UNLIMITED].contains(&text.trim()) => Ok(None),
        _ => rates(field, "20 Mbit/s").map(Some),
    }
}

/// `"1 Mbit/s"`, or `["1 Mbit/s", "10 Mbit/s at 6 h"]`.
fn rates(field: &Field<'_>, example: &str) -> Result<(Rate, RateChanges), FileError> {
    if !field.is_list() {
        return Ok((field.quantity(example)?, RateChanges::NONE));
    }
    let pieces = field.list("for example [\"1 Mbit/s\", \"10 Mbit/s at 6 h\"]")?;
    let mut pieces = pieces.iter();
    // A list has a value.
    let first = pieces.next().map_or(Ok(Rate::ZERO), |first| first.quantity(example))?;
    let changes: Vec<(Time, Rate)> = pieces.map(change).collect::<Result<_, _>>()?;
    Ok((first, RateChanges::new(changes)))
}

/// `10 Mbit/s at 6 h`.
fn change(field: &Field<'_>) -> Result<(Time, Rate), FileError> {
    let text = field.text("\"10 Mbit/s at 6 h\"")?;
    let Some((rate, at)) = text.split_once(" at ") else {
        return Err(field.error(format!(
            "`{text}` does not say from when on; write a rate and a time, for example \
             \"10 Mbit/s at 6 h\""
        )));
    };
    Ok((field.part(at.trim())?, field.part(rate.trim())?))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scenario::{Scenario, read_toml};

    /// One peer with these fields, from the fifth line on.
    fn read(fields: &str) -> Result<Scenario, FileError> {
        let head = "file.size = \"10 B\"\nfile.chunk = \"1 B\"\nsource.upload = \"1 bit/s\"\n";
        read_toml("a.toml", &format!("{head}[[peers]]\n{fields}"), None)
    }

    #[test]
    fn rates_that_change_are_read_and_written_again() {
        let list = "upload = [\"1 Mbit/s\", \"10 Mbit/s at 6 h\", \"0 bit/s at 12 h\"]\n\
                    download = [ \"4 bit/s\", \"5 bit/s at 1min 30s\" ]";
        let scenario = read(list).unwrap();
        let peer = &scenario.parts().peers[0];
        let hours = |hours: u64| Time::from_secs(3600 * hours);
        let expected = RateChanges::new([(hours(6), Rate(10_000_000)), (hours(12), Rate::ZERO)]);
        assert_eq!((peer.upload, &peer.upload_changes), (Rate(1_000_000), &expected));
        let expected = RateChanges::new([(Time::from_secs(90), Rate(5))]);
        assert_eq!((peer.download, &peer.download_changes), (Some(Rate(4)), &expected));
        assert_eq!(read_toml("a.toml", &scenario.to_toml(), None).as_ref(), Ok(&scenario));
        assert!(scenario.to_toml().contains("upload = [\"1 Mbit/s\", \"10 Mbit/s at 6 h\", \""));
    }

    #[test]
    fn a_constant_rate_may_be_written_as_a_list() {
        let plain = read("upload = \"3 bit/s\"\ndownload = \"4 bit/s\"").unwrap();
        let list = "upload = [\"3 bit/s\", \"3 bit/s at 5 s\"]\ndownload = [\"4 bit/s\"]";
        assert_eq!(read(list).unwrap(), plain);
        assert_eq!(read(list).unwrap().to_json(), plain.to_json());
    }

    #[test]
    fn what_is_not_known_is_said() {
        let scenario = read("upload = \"unknown\"\ndownload = \"unknown\"").unwrap();
        let peer = &scenario.parts().peers[0];
        assert_eq!((peer.upload_unknown, peer.download), (true, None));
        assert!(scenario.to_toml().contains("upload = \"unknown\""));
        assert_eq!(read_toml("a.toml", &scenario.to_toml(), None).as_ref(), Ok(&scenario));
    }

    #[test]
    fn what_says_no_rate_is_refused_where_it_stands() {
        for (fields, place, message) in [
            ("upload = [\"1 bit/s\", \"2 bit/s\"]", (5, 22), "does not say from when on"),
            ("upload = [\"1 bit/s\", 2]", (5, 22), "`2` is a number; write a text"),
            ("upload = [\"1 bit/s at 3 s\"]", (5, 11), "unknown unit"),
            ("upload = [\"1 bit/s\", \"2 at 3 s\"]", (5, 22), "no unit"),
            ("upload = [\"1 bit/s\", \"2 bit/s at 3\"]", (5, 22), "`3` has no unit"),
            ("upload = [\"unknown\"]", (5, 11), "is not a quantity"),
            ("upload = []", (5, 10), "is empty"),
            (
                "upload = [\"1 bit/s\", \"2 bit/s at 9 s\", \"3 bit/s at 8 s\"]",
                (5, 10),
                "changes at 8 s after it has changed at 9 s",
            ),
            (
                "upload = [\"1 bit/s\", \"2 bit/s at 0 s\"]",
                (5, 10),
                "its first rate stands already",
            ),
            (
                "upload = \"0 bit/s\"\ndownload = [\"0 bit/s\", \"0 bit/s at 1 s\"]",
                (6, 12),
                "receives nothing",
            ),
        ] {
            let error = read(fields).expect_err(fields);
            assert_eq!((error.line, error.column), place, "{error}");
            assert!(error.message.contains(message), "{error}");
        }
    }
}
