use std::io::Read;

use proptest::prelude::*;

use super::*;

const HEADER: &str = concat!(
    r#"{"swarmbound":1,"name":"small","file":{"bytes":10,"chunk_bytes":4},"#,
    r#""source":{"upload_bps":8},"peers":["#,
    r#"{"id":1,"upload_bps":8,"download_bps":null},{"id":2,"upload_bps":0,"download_bps":8}]}"#,
    "\n",
);

/// Gives `left` bytes and then fails.
struct Breaking<'t> {
    text: &'t [u8],
    left: usize,
}

impl Read for Breaking<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.left == 0 {
            return Err(io::Error::other("the disk is on fire"));
        }
        let most = buffer.len().min(self.left);
        let got = (&self.text[..most.min(self.text.len())]).read(buffer)?;
        self.text = &self.text[got..];
        self.left -= got;
        Ok(got)
    }
}

/// What a reader says, and what blocks of so many bytes say, read from the last to the first.
fn both(text: &[u8], size: usize, breaks_after: usize) -> [Vec<String>; 2] {
    let reader = || {
        let text = Breaking { text, left: HEADER.len() + breaks_after };
        Reader::new(io::BufReader::with_capacity(size, text)).unwrap()
    };
    let (header, blocks) = reader().into_blocks();
    assert_eq!(header, *reader().header());
    let mut blocks: Vec<Block> = blocks.collect();
    let mut said = Vec::new();
    while let Some(block) = blocks.pop() {
        said.push(block.events());
    }
    let mut said: Vec<String> =
        said.into_iter().rev().flatten().map(|item| format!("{item:?}")).collect();
    // Nothing follows the first error.
    said.truncate(1 + said.iter().position(|item| item.starts_with("Err")).unwrap_or(said.len()));
    [reader().map(|item| format!("{item:?}")).collect(), said]
}

/// Lines that are right, and a few that are not.
fn line() -> impl Strategy<Value = &'static str> {
    prop_oneof![
        20 => Just("{\"event\":\"join\",\"t\":0,\"node\":1}\n"),
        20 => Just("{\"event\":\"announce\",\"t\":5,\"node\":2,\"peers\":[1,0]}\r\n"),
        20 => Just("{\"event\":\"unchoke\",\"t\":5,\"from\":0,\"to\":1}\n"),
        1 => Just("\n"),
        1 => Just(" \t\r\n"),
        1 => Just("{\"event\":\"join\",\"t\":0,\"node\":3}\n"),
        1 => Just("{\"event\":\"join\",\n"),
        1 => Just("\u{feff}{\"event\":\"join\",\"t\":0,\"node\":1}\n"),
        1 => Just("{\"event\":\"join\",\"t\":0,\"node\":1}"),
        1 => Just("   "),
    ]
}

proptest! {
    #[test]
    fn blocks_say_what_a_reader_says(
        lines in prop::collection::vec(line(), 0..60),
        // Where the last line is cut off.
        less in prop_oneof![2 => Just(0), 1 => 1usize..20],
        breaks in prop_oneof![2 => Just(usize::MAX / 2), 1 => 0usize..2000],
        size in prop_oneof![1usize..100, 1usize..3000],
    ) {
        let mut text = HEADER.to_owned() + &lines.concat();
        let whole = text.len().saturating_sub(less).max(HEADER.len());
        text.truncate(text.floor_char_boundary(whole));
        let [reader, blocks] = both(text.as_bytes(), size, breaks);
        prop_assert_eq!(reader, blocks);
    }
}

#[test]
fn a_blank_line_may_only_be_the_last_one_wherever_a_block_ends() {
    let join = "{\"event\":\"join\",\"t\":0,\"node\":1}\n";
    for blank in ["\n", "  \n", "\r\n", "  "] {
        for after in ["", "\n", join] {
            for size in 1..2 * join.len() {
                let text = [HEADER, join, blank, after].concat();
                let [reader, blocks] = both(text.as_bytes(), size, usize::MAX / 2);
                assert_eq!(blocks, reader, "{text:?} in {size}");
                // One line more is an event or what is wrong with the blank one.
                let more = after == join || (after == "\n" && blank.ends_with('\n'));
                assert_eq!(blocks.len(), 1 + usize::from(more), "{text:?} in {size}");
            }
            // Nor does it matter where the text breaks off.
            let text = [HEADER, join, blank, after].concat();
            for breaks in 0..=text.len() - HEADER.len() {
                let [reader, blocks] = both(text.as_bytes(), 1, breaks);
                assert_eq!(blocks, reader, "{text:?} up to {breaks}");
            }
        }
    }
}

#[test]
fn blocks_of_a_line_without_end_are_an_error_and_not_memory() {
    let text = HEADER.as_bytes().chain(io::BufReader::new(io::repeat(b'[')));
    let (_, mut blocks) = Reader::new(text).unwrap().into_blocks();
    let block = blocks.next().unwrap();
    assert!(block.text.len() <= LONGEST);
    match &block.events()[..] {
        [Err(CodecError::Line { line: 2, error })] => {
            assert!(error.message.contains("longer than 16777216 bytes"), "{error}");
        }
        other => panic!("must be refused, not {other:?}"),
    }
    // The longest that is allowed is read on, whatever it says.
    for (spaces, message) in [(0, "empty"), (1, "longer")] {
        let line = vec![b' '; LONGEST_EVENT as usize + spaces];
        let text = [HEADER.as_bytes(), &line, b"\n\n"].concat();
        let [reader, blocks] = both(&text, 100, usize::MAX / 2);
        assert!(blocks[0].contains(message), "{:?}", blocks[0]);
        assert_eq!(reader, blocks);
    }
    // One after an empty line, too, and not the empty line before it.
    let line = vec![b' '; LONGEST_EVENT as usize];
    let text = [HEADER.as_bytes(), &line, b"\n", &line, b" "].concat();
    let [reader, blocks] = both(&text, 100, usize::MAX / 2);
    assert!(blocks[0].contains("line: 3") && blocks[0].contains("longer"), "{:?}", blocks[0]);
    assert_eq!(reader, blocks);
}

#[test]
fn blocks_go_on_where_a_reader_stopped() {
    let text = [HEADER, "{\"event\":\"join\",\"t\":0,\"node\":1}\n{}\n"].concat();
    let mut reader = Reader::new(text.as_bytes()).unwrap();
    reader.next().unwrap().unwrap();
    let events: Vec<_> = reader.into_blocks().1.flat_map(Block::events).collect();
    assert_eq!(events.len(), 1);
    assert_eq!(events[0].as_ref().unwrap_err().line(), 3);
    let mut reader = Reader::new(text.as_bytes()).unwrap();
    assert!(reader.by_ref().last().unwrap().is_err());
    assert_eq!(reader.into_blocks().1.count(), 0, "nothing follows an error");
}
