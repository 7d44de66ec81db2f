use quickcheck::quickcheck;

use super::*;

quickcheck! {
    fn sizes_print_as_they_are_read(bytes: u64) -> bool {
        Bytes(bytes).to_string().parse() == Ok(Bytes(bytes))
    }

    fn rates_print_as_they_are_read(rate: u64) -> bool {
        Rate(rate).to_string().parse() == Ok(Rate(rate))
    }

    fn times_print_as_they_are_read(time: u64) -> bool {
        Time(time).to_string().parse() == Ok(Time(time))
    }

    fn a_transfer_ends_with_its_last_bit_and_not_a_nanosecond_later(rate: u32, bytes: u16) -> bool {
        let rate = Rate(u64::from(rate) + 1);
        let work = Bytes(u64::from(bytes) + 1).nanobits();
        let time = rate.time_for(work).unwrap();
        work <= rate.nanobits(time) && rate.nanobits(Time(time.0 - 1)) < work
    }
}

#[test]
fn quantities_are_exact() {
    assert_eq!("256 KiB".parse(), Ok(Bytes(262_144)));
    assert_eq!("1.875GB".parse(), Ok(Bytes(1_875_000_000)));
    assert_eq!("15_000 B".parse(), Ok(Bytes(15_000)));
    assert_eq!("30 Mbps".parse(), Ok(Rate(30_000_000)));
    assert_eq!("300 MB/s".parse(), Ok(Rate(2_400_000_000)));
    assert_eq!("0.3 kbit/s".parse(), Ok(Rate(300)));
    assert_eq!("1.5 ms".parse(), Ok(Time(1_500_000)));
    assert_eq!("30 days".parse(), Ok(Time(30 * 86_400 * 1_000_000_000)));
    assert_eq!(Bytes(262_144).to_string(), "256 KiB");
    assert_eq!(Bytes(1_875_000_000).to_string(), "1.875 GB");
    assert_eq!(Bytes(140_000_000_000).to_string(), "140 GB");
    assert_eq!(Bytes(64_000_000).to_string(), "64 MB");
    assert_eq!(Rate(700_000).to_string(), "700 kbit/s");
    assert_eq!(Time(838_860_800).to_string(), "0.8388608 s");
    assert_eq!([0, 1, 9999].map(|ns| Time(ns).to_string()), ["0 s", "1 ns", "9999 ns"]);
    assert_eq!(Time(10_000).to_string(), "0.00001 s");
    assert_eq!("9999 ns".parse(), Ok(Time(9999)));
}

#[test]
fn errors_say_what_to_write() {
    let size = |text: &str| text.parse::<Bytes>().unwrap_err().to_string();
    assert!(size("5").contains("no unit") && size("5").contains("256 KiB"));
    assert!(size("5 MiBit").contains("unknown unit `MiBit`"));
    assert!(size("-1 B").contains("negative"));
    assert!(size("0.3 B").contains("whole number of bytes"));
    assert!(size("16 EiB").contains("unknown unit"));
    assert!(size("17000000 TiB").contains("too large"));
    assert!(size("").contains("not a quantity"));
    assert!(size("1.2.3 B").contains("not a quantity"));
    assert!(size("99999999999999999999999999999999999999999999 B").contains("not a quantity"));
    let rate = |text: &str| text.parse::<Rate>().unwrap_err().to_string();
    assert!(rate("10").contains("10 Mbit/s"));
    assert!(rate("10 MB").contains("unknown unit `MB`"));
    let time = |text: &str| text.parse::<Time>().unwrap_err().to_string();
    assert!(time("90").contains("no unit"));
    assert!(time("-90 s").contains("negative"));
    assert!(time("90 parsecs").contains("unknown unit `parsecs`"));
    assert!(time("600 years").contains("too large"));
}

#[test]
fn a_time_that_does_not_fit_is_none() {
    assert_eq!(Rate(1).time_for(Bytes(2_305_843_010).nanobits()), None);
    assert_eq!(Rate::ZERO.time_for(1), None);
    assert_eq!(Rate::ZERO.time_for(0), Some(Time::ZERO));
}

/// Sizes as textbooks give them.
#[test]
fn a_size_may_be_given_in_bits() {
    assert_eq!("15 Gbit".parse(), Ok(Bytes(1_875_000_000)));
    assert_eq!("8 bit".parse(), Ok(Bytes(1)));
    assert_eq!("0.5 kbit".parse::<Bytes>().ok(), None, "62.5 B");
    assert_eq!("1.6 kbit".parse(), Ok(Bytes(200)));
    assert_eq!("147573952589.676412920 Gbit".parse(), Ok(Bytes(u64::MAX)));
}
